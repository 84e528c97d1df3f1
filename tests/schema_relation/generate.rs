//! Generates the types of `corpus.rs` from a seed, in families. A family is a type with its possible later forms,
//! because there compatible, silent and breaking changes lie close together.

mod change;
mod print;

use print::print;

/// The text of `corpus.rs`.
pub(crate) fn corpus() -> String {
    let mut maker = Maker { random: Random(0x5eed_0001), known: Vec::new() };
    let mut all = Vec::new();
    for family in 0..46 {
        let mut members = vec![maker.def(format!("F{family}"), family)];
        while members.len() < 4 {
            // Half of the later types change the first type, half change each other, so that some are two changes
            // apart.
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
}
