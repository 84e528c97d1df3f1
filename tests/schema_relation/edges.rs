//! Types at the edges of the relation: names of variants and fields as keys of maps, bounds of integers, fields
//! that are flattened, and readers that accept only some values.

use super::prelude::*;

/// Structs with one field of this name, read as maps with keys of other types.
macro_rules! named {
    ($($ty:ident: $name:literal;)*) => {
        $(
            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct $ty {
                #[serde(rename = $name)]
                a: u8,
            }
            samples! { $ty; $ty { a: u8 }; }
        )*

        fn named() -> Vec<Case> {
            vec![$(Case::of::<$ty>($name)),*]
        }
    };
}

named! {
    Zero: "0";
    MinusZero: "-0";
    PlusFive: "+5";
    LeadingZero: "007";
    One: "1";
    BelowI8: "-129";
    MinI8: "-128";
    MaxI8: "127";
    AboveI8: "128";
    MaxU8: "255";
    AboveU8: "256";
    BelowI64: "-9223372036854775809";
    MinI64: "-9223372036854775808";
    MaxI64: "9223372036854775807";
    AboveI64: "9223372036854775808";
    MaxU64: "18446744073709551615";
    AboveU64: "18446744073709551616";
    MaxU128: "340282366920938463463374607431768211455";
    AboveU128: "340282366920938463463374607431768211456";
    MinI128: "-170141183460469231731687303715884105728";
    MaxI128: "170141183460469231731687303715884105727";
    True: "true";
    False: "false";
    Yes: "yes";
}

/// Its names are those of the values of a `bool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Truth {
    True,
    False,
}
samples! { Truth; Truth::True; Truth::False; }

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnlyTrue {
    True,
}
samples! { OnlyTrue; OnlyTrue::True; }

/// Its names are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub(crate) enum Digit {
    #[serde(rename = "1")]
    One,
    #[serde(rename = "254")]
    Many,
}
samples! { Digit; Digit::One; Digit::Many; }

/// Keys of one type read as keys of another.
pub(crate) fn keys() -> Vec<Case> {
    macro_rules! maps {
        ($($key:ty),*) => { vec![$(Case::of::<BTreeMap<$key, u8>>(stringify!($key))),*] };
    }
    let mut cases =
        maps!(i8, u8, u16, i64, u64, i128, u128, NonZeroU8, bool, char, String, Truth, OnlyTrue, Digit);
    cases.extend(named());
    cases
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct MaybeBoth {
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<String>,
}

impl Samples for MaybeBoth {
    fn samples() -> Vec<Self> {
        let both = |b, c: Option<&str>| Self { b, c: c.map(str::to_owned) };
        vec![both(Some(7), Some("alpha")), both(Some(7), None), both(None, Some("alpha")), both(None, None)]
    }
}

/// Any text, in some of the formats that are read.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Id(String);

impl Samples for Id {
    fn samples() -> Vec<Self> {
        let uuid = Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0).to_string();
        ["alpha", "", "x", "Red", &uuid].map(|text| Self(text.to_owned())).to_vec()
    }
}

/// A variant that was called `old` before.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct Renamed {
    #[serde(alias = "old")]
    b: u8,
    #[serde(default)]
    c: String,
}
samples! { Renamed; Renamed { b: u8, c: String }; }

