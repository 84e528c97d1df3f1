//! Makes up the types of `corpus.rs`: from a seed, in families. A family is a type and what it may have become
//! in a later release, because that is where compatible, silent and breaking changes lie close together.

use std::fmt::Write;

/// The text of `corpus.rs`.
pub(crate) fn corpus() -> String {
    let mut maker = Maker { random: Random(0x5eed_0001), known: Vec::new() };
    let mut all = Vec::new();
    for family in 0..46 {
        let mut members = vec![maker.def(format!("F{family}"), family)];
        while members.len() < 4 {
            // Half of the heirs descend from the founder, half from each other: two changes apart.
            let parent = if maker.random.one_in(2) { 0 } else { members.len() - 1 };
            let mut heir = maker.changed(&members[parent]);
            if members.iter().all(|member| (&member.attrs, &member.body) != (&heir.attrs, &heir.body)) {
                heir.name = format!("F{family}x{}", members.len());
                members.push(heir);
            }
        }
        maker.known.push(members[0].clone());
        all.extend(members);
    }
    print(&all)
}

#[derive(Clone, PartialEq)]
struct Def {
    name: String,
    attrs: Vec<String>,
    body: Body,
}

#[derive(Clone, PartialEq)]
enum Body {
    Unit,
    Tuple(Vec<Field>),
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

#[derive(Clone, PartialEq)]
struct Field {
    name: String,
    ty: String,
    attrs: Vec<String>,
}

#[derive(Clone, PartialEq)]
struct Variant {
    name: String,
    attrs: Vec<String>,
    body: Body,
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // Knuth's MMIX generator; the upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

struct Maker {
    random: Random,
    /// Types that others may contain.
    known: Vec<Def>,
}

const SCALARS: &[&str] = &[
    "bool",
    "u8",
    "u16",
    "i8",
    "i32",
    "u64",
    "i64",
    "f32",
    "f64",
    "char",
    "String",
    "()",
    "NonZeroU8",
    "u128",
    "i128",
    "Uuid",
    "IpAddr",
    "Ipv4Addr",
    "Value",
];
/// Types that have a `Default`.
const PLAIN: &[&str] =
    &["bool", "u8", "u16", "i32", "u64", "f64", "String", "Option<u8>", "Option<String>", "Vec<u8>"];
const KEYS: &[&str] = &["String", "char", "u8", "i32", "bool", "Uuid", "Colour"];
const NAMES: &[&str] = &["a", "b", "c", "d"];
const VARIANTS: &[&str] = &["A", "B", "C", "D"];

impl Maker {
    fn def(&mut self, name: String, family: usize) -> Def {
        let mut attrs = Vec::new();
        let body = match family % 8 {
            0..=2 => {
                let fields = self.fields(true);
                let flat = fields.iter().any(|field| field.attrs.iter().any(|attr| attr == "flatten"));
                match self.random.below(6) {
                    0 if !flat => attrs.push("deny_unknown_fields".to_owned()),
                    1 => attrs.push("rename_all = \"UPPERCASE\"".to_owned()),
                    2 => attrs.push("tag = \"kind\"".to_owned()),
                    _ => {}
                }
                Body::Struct(fields)
            }
            3 => {
                if self.random.one_in(8) {
                    Body::Unit
                } else {
                    let count = self.random.below(3) + 1;
                    if count == 1 && self.random.one_in(2) {
                        attrs.push("transparent".to_owned());
                    }
                    Body::Tuple(self.elements(count))
                }
            }
            _ => {
                let tag = match family % 8 {
                    4 => "",
                    5 => "tag = \"kind\"",
                    6 => "tag = \"kind\", content = \"of\"",
                    _ => "untagged",
                };
                if !tag.is_empty() {
                    attrs.push(tag.to_owned());
                }
                let count = self.random.below(3) + 1;
                let variants = (0..count).map(|index| self.variant(VARIANTS[index], tag)).collect();
                Body::Enum(variants)
            }
        };
        Def { name, attrs, body }
    }

    fn fields(&mut self, with_flat: bool) -> Vec<Field> {
        let count = self.random.below(3) + 1;
        (0..count).map(|index| self.field(NAMES[index], with_flat)).collect()
    }

    fn field(&mut self, name: &str, with_flat: bool) -> Field {
        let mut attrs = Vec::new();
        let mut ty = self.ty(2);
        match self.random.below(14) {
            0 | 1 => {
                ty = self.random.pick(PLAIN).to_owned();
                attrs.push("default".to_owned());
            }
            2 => attrs.push(format!("alias = \"{name}{name}\"")),
            3 => {
                ty = format!("Option<{}>", self.scalar());
                attrs.push("skip_serializing_if = \"Option::is_none\"".to_owned());
            }
            4 => attrs.push(format!("rename(deserialize = \"{name}_in\")")),
            5 => {
                ty = self.random.pick(PLAIN).to_owned();
                attrs.push("skip_deserializing".to_owned());
            }
            6 => {
                ty = self.random.pick(PLAIN).to_owned();
                attrs.push("default, skip_serializing".to_owned());
            }
            7 | 8 if with_flat => {
                if let Some(flat) = self.flat() {
                    ty = flat;
                    attrs.push("flatten".to_owned());
                }
            }
            _ => {}
        }
        Field { name: name.to_owned(), ty, attrs }
    }

    fn elements(&mut self, count: usize) -> Vec<Field> {
        (0..count)
            .map(|index| Field { name: format!("e{index}"), ty: self.ty(1), attrs: Vec::new() })
            .collect()
    }

