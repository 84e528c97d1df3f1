//! Types that the generator does not make: recursion, proxies, functions of `with`, and plain types.

use super::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Tree {
    value: u8,
    children: Vec<Tree>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct WiderTree {
    value: u16,
    #[serde(default)]
    note: String,
    children: Vec<WiderTree>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct OtherTree {
    value: u16,
    children: Vec<Vec<OtherTree>>,
}

impl Samples for Tree {
    fn samples() -> Vec<Self> {
        let leaf = |value| Self { value, children: Vec::new() };
        vec![leaf(3), Self { value: 4, children: vec![leaf(5), leaf(6)] }]
    }
}

impl Samples for WiderTree {
    fn samples() -> Vec<Self> {
        let leaf = |value| Self { value, note: "n".to_owned(), children: Vec::new() };
        vec![leaf(3), Self { value: 400, note: String::new(), children: vec![leaf(500), leaf(6)] }]
    }
}

impl Samples for OtherTree {
    fn samples() -> Vec<Self> {
        let leaf = |value| Self { value, children: Vec::new() };
        vec![leaf(3), Self { value: 400, children: vec![vec![leaf(500), leaf(6)]] }]
    }
}

/// Written and read as a text.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(from = "String", into = "String")]
pub(crate) struct AsText {
    text: String,
}

/// Written as an object, read from a text.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(from = "String")]
pub(crate) struct FromText {
    text: String,
}

impl From<String> for AsText {
    fn from(text: String) -> Self {
        Self { text }
    }
}

impl From<AsText> for String {
    fn from(AsText { text }: AsText) -> Self {
        text
    }
}

impl From<String> for FromText {
    fn from(text: String) -> Self {
        Self { text }
    }
}

samples! { AsText; AsText { text: String }; }
samples! { FromText; FromText { text: String }; }

/// An option behind a function is required: its absence is not `None`.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct With {
    #[serde(with = "number_as_text")]
    #[schema(as = "string?")]
    a: Option<String>,
}
samples! { With; With { a: Option<String> }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct WithDefault {
    #[serde(with = "number_as_text", default)]
    #[schema(as = "string?")]
    a: Option<String>,
}
samples! { WithDefault; WithDefault { a: Option<String> }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Bare {
    a: Option<String>,
}
samples! { Bare; Bare { a: Option<String> }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Skipping {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<String>,
}
samples! { Skipping; Skipping { a: Option<String> }; }

mod number_as_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &Option<String>, s: S) -> Result<S::Ok, S::Error> {
        text.serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
        Option::deserialize(d)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Schema)]
#[serde(default)]
pub(crate) struct AllDefault {
    a: u8,
    b: String,
}
samples! { AllDefault; AllDefault { a: u8, b: String }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct NewOption(Option<u8>);
samples! { NewOption; NewOption(a: Option<u8>); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct SameOption(Option<u8>);
samples! { SameOption; SameOption(a: Option<u8>); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct OfNewOption {
    a: NewOption,
}
samples! { OfNewOption; OfNewOption { a: NewOption }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct OfSameOption {
    a: SameOption,
}
samples! { OfSameOption; OfSameOption { a: SameOption }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Empty {}
samples! { Empty; Empty {}; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closed {
    a: u8,
}
samples! { Closed; Closed { a: u8 }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", deny_unknown_fields)]
pub(crate) struct ClosedTagged {
    a: u8,
}
samples! { ClosedTagged; ClosedTagged { a: u8 }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosedFlat {
    a: u8,
    #[serde(flatten)]
    bare: Bare2,
}
samples! { ClosedFlat; ClosedFlat { a: u8, bare: Bare2 }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Bare2 {
    b: Option<u8>,
}
samples! { Bare2; Bare2 { b: Option<u8> }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum Keyed {
    Numbers { of: BTreeMap<u8, u8> },
    Big { of: i128 },
    Texts { of: BTreeMap<String, u8> },
}
samples! { Keyed; Keyed::Numbers { of: BTreeMap<u8, u8> }; Keyed::Big { of: i128 }; Keyed::Texts { of: BTreeMap<String, u8> }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of", deny_unknown_fields)]
pub(crate) enum ClosedAdjacent {
    A(Option<u8>),
    B,
    C(u8, u8),
}
samples! { ClosedAdjacent; ClosedAdjacent::A(a: Option<u8>); ClosedAdjacent::B; ClosedAdjacent::C(a: u8, b: u8); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct ContentFirst {
    of: BTreeMap<u8, u8>,
    kind: Kind,
}
samples! { ContentFirst; ContentFirst { of: BTreeMap<u8, u8>, kind: Kind }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum Kind {
    Numbers,
}
samples! { Kind; Kind::Numbers; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum Contents {
    Numbers(BTreeMap<u8, u8>),
}
samples! { Contents; Contents::Numbers(of: BTreeMap<u8, u8>); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct TwoNames {
    owner: String,
    name: String,
}
samples! { TwoNames; TwoNames { owner: String, name: String }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct OneName {
    #[serde(alias = "name")]
    owner: String,
}
samples! { OneName; OneName { owner: String }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum PerhapsByte {
    Some { a: u8 },
    None { a: () },
}
samples! { PerhapsByte; PerhapsByte::Some { a: u8 }; PerhapsByte::None { a: () }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct MaybeByte {
    a: Option<u8>,
}
samples! { MaybeByte; MaybeByte { a: Option<u8> }; }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Trailing(u8, #[serde(default)] u8);
samples! { Trailing; Trailing(a: u8, b: u8); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[allow(dead_code, reason = "not read")]
pub(crate) struct Skipped(u8, #[serde(skip)] u8, u8);
samples! { Skipped; Skipped(a: u8, b: u8, c: u8); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[allow(dead_code, reason = "not read")]
pub(crate) enum OneWay {
    #[serde(skip_serializing)]
    Old(u8),
    #[serde(skip_deserializing)]
    New(u8),
    #[serde(skip)]
    Never,
    Both(u8),
}
samples! { OneWay; OneWay::Old(a: u8); OneWay::New(a: u8); OneWay::Never; OneWay::Both(a: u8); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum Two {
    Old(u8),
    Both(u8),
}
samples! { Two; Two::Old(a: u8); Two::Both(a: u8); }

/// All cases, with plain types and combinations of some.
pub(crate) fn cases() -> Vec<Case> {
    macro_rules! cases {
        ($($ty:ty,)*) => { vec![$(Case::of::<$ty>(stringify!($ty))),*] };
    }
    cases! {
        Tree, WiderTree, OtherTree, Vec<Tree>, AsText, FromText, With, WithDefault, Bare, Skipping, AllDefault,
        NewOption, SameOption, OfNewOption, OfSameOption, Empty, Closed, ClosedTagged, ClosedFlat, Bare2, Keyed,
        ClosedAdjacent, ContentFirst, Kind, Contents, TwoNames, OneName, PerhapsByte, MaybeByte, Trailing,
        Skipped, OneWay, Two,
        (), bool, u8, u16, i8, u64, i64, u128, i128, f32, f64, char, String, Uuid, Colour, Value,
        Option<u8>, Option<()>, Vec<u8>, Vec<Option<u8>>, BTreeSet<u8>, [u8; 2], (u8, u8), (u8, String),
        BTreeMap<String, u8>, BTreeMap<u8, u8>, BTreeMap<String, Value>, BTreeMap<Colour, u8>,
        BTreeMap<bool, u8>, BTreeMap<char, String>, Vec<Value>, Option<Value>,
        Vec<corpus::F0>, Option<corpus::F1>, BTreeMap<String, corpus::F2>, Vec<corpus::F4>,
        Option<corpus::F5>, BTreeMap<String, corpus::F6>, Box<corpus::F7>,
    }
}

use super::corpus;