/// Defines structs and enums with their samples, and lists them.
macro_rules! cases {
    ($list:ident: $($(#[$attribute:meta])* struct $ty:ident { $($(#[$of_field:meta])* $field:ident: $form:ty),* $(,)? })*
     $(; $($more:ident),* $(,)?)?) => {
        $(
            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            $(#[$attribute])*
            pub(crate) struct $ty { $($(#[$of_field])* $field: $form),* }
            samples! { $ty; $ty { $($field: $form),* }; }
        )*

        pub(crate) fn $list() -> Vec<Case> {
            vec![$(Case::of::<$ty>(stringify!($ty)),)* $($(Case::of::<$more>(stringify!($more))),*)?]
        }
    };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Choice {
    B(u8),
    C(String),
}
samples! { Choice; Choice::B(b: u8); Choice::C(c: String); }

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnitChoice {
    B,
    C(u8),
}
samples! { UnitChoice; UnitChoice::B; UnitChoice::C(c: u8); }

// With and without a field, and flattened into another.
cases! {
    flattened:
    struct OneField { b: u8 }
    struct OtherField { c: String }
    struct TwoFields { b: u8, c: String }
    struct ThreeFields { a: u8, b: u8, c: String }
    struct FlatOne { a: u8, #[serde(flatten)] rest: OneField }
    struct FlatTwo { a: u8, #[serde(flatten)] rest: TwoFields }
    struct FlatTwice { #[serde(flatten)] one: OneField, #[serde(flatten)] other: OtherField }
    #[serde(deny_unknown_fields)]
    struct ClosedTwo { b: u8, c: String }
    struct FlatMaybe { a: u8, #[serde(flatten)] rest: Option<TwoFields> }
    struct FlatChoice { #[serde(flatten)] choice: Choice }
    struct FlatChoiceAndMore { a: u8, #[serde(flatten)] choice: Choice }
    struct FlatMaybeChoice { a: u8, #[serde(flatten)] choice: Option<Choice> }
    struct FlatUnitChoice { #[serde(flatten)] choice: UnitChoice }
    struct MaybeB { #[serde(skip_serializing_if = "Option::is_none")] b: Option<u8> }
    struct NullB { b: () }
    struct WideB { b: u16 }
    struct TextB { b: String }
    struct FlatRenamed { a: u8, #[serde(flatten)] rest: Renamed }
    ; Choice, UnitChoice, Renamed, MaybeBoth
}

/// The first variant reads some, all or none of the values of the second, and loses `b`.
macro_rules! tries {
    ($($name:ident: $first:ty, $second:ty;)*) => {
        $(
            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            #[serde(untagged)]
            pub(crate) enum $name {
                First { a: $first },
                Second { a: $second, b: u8 },
            }
            samples! { $name; $name::First { a: $first }; $name::Second { a: $second, b: u8 }; }
        )*

        fn tries() -> Vec<Case> {
            vec![$(Case::of::<$name>(stringify!($name))),*]
        }
    };
}

tries! {
    ByteOrMore: u8, u16;
    ByteOrText: u8, Id;
    ByteOrBool: u8, bool;
    SignedOrByte: i8, u8;
    CharOrText: char, Id;
    CharOrColour: char, Colour;
    CharOrTruth: char, Truth;
    UuidOrText: Uuid, Id;
    UuidOrBool: Uuid, bool;
    UuidOrColour: Uuid, Colour;
    SomeOrMaybe: u8, Option<u8>;
    NullOrMaybe: (), Option<u8>;
    NullOrByte: (), u8;
    NullOrAny: (), Value;
    TwoOrMore: [u8; 2], Vec<u8>;
    PairOrTwo: (u8, u8), [u8; 2];
    VecOrOption: Vec<u8>, Option<Vec<u8>>;
    ColourOrText: Colour, Id;
    TruthOrColour: Truth, Colour;
    ColourOrTruth: Colour, Truth;
    ColourOrByte: Colour, u8;
    ByteOrAny: u8, Value;
    StructOrMaybe: OneField, MaybeB;
    ChoiceOrMaybe: Choice, MaybeBoth;
    ClosedOrMaybe: ClosedTwo, MaybeBoth;
    MapOrObject: BTreeMap<String, u8>, MaybeBoth;
}

// `a` and `b` as one of the second variants above writes them.
cases! {
    in_rows:
    struct RowU16 { a: u16, b: u8 }
    struct RowBool { a: bool, b: u8 }
    struct RowText { a: Id, b: u8 }
    struct RowColour { a: Colour, b: u8 }
    struct RowTruth { a: Truth, b: u8 }
    struct RowAny { a: Value, b: u8 }
    struct RowMaybe { a: Option<u8>, b: u8 }
    struct RowSkipped { #[serde(skip_serializing_if = "Option::is_none")] a: Option<u8>, b: u8 }
    struct RowVec { a: Vec<u8>, b: u8 }
    struct RowTwo { a: [u8; 2], b: u8 }
    struct RowBoth { a: MaybeBoth, b: u8 }
}

/// Values of one type, read by a type that tries several variants.
pub(crate) fn partly_refused() -> Vec<Case> {
    let mut cases = tries();
    cases.extend(in_rows());
    cases
}