    fn variant(&mut self, name: &str, tag: &str) -> Variant {
        let internal = tag == "tag = \"kind\"";
        let body = match self.random.below(4) {
            0 => Body::Unit,
            1 if internal => match self.flat() {
                Some(ty) if !ty.starts_with("Option") => {
                    Body::Tuple(vec![Field { name: "e0".to_owned(), ty, attrs: Vec::new() }])
                }
                _ => Body::Unit,
            },
            1 => Body::Tuple(self.elements(1)),
            2 if !internal => Body::Tuple(self.elements(2)),
            _ => Body::Struct(self.fields(false)),
        };
        let attrs = match self.random.below(8) {
            0 => vec![format!("alias = \"{name}{name}\"")],
            1 => vec![format!("rename = \"{}\"", name.to_lowercase())],
            _ => Vec::new(),
        };
        Variant { name: name.to_owned(), attrs: if tag == "untagged" { Vec::new() } else { attrs }, body }
    }

    fn scalar(&mut self) -> String {
        self.random.pick(SCALARS).to_owned()
    }

    fn ty(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.scalar();
        }
        match self.random.below(20) {
            0 | 1 => format!("Option<{}>", self.ty(depth - 1)),
            2 | 3 => format!("Vec<{}>", self.ty(depth - 1)),
            4 => format!("BTreeSet<{}>", self.random.pick(KEYS)),
            5 | 6 => format!("BTreeMap<{}, {}>", self.random.pick(KEYS), self.ty(depth - 1)),
            7 => format!("[{}; 2]", self.ty(depth - 1)),
            8 => format!("({}, {})", self.ty(depth - 1), self.scalar()),
            9 => format!("Box<{}>", self.ty(depth - 1)),
            10..=12 if !self.known.is_empty() => {
                let known = self.random.below(self.known.len());
                self.known[known].name.clone()
            }
            _ => self.scalar(),
        }
    }

    /// A type that can be flattened.
    fn flat(&mut self) -> Option<String> {
        let objects: Vec<&Def> =
            self.known.iter().filter(|def| matches!(def.body, Body::Struct(_) | Body::Enum(_))).collect();
        if objects.is_empty() {
            return None;
        }
        let name = objects[self.random.below(objects.len())].name.clone();
        Some(match self.random.below(6) {
            0 => "BTreeMap<String, u8>".to_owned(),
            1 => "BTreeMap<String, Value>".to_owned(),
            2 => format!("Option<{name}>"),
            _ => name,
        })
    }

    /// The type as it may be in a later release.
    fn changed(&mut self, def: &Def) -> Def {
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
        // Serde wants these at the end.
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

    /// A type that is near to another: wider, narrower, or alike in JSON.
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

fn print(all: &[Def]) -> String {
    let mut text = String::from(
        "//! Types in families, made up by `generate.rs`. Do not edit: run the test with `EVENTSOURCE_BLESS=1`.\n\n\
         use super::prelude::*;\n",
    );
    for def in all {
        let _ =
            write!(text, "\n#[derive(Debug, Clone, Serialize, Deserialize, Schema)]\n{}", serde(&def.attrs));
        let name = &def.name;
        let _ = match &def.body {
            Body::Enum(variants) => {
                let parts: Vec<String> = variants
                    .iter()
                    .map(|variant| {
                        format!("    {}{}{},\n", serde(&variant.attrs), variant.name, body(&variant.body))
                    })
                    .collect();
                write!(text, "pub(crate) enum {name} {{\n{}}}\n", parts.concat())
            }
            other => {
                let semicolon = if let Body::Struct(_) = other { "" } else { ";" };
                writeln!(text, "pub(crate) struct {name}{}{semicolon}", body(other))
            }
        };
        let sampled = match &def.body {
            Body::Enum(variants) => {
                let parts: Vec<String> = variants
                    .iter()
                    .map(|variant| format!("    {name}::{} {};\n", variant.name, parts(&variant.body)))
                    .collect();
                format!("{name};\n{}", parts.concat())
            }
            other => format!("{name};\n    {name} {};\n", parts(other)),
        };
        let _ = writeln!(text, "samples! {{ {sampled}}}");
    }
    text.push_str("\n/// All of them.\npub(crate) fn cases() -> Vec<Case> {\n    vec![\n");
    for def in all {
        let _ = writeln!(text, "        Case::of::<{0}>(\"{0}\"),", def.name);
    }
    text.push_str("    ]\n}\n");
    text
}

fn serde(attrs: &[String]) -> String {
    if attrs.is_empty() { String::new() } else { format!("#[serde({})]\n", attrs.join(", ")) }
}

fn body(body: &Body) -> String {
    match body {
        Body::Unit | Body::Enum(_) => String::new(),
        Body::Tuple(elements) => {
            let types: Vec<&str> = elements.iter().map(|element| element.ty.as_str()).collect();
            format!("({})", types.join(", "))
        }
        Body::Struct(fields) => {
            let field = |field: &Field| format!("{}{}: {}", serde(&field.attrs), field.name, field.ty);
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!(" {{ {} }}", fields.join(", "))
        }
    }
}

/// How the parts are named in the call of `samples!`.
fn parts(body: &Body) -> String {
    let named = |fields: &[Field]| {
        let fields: Vec<String> =
            fields.iter().map(|field| format!("{}: {}", field.name, field.ty)).collect();
        fields.join(", ")
    };
    match body {
        Body::Unit | Body::Enum(_) => String::new(),
        Body::Tuple(elements) => format!("({})", named(elements)),
        Body::Struct(fields) => format!("{{ {} }}", named(fields)),
    }
}
