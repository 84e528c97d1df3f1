//! Possible changes of a type in a later release.

use super::{Body, Def, Field, Maker, NAMES, PLAIN, Variant};

impl Maker {
    /// A possible form of the type in a later release.
    pub(super) fn changed(&mut self, def: &Def) -> Def {
        let mut def = def.clone();
        let tag = def.attrs.iter().find(|attr| attr.contains("tag")).cloned().unwrap_or_default();
        match &mut def.body {
            Body::Unit => def.body = Body::Struct(Vec::new()),
            Body::Tuple(elements) => match self.random.below(5) {
                0 if elements.len() > 1 => {
                    elements.pop();
                    def.attrs.clear();
                }
                1 => {
                    elements.push(Field { name: "e9".to_owned(), ty: self.scalar(), attrs: Vec::new() });
                    def.attrs.clear();
                }
                2 => {
                    for (element, name) in elements.iter_mut().zip(NAMES) {
                        element.name = (*name).to_owned();
                    }
                    def.attrs.clear();
                    def.body = Body::Struct(std::mem::take(elements));
                }
                _ => {
                    let at = self.random.below(elements.len());
                    elements[at].ty = self.other_type(&elements[at].ty.clone());
                }
            },
            Body::Struct(fields) => {
                let tagged_container = !def.attrs.is_empty();
                match self.random.below(10) {
                    0 if !tagged_container
                        && !fields.iter().any(|field| field.attrs.iter().any(|attr| attr == "flatten")) =>
                    {
                        def.attrs.push("deny_unknown_fields".to_owned());
                    }
                    1 if tagged_container => def.attrs.clear(),
                    _ => self.change_fields(fields),
                }
            }
            Body::Enum(variants) => self.change_variants(variants, &mut def.attrs, &tag),
        }
        def
    }

    fn change_fields(&mut self, fields: &mut Vec<Field>) {
        let new = |ty: &str, attrs: &[&str]| Field {
            name: "z".to_owned(),
            ty: ty.to_owned(),
            attrs: attrs.iter().map(|&attr| attr.to_owned()).collect(),
        };
        if fields.is_empty() {
            return fields.push(new("u8", &["default"]));
        }
        let at = self.random.below(fields.len());
        let plain = fields[at].attrs.is_empty();
        match self.random.below(10) {
            0 if !fields.iter().any(|field| field.name == "z") => fields.push(new("u8", &["default"])),
            1 if !fields.iter().any(|field| field.name == "z") => {
                let ty = self.ty(1);
                fields.push(new(&ty, &[]));
            }
            2 => {
                fields.remove(at);
            }
            3 if plain => {
                let old = fields[at].name.clone();
                fields[at].attrs.push(format!("rename = \"{old}{old}\", alias = \"{old}\""));
            }
            4 if plain => {
                let old = fields[at].name.clone();
                fields[at].attrs.push(format!("rename = \"{old}{old}\""));
            }
            5 if plain => {
                let old = fields[at].name.clone();
                fields[at].ty = self.random.pick(PLAIN).to_owned();
                fields[at].attrs.push(format!("rename = \"{old}{old}\", default"));
            }
            6 => fields[at].attrs.clear(),
            7 if plain => fields[at].ty = format!("Option<{}>", fields[at].ty),
            _ => {
                if plain {
                    fields[at].ty = self.other_type(&fields[at].ty.clone());
                }
            }
        }
    }

    fn change_variants(&mut self, variants: &mut Vec<Variant>, attrs: &mut Vec<String>, tag: &str) {
        let at = self.random.below(variants.len());
        let internal = tag == "tag = \"kind\"";
        // Serde requires these at the end.
        let last = |attr: &String| attr == "untagged" || attr == "other";
        let has_last = variants.iter().any(|variant| variant.attrs.iter().any(last));
        match self.random.below(10) {
            0 if variants.len() < 4 && !variants.iter().any(|variant| variant.name == "D") => {
                let variant = self.variant("D", tag);
                variants.insert(0, variant);
            }
            1 if variants.len() > 1 => {
                variants.remove(at);
            }
            2 if tag != "untagged" && variants[at].attrs.is_empty() => {
                let old = variants[at].name.clone();
                variants[at].attrs.push(format!("rename = \"{old}{old}\", alias = \"{old}\""));
            }
            3 if !has_last => variants.reverse(),
            4 if !has_last && tag != "untagged" && tag.len() != "tag = \"kind\", content = \"of\"".len() => {
                variants.retain(|variant| variant.name != "D");
                let other =
                    Variant { name: "D".to_owned(), attrs: vec!["other".to_owned()], body: Body::Unit };
                variants.push(other);
            }
            5 if !internal => {
                attrs.retain(|attr| !attr.contains("tag"));
                let tags =
                    ["", "tag = \"kind\", content = \"of\"", "untagged", "tag = \"of\", content = \"kind\""];
                let tag = self.random.pick(&tags);
                if !tag.is_empty() {
                    attrs.push(tag.to_owned());
                }
                variants.retain(|variant| !variant.attrs.contains(&"other".to_owned()));
                if variants.is_empty() {
                    variants.push(Variant { name: "A".to_owned(), attrs: Vec::new(), body: Body::Unit });
                }
                if tag == "untagged" {
                    variants.iter_mut().for_each(|variant| variant.attrs.clear());
                }
            }
            6 if !has_last && tag != "untagged" => {
                let last = variants.len() - 1;
                variants[last].attrs = vec!["untagged".to_owned()];
            }
            _ if variants[at].attrs.contains(&"other".to_owned()) => variants[at].attrs.clear(),
            _ => match &mut variants[at].body {
                Body::Struct(fields) => self.change_fields(fields),
                Body::Tuple(elements) if !internal && !elements.is_empty() => {
                    let index = self.random.below(elements.len());
                    elements[index].ty = self.other_type(&elements[index].ty.clone());
                }
                body => *body = Body::Struct(Vec::new()),
            },
        }
    }

    /// A related type: wider, narrower, or with the same JSON.
    fn other_type(&mut self, ty: &str) -> String {
        let near: &[&str] = match ty {
            "u8" => &["u16", "NonZeroU8", "f32", "i8", "i128", "Option<u8>", "Value"],
            "u16" | "i32" => &["u8", "i64", "f32", "f64", "u64"],
            "u64" | "i64" => &["f64", "i128", "u128", "u8", "Value"],
            "u128" | "i128" => &["Value", "f64", "u64"],
            "f32" => &["f64", "u8"],
            "f64" => &["f32", "Value", "Option<f64>"],
            "String" => &["char", "Uuid", "Value", "Option<String>", "Colour", "Vec<u8>"],
            "char" | "Uuid" | "Colour" => &["String", "char", "Colour"],
            "Ipv4Addr" => &["IpAddr", "String"],
            "IpAddr" => &["Ipv4Addr", "String"],
            "()" => &["Option<u8>", "Value", "Vec<u8>"],
            "bool" => &["Option<bool>", "Value"],
            "Vec<u8>" => &["BTreeSet<u8>", "[u8; 2]", "(u8, u8)", "Vec<u16>"],
            _ => match ty.strip_prefix("Option<").and_then(|inner| inner.strip_suffix('>')) {
                Some(inner) => return inner.to_owned(),
                None => &["Value", "String", "u8"],
            },
        };
        self.random.pick(near).to_owned()
    }
}
