//! Types in families, made up by `generate.rs`. Do not edit: run the test with `EVENTSOURCE_BLESS=1`.

use super::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F0 {
    #[serde(rename(deserialize = "a_in"))]
    a: i128,
}
samples! { F0;
    F0 { a: i128 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F0x1 {
    #[serde(rename(deserialize = "a_in"))]
    a: i128,
    #[serde(default)]
    z: u8,
}
samples! { F0x1;
    F0x1 { a: i128, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F0x2 {
    #[serde(rename(deserialize = "a_in"))]
    a: i128,
    #[serde(default)]
    z: u8,
}
samples! { F0x2;
    F0x2 { a: i128, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F0x3 {}
samples! { F0x3;
    F0x3 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1 {
    a: Vec<f64>,
}
samples! { F1;
    F1 { a: Vec<f64> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1x1 {
    a: Vec<f64>,
    #[serde(default)]
    z: u8,
}
samples! { F1x1;
    F1x1 { a: Vec<f64>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1x2 {
    #[serde(rename = "aa")]
    a: Vec<f64>,
}
samples! { F1x2;
    F1x2 { a: Vec<f64> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1x3 {}
samples! { F1x3;
    F1x3 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2 {
    a: BTreeSet<String>,
    #[serde(skip_deserializing)]
    b: String,
    #[serde(flatten)]
    c: BTreeMap<String, Value>,
}
samples! { F2;
    F2 { a: BTreeSet<String>, b: String, c: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2x1 {
    #[serde(rename = "aa", default)]
    a: u64,
    #[serde(skip_deserializing)]
    b: String,
    #[serde(flatten)]
    c: BTreeMap<String, Value>,
}
samples! { F2x1;
    F2x1 { a: u64, b: String, c: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2x2 {
    a: BTreeSet<String>,
    #[serde(skip_deserializing)]
    b: String,
    c: BTreeMap<String, Value>,
}
samples! { F2x2;
    F2x2 { a: BTreeSet<String>, b: String, c: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2x3 {
    a: BTreeSet<String>,
    #[serde(flatten)]
    c: BTreeMap<String, Value>,
}
samples! { F2x3;
    F2x3 { a: BTreeSet<String>, c: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F3(F2, BTreeMap<Uuid, NonZeroU8>, BTreeMap<Uuid, IpAddr>);
samples! { F3;
    F3 (e0: F2, e1: BTreeMap<Uuid, NonZeroU8>, e2: BTreeMap<Uuid, IpAddr>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F3x1(F2, u8, BTreeMap<Uuid, IpAddr>);
samples! { F3x1;
    F3x1 (e0: F2, e1: u8, e2: BTreeMap<Uuid, IpAddr>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F3x2(F2, Option<u8>, BTreeMap<Uuid, IpAddr>);
samples! { F3x2;
    F3x2 (e0: F2, e1: Option<u8>, e2: BTreeMap<Uuid, IpAddr>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F3x3(F2, Option<u8>, String);
samples! { F3x3;
    F3x3 (e0: F2, e1: Option<u8>, e2: String);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F4 {
    #[serde(rename = "a")]
    A(Vec<bool>),
    B,
    C(char),
}
samples! { F4;
    F4::A (e0: Vec<bool>);
    F4::B ;
    F4::C (e0: char);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F4x1 {
    #[serde(rename = "a")]
    A(Vec<bool>),
    B,
    C(char),
    D,
}
samples! { F4x1;
    F4x1::A (e0: Vec<bool>);
    F4x1::B ;
    F4x1::C (e0: char);
    F4x1::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F4x2 {
    #[serde(rename = "a")]
    A(Vec<bool>),
    C(char),
    D,
}
samples! { F4x2;
    F4x2::A (e0: Vec<bool>);
    F4x2::C (e0: char);
    F4x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F4x3 {
    #[serde(rename = "a")]
    A(Vec<bool>),
    C(char),
    D {},
}
samples! { F4x3;
    F4x3::A (e0: Vec<bool>);
    F4x3::C (e0: char);
    F4x3::D {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5 {
    #[serde(alias = "AA")]
    A {
        #[serde(default)]
        a: Vec<u8>,
    },
}
samples! { F5;
    F5::A { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5x1 {
    #[serde(alias = "AA")]
    A { a: Vec<u8> },
}
samples! { F5x1;
    F5x1::A { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5x2 {
    #[serde(alias = "AA")]
    A {
        #[serde(rename = "aa", alias = "a")]
        a: Vec<u8>,
    },
}
samples! { F5x2;
    F5x2::A { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5x3 {
    #[serde(alias = "AA")]
    A {},
}
samples! { F5x3;
    F5x3::A {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F6 {
    A(u64),
    B,
}
samples! { F6;
    F6::A (e0: u64);
    F6::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F6x1 {
    A(u8),
    B,
}
samples! { F6x1;
    F6x1::A (e0: u8);
    F6x1::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F6x2 {
    A(i128),
    B,
}
samples! { F6x2;
    F6x2::A (e0: i128);
    F6x2::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F6x3 {
    A(i128),
    B,
}
samples! { F6x3;
    F6x3::A (e0: i128);
    F6x3::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7 {
    A {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<Value>,
    },
}
samples! { F7;
    F7::A { a: Option<Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7x1 {
    A {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<Value>,
        #[serde(default)]
        z: u8,
    },
}
samples! { F7x1;
    F7x1::A { a: Option<Value>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7x2 {
    A {},
}
samples! { F7x2;
    F7x2::A {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7x3 {
    A {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<Value>,
    },
    D,
}
samples! { F7x3;
    F7x3::A { a: Option<Value> };
    F7x3::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F8 {
    #[serde(flatten)]
    a: F4,
    #[serde(default, skip_serializing)]
    b: Option<String>,
}
samples! { F8;
    F8 { a: F4, b: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F8x1 {
    #[serde(flatten)]
    a: F4,
    #[serde(default, skip_serializing)]
    b: Option<String>,
}
samples! { F8x1;
    F8x1 { a: F4, b: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F8x2 {
    #[serde(flatten)]
    a: F4,
    #[serde(default, skip_serializing)]
    b: Option<String>,
    #[serde(default)]
    z: u8,
}
samples! { F8x2;
    F8x2 { a: F4, b: Option<String>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F8x3 {
    a: F4,
    #[serde(default, skip_serializing)]
    b: Option<String>,
    #[serde(default)]
    z: u8,
}
samples! { F8x3;
    F8x3 { a: F4, b: Option<String>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F9 {
    #[serde(default)]
    a: Vec<u8>,
    b: f32,
}
samples! { F9;
    F9 { a: Vec<u8>, b: f32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F9x1 {
    #[serde(default)]
    a: Vec<u8>,
    b: u8,
}
samples! { F9x1;
    F9x1 { a: Vec<u8>, b: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F9x2 {
    #[serde(default)]
    a: Vec<u8>,
    b: f32,
}
samples! { F9x2;
    F9x2 { a: Vec<u8>, b: f32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F9x3 {
    #[serde(default)]
    a: Vec<u8>,
    #[serde(rename = "bb", alias = "b")]
    b: f32,
}
samples! { F9x3;
    F9x3 { a: Vec<u8>, b: f32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F10 {
    #[serde(default)]
    a: u64,
}
samples! { F10;
    F10 { a: u64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F10x1 {
    a: u64,
}
samples! { F10x1;
    F10x1 { a: u64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F10x2 {
    a: Option<u64>,
}
samples! { F10x2;
    F10x2 { a: Option<u64> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F10x3 {
    a: Option<u64>,
}
samples! { F10x3;
    F10x3 { a: Option<u64> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct F11(());
samples! { F11;
    F11 (e0: ());
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct F11x1(Value);
samples! { F11x1;
    F11x1 (e0: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F11x2 {
    a: (),
}
samples! { F11x2;
    F11x2 { a: () };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct F11x3(Option<u8>);
samples! { F11x3;
    F11x3 (e0: Option<u8>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F12 {
    A,
    B,
}
samples! { F12;
    F12::A ;
    F12::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F12x1 {
    A {},
    B,
}
samples! { F12x1;
    F12x1::A {  };
    F12x1::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F12x2 {
    A {},
    #[serde(rename = "BB", alias = "B")]
    B,
}
samples! { F12x2;
    F12x2::A {  };
    F12x2::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F12x3 {
    #[serde(rename = "BB", alias = "B")]
    B,
}
samples! { F12x3;
    F12x3::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13 {
    A(F12),
    B(BTreeMap<String, Value>),
}
samples! { F13;
    F13::A (e0: F12);
    F13::B (e0: BTreeMap<String, Value>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13x1 {
    A {},
    B(BTreeMap<String, Value>),
}
samples! { F13x1;
    F13x1::A {  };
    F13x1::B (e0: BTreeMap<String, Value>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13x2 {
    A(F12),
    B(BTreeMap<String, Value>),
    #[serde(other)]
    D,
}
samples! { F13x2;
    F13x2::A (e0: F12);
    F13x2::B (e0: BTreeMap<String, Value>);
    F13x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13x3 {
    B(BTreeMap<String, Value>),
}
samples! { F13x3;
    F13x3::B (e0: BTreeMap<String, Value>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F14 {
    A,
    #[serde(rename = "b")]
    B(Option<Value>),
}
samples! { F14;
    F14::A ;
    F14::B (e0: Option<Value>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F14x1 {
    A,
    #[serde(rename = "b")]
    B(Value),
}
samples! { F14x1;
    F14x1::A ;
    F14x1::B (e0: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F14x2 {
    A,
    B(Value),
}
samples! { F14x2;
    F14x2::A ;
    F14x2::B (e0: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F14x3 {
    A,
}
samples! { F14x3;
    F14x3::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F15 {
    A { a: (Vec<u16>, f32), b: char, c: Vec<Uuid> },
    B,
    C,
}
samples! { F15;
    F15::A { a: (Vec<u16>, f32), b: char, c: Vec<Uuid> };
    F15::B ;
    F15::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F15x1 {
    A {
        a: (Vec<u16>, f32),
        b: char,
        c: Vec<Uuid>,
    },
    B,
    C,
    D {
        #[serde(skip_serializing_if = "Option::is_none")]
        a: Option<char>,
        #[serde(skip_deserializing)]
        b: Option<String>,
    },
}
samples! { F15x1;
    F15x1::A { a: (Vec<u16>, f32), b: char, c: Vec<Uuid> };
    F15x1::B ;
    F15x1::C ;
    F15x1::D { a: Option<char>, b: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F15x2 {
    A { a: (Vec<u16>, f32), b: char, c: Vec<Uuid> },
    B,
    C,
    D(F1),
}
samples! { F15x2;
    F15x2::A { a: (Vec<u16>, f32), b: char, c: Vec<Uuid> };
    F15x2::B ;
    F15x2::C ;
    F15x2::D (e0: F1);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "of", content = "kind")]
pub(crate) enum F15x3 {
    A { a: (Vec<u16>, f32), b: char, c: Vec<Uuid> },
    B,
    C,
    D(F1),
}
samples! { F15x3;
    F15x3::A { a: (Vec<u16>, f32), b: char, c: Vec<Uuid> };
    F15x3::B ;
    F15x3::C ;
    F15x3::D (e0: F1);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F16 {
    #[serde(default)]
    a: Option<String>,
    #[serde(default)]
    b: Option<u8>,
    c: bool,
}
samples! { F16;
    F16 { a: Option<String>, b: Option<u8>, c: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F16x1 {
    #[serde(default)]
    a: Option<String>,
    #[serde(default)]
    b: Option<u8>,
    c: Option<bool>,
}
samples! { F16x1;
    F16x1 { a: Option<String>, b: Option<u8>, c: Option<bool> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F16x2 {
    #[serde(default)]
    a: Option<String>,
    #[serde(default)]
    b: Option<u8>,
    c: bool,
}
samples! { F16x2;
    F16x2 { a: Option<String>, b: Option<u8>, c: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F16x3 {
    #[serde(default)]
    a: Option<String>,
    #[serde(default)]
    b: Option<u8>,
    c: bool,
    z: Vec<u64>,
}
samples! { F16x3;
    F16x3 { a: Option<String>, b: Option<u8>, c: bool, z: Vec<u64> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F17 {
    #[serde(flatten)]
    a: F7,
}
samples! { F17;
    F17 { a: F7 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F17x1 {}
samples! { F17x1;
    F17x1 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F17x2 {
    #[serde(default)]
    z: u8,
}
samples! { F17x2;
    F17x2 { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F17x3 {
    #[serde(flatten)]
    a: F7,
    #[serde(default)]
    z: u8,
}
samples! { F17x3;
    F17x3 { a: F7, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F18 {
    #[serde(rename(deserialize = "a_in"))]
    a: i128,
    #[serde(flatten)]
    b: BTreeMap<String, Value>,
}
samples! { F18;
    F18 { a: i128, b: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F18x1 {
    #[serde(rename(deserialize = "a_in"))]
    a: i128,
    b: BTreeMap<String, Value>,
}
samples! { F18x1;
    F18x1 { a: i128, b: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F18x2 {
    #[serde(rename(deserialize = "a_in"))]
    a: i128,
    b: BTreeMap<String, Value>,
}
samples! { F18x2;
    F18x2 { a: i128, b: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F18x3 {
    b: BTreeMap<String, Value>,
}
samples! { F18x3;
    F18x3 { b: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19;
samples! { F19;
    F19 ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19x1 {}
samples! { F19x1;
    F19x1 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19x2 {
    #[serde(default)]
    z: u8,
}
samples! { F19x2;
    F19x2 { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19x3 {
    z: u8,
}
samples! { F19x3;
    F19x3 { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F20 {
    A,
    B([String; 2], u16),
}
samples! { F20;
    F20::A ;
    F20::B (e0: [String; 2], e1: u16);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F20x1 {
    A,
    B([String; 2], u16),
    #[serde(other)]
    D,
}
samples! { F20x1;
    F20x1::A ;
    F20x1::B (e0: [String; 2], e1: u16);
    F20x1::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F20x2 {
    A,
    B(u8, u16),
    #[serde(other)]
    D,
}
samples! { F20x2;
    F20x2::A ;
    F20x2::B (e0: u8, e1: u16);
    F20x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F20x3 {
    A,
    B([String; 2], f64),
}
samples! { F20x3;
    F20x3::A ;
    F20x3::B (e0: [String; 2], e1: f64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21 {
    A,
    B {
        a: u8,
        #[serde(alias = "bb")]
        b: Option<Box<i32>>,
    },
    C(BTreeMap<String, Value>),
}
samples! { F21;
    F21::A ;
    F21::B { a: u8, b: Option<Box<i32>> };
    F21::C (e0: BTreeMap<String, Value>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21x1 {
    A {},
    B {
        a: u8,
        #[serde(alias = "bb")]
        b: Option<Box<i32>>,
    },
    C(BTreeMap<String, Value>),
}
samples! { F21x1;
    F21x1::A {  };
    F21x1::B { a: u8, b: Option<Box<i32>> };
    F21x1::C (e0: BTreeMap<String, Value>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21x2 {
    A,
    B {
        a: u8,
        #[serde(alias = "bb")]
        b: Option<Box<i32>>,
    },
    C(BTreeMap<String, Value>),
    D {
        #[serde(alias = "aa")]
        a: u128,
        #[serde(rename(deserialize = "b_in"))]
        b: F2,
    },
}
samples! { F21x2;
    F21x2::A ;
    F21x2::B { a: u8, b: Option<Box<i32>> };
    F21x2::C (e0: BTreeMap<String, Value>);
    F21x2::D { a: u128, b: F2 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21x3 {
    D {
        #[serde(alias = "aa")]
        a: u128,
        #[serde(rename(deserialize = "b_in"))]
        b: F2,
    },
    C(BTreeMap<String, Value>),
    B {
        a: u8,
        #[serde(alias = "bb")]
        b: Option<Box<i32>>,
    },
    A,
}
samples! { F21x3;
    F21x3::D { a: u128, b: F2 };
    F21x3::C (e0: BTreeMap<String, Value>);
    F21x3::B { a: u8, b: Option<Box<i32>> };
    F21x3::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F22 {
    A(Vec<u8>),
}
samples! { F22;
    F22::A (e0: Vec<u8>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F22x1 {
    A([u8; 2]),
}
samples! { F22x1;
    F22x1::A (e0: [u8; 2]);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F22x2 {
    A(String),
}
samples! { F22x2;
    F22x2::A (e0: String);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "of", content = "kind")]
pub(crate) enum F22x3 {
    A(String),
}
samples! { F22x3;
    F22x3::A (e0: String);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F23 {
    A(u8),
}
samples! { F23;
    F23::A (e0: u8);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F23x1 {
    A(f32),
}
samples! { F23x1;
    F23x1::A (e0: f32);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F23x2 {
    A(u8),
}
samples! { F23x2;
    F23x2::A (e0: u8);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F23x3 {
    A(u16),
}
samples! { F23x3;
    F23x3::A (e0: u16);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24 {
    a: bool,
}
samples! { F24;
    F24 { a: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24x1 {
    a: Option<bool>,
}
samples! { F24x1;
    F24x1 { a: Option<bool> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24x2 {
    #[serde(rename = "aa")]
    a: bool,
}
samples! { F24x2;
    F24x2 { a: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24x3 {
    a: bool,
    #[serde(default)]
    z: u8,
}
samples! { F24x3;
    F24x3 { a: bool, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F25 {
    #[serde(default)]
    a: String,
}
samples! { F25;
    F25 { a: String };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F25x1 {
    a: String,
}
samples! { F25x1;
    F25x1 { a: String };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F25x2 {
    a: Option<String>,
}
samples! { F25x2;
    F25x2 { a: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F25x3 {
    a: Option<String>,
}
samples! { F25x3;
    F25x3 { a: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F26 {
    #[serde(default)]
    a: Vec<u8>,
}
samples! { F26;
    F26 { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F26x1 {
    #[serde(default)]
    a: Vec<u8>,
    #[serde(default)]
    z: u8,
}
samples! { F26x1;
    F26x1 { a: Vec<u8>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F26x2 {
    #[serde(default)]
    z: u8,
}
samples! { F26x2;
    F26x2 { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F26x3 {}
samples! { F26x3;
    F26x3 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct F27(F20);
samples! { F27;
    F27 (e0: F20);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct F27x1(Value);
samples! { F27x1;
    F27x1 (e0: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub(crate) struct F27x2(String);
samples! { F27x2;
    F27x2 (e0: String);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F27x3 {
    a: F20,
}
samples! { F27x3;
    F27x3 { a: F20 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F28 {
    A(BTreeMap<Colour, u8>, i64),
}
samples! { F28;
    F28::A (e0: BTreeMap<Colour, u8>, e1: i64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F28x1 {
    A(BTreeMap<Colour, u8>, u128),
}
samples! { F28x1;
    F28x1::A (e0: BTreeMap<Colour, u8>, e1: u128);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F28x2 {
    A(u8, i64),
}
samples! { F28x2;
    F28x2::A (e0: u8, e1: i64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F28x3 {
    A(u8, i64),
}
samples! { F28x3;
    F28x3::A (e0: u8, e1: i64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29 {
    A(F14),
}
samples! { F29;
    F29::A (e0: F14);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29x1 {
    #[serde(rename = "AA", alias = "A")]
    A(F14),
}
samples! { F29x1;
    F29x1::A (e0: F14);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29x2 {
    A {},
}
samples! { F29x2;
    F29x2::A {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29x3 {
    A {
        #[serde(default)]
        z: u8,
    },
}
samples! { F29x3;
    F29x3::A { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30 {
    A {
        a: F1,
    },
    #[serde(alias = "BB")]
    B(F23, Vec<i64>),
}
samples! { F30;
    F30::A { a: F1 };
    F30::B (e0: F23, e1: Vec<i64>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30x1 {
    A {
        a: F1,
    },
    #[serde(alias = "BB")]
    B(F23, Vec<i64>),
    D,
}
samples! { F30x1;
    F30x1::A { a: F1 };
    F30x1::B (e0: F23, e1: Vec<i64>);
    F30x1::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30x2 {
    #[serde(alias = "BB")]
    B(F23, Vec<i64>),
    A {
        a: F1,
    },
}
samples! { F30x2;
    F30x2::B (e0: F23, e1: Vec<i64>);
    F30x2::A { a: F1 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30x3 {
    #[serde(alias = "BB")]
    B(F23, Vec<i64>),
    #[serde(rename = "AA", alias = "A")]
    A { a: F1 },
}
samples! { F30x3;
    F30x3::B (e0: F23, e1: Vec<i64>);
    F30x3::A { a: F1 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F31 {
    A,
}
samples! { F31;
    F31::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F31x1 {
    A {},
}
samples! { F31x1;
    F31x1::A {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F31x2 {
    A {
        #[serde(default)]
        z: u8,
    },
}
samples! { F31x2;
    F31x2::A { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F31x3 {
    A {
        #[serde(default)]
        z: u8,
    },
}
samples! { F31x3;
    F31x3::A { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F32 {
    #[serde(rename(deserialize = "a_in"))]
    a: [i32; 2],
}
samples! { F32;
    F32 { a: [i32; 2] };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F32x1 {
    #[serde(rename(deserialize = "a_in"))]
    a: [i32; 2],
}
samples! { F32x1;
    F32x1 { a: [i32; 2] };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F32x2 {}
samples! { F32x2;
    F32x2 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F32x3 {}
samples! { F32x3;
    F32x3 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33 {
    #[serde(default, skip_serializing)]
    a: f64,
    b: bool,
    #[serde(default)]
    c: u64,
}
samples! { F33;
    F33 { a: f64, b: bool, c: u64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33x1 {
    #[serde(default, skip_serializing)]
    a: f64,
    b: bool,
    #[serde(default)]
    c: u64,
    #[serde(default)]
    z: u8,
}
samples! { F33x1;
    F33x1 { a: f64, b: bool, c: u64, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33x2 {
    #[serde(default, skip_serializing)]
    a: f64,
    #[serde(default)]
    c: u64,
}
samples! { F33x2;
    F33x2 { a: f64, c: u64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33x3 {
    #[serde(default, skip_serializing)]
    a: f64,
    #[serde(default)]
    c: u64,
    z: Ipv4Addr,
}
samples! { F33x3;
    F33x3 { a: f64, c: u64, z: Ipv4Addr };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F34 {
    a: char,
    #[serde(default)]
    b: u64,
}
samples! { F34;
    F34 { a: char, b: u64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F34x1 {
    a: char,
}
samples! { F34x1;
    F34x1 { a: char };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F34x2 {
    a: char,
    z: Option<bool>,
}
samples! { F34x2;
    F34x2 { a: char, z: Option<bool> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F34x3 {
    a: char,
    z: bool,
}
samples! { F34x3;
    F34x3 { a: char, z: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35([(); 2], F13);
samples! { F35;
    F35 (e0: [(); 2], e1: F13);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35x1 {
    a: [(); 2],
    b: F13,
}
samples! { F35x1;
    F35x1 { a: [(); 2], b: F13 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35x2 {
    a: [(); 2],
    b: Option<F13>,
}
samples! { F35x2;
    F35x2 { a: [(); 2], b: Option<F13> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35x3([(); 2], Value);
samples! { F35x3;
    F35x3 (e0: [(); 2], e1: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F36 {
    A {
        a: i64,
        b: IpAddr,
        #[serde(alias = "cc")]
        c: BTreeSet<Uuid>,
    },
}
samples! { F36;
    F36::A { a: i64, b: IpAddr, c: BTreeSet<Uuid> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F36x1 {
    A {
        a: i64,
        b: Option<IpAddr>,
        #[serde(alias = "cc")]
        c: BTreeSet<Uuid>,
    },
}
samples! { F36x1;
    F36x1::A { a: i64, b: Option<IpAddr>, c: BTreeSet<Uuid> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F36x2 {
    #[serde(untagged)]
    A {
        a: i64,
        b: Option<IpAddr>,
        #[serde(alias = "cc")]
        c: BTreeSet<Uuid>,
    },
}
samples! { F36x2;
    F36x2::A { a: i64, b: Option<IpAddr>, c: BTreeSet<Uuid> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F36x3 {
    #[serde(untagged)]
    A {
        a: i64,
        b: Option<IpAddr>,
        #[serde(alias = "cc")]
        c: BTreeSet<Uuid>,
    },
}
samples! { F36x3;
    F36x3::A { a: i64, b: Option<IpAddr>, c: BTreeSet<Uuid> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37 {
    A {
        #[serde(skip_deserializing)]
        a: f64,
    },
    B,
    #[serde(rename = "c")]
    C {
        a: Vec<u64>,
        #[serde(default, skip_serializing)]
        b: bool,
        c: BTreeMap<String, ()>,
    },
}
samples! { F37;
    F37::A { a: f64 };
    F37::B ;
    F37::C { a: Vec<u64>, b: bool, c: BTreeMap<String, ()> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37x1 {
    A {
        #[serde(skip_deserializing)]
        a: f64,
    },
    B,
    #[serde(rename = "c")]
    C {
        a: Vec<u64>,
        #[serde(default, skip_serializing)]
        b: bool,
        c: BTreeMap<String, ()>,
    },
    D {
        a: [bool; 2],
    },
}
samples! { F37x1;
    F37x1::A { a: f64 };
    F37x1::B ;
    F37x1::C { a: Vec<u64>, b: bool, c: BTreeMap<String, ()> };
    F37x1::D { a: [bool; 2] };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37x2 {
    A {
        #[serde(skip_deserializing)]
        a: f64,
    },
    B,
    #[serde(rename = "c")]
    C {
        a: Vec<u64>,
        #[serde(default, skip_serializing)]
        b: bool,
        c: BTreeMap<String, ()>,
    },
    #[serde(other)]
    D,
}
samples! { F37x2;
    F37x2::A { a: f64 };
    F37x2::B ;
    F37x2::C { a: Vec<u64>, b: bool, c: BTreeMap<String, ()> };
    F37x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37x3 {
    #[serde(rename = "AA", alias = "A")]
    A {
        #[serde(skip_deserializing)]
        a: f64,
    },
    B,
    #[serde(rename = "c")]
    C {
        a: Vec<u64>,
        #[serde(default, skip_serializing)]
        b: bool,
        c: BTreeMap<String, ()>,
    },
    #[serde(other)]
    D,
}
samples! { F37x3;
    F37x3::A { a: f64 };
    F37x3::B ;
    F37x3::C { a: Vec<u64>, b: bool, c: BTreeMap<String, ()> };
    F37x3::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38 {
    #[serde(alias = "AA")]
    A,
    B(i32),
    C((u8, u16), (i64, u64)),
}
samples! { F38;
    F38::A ;
    F38::B (e0: i32);
    F38::C (e0: (u8, u16), e1: (i64, u64));
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38x1 {
    #[serde(alias = "AA")]
    A,
    B(i32),
    C(String, (i64, u64)),
}
samples! { F38x1;
    F38x1::A ;
    F38x1::B (e0: i32);
    F38x1::C (e0: String, e1: (i64, u64));
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38x2 {
    #[serde(alias = "AA")]
    A {},
    B(i32),
    C((u8, u16), (i64, u64)),
}
samples! { F38x2;
    F38x2::A {  };
    F38x2::B (e0: i32);
    F38x2::C (e0: (u8, u16), e1: (i64, u64));
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38x3 {
    #[serde(alias = "AA")]
    A {},
    B(i32),
    C((u8, u16), Value),
}
samples! { F38x3;
    F38x3::A {  };
    F38x3::B (e0: i32);
    F38x3::C (e0: (u8, u16), e1: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F39 {
    A(f32),
    B(u64, String),
    C { a: BTreeMap<String, f64>, b: F6, c: i128 },
}
samples! { F39;
    F39::A (e0: f32);
    F39::B (e0: u64, e1: String);
    F39::C { a: BTreeMap<String, f64>, b: F6, c: i128 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F39x1 {
    A(f32),
    B(u64, String),
    C { a: BTreeMap<String, f64>, b: F6, c: i128 },
}
samples! { F39x1;
    F39x1::A (e0: f32);
    F39x1::B (e0: u64, e1: String);
    F39x1::C { a: BTreeMap<String, f64>, b: F6, c: i128 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F39x2 {
    A(f32),
    B(u64, String),
    C {
        a: BTreeMap<String, f64>,
        b: F6,
        #[serde(rename = "cc")]
        c: i128,
    },
}
samples! { F39x2;
    F39x2::A (e0: f32);
    F39x2::B (e0: u64, e1: String);
    F39x2::C { a: BTreeMap<String, f64>, b: F6, c: i128 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F39x3 {
    A(f32),
    #[serde(rename = "BB", alias = "B")]
    B(u64, String),
    C {
        a: BTreeMap<String, f64>,
        b: F6,
        #[serde(rename = "cc")]
        c: i128,
    },
}
samples! { F39x3;
    F39x3::A (e0: f32);
    F39x3::B (e0: u64, e1: String);
    F39x3::C { a: BTreeMap<String, f64>, b: F6, c: i128 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct F40 {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<f32>,
    #[serde(alias = "bb")]
    b: (Ipv4Addr, u128),
    c: Vec<Box<Value>>,
}
samples! { F40;
    F40 { a: Option<f32>, b: (Ipv4Addr, u128), c: Vec<Box<Value>> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F40x1 {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<f32>,
    #[serde(alias = "bb")]
    b: (Ipv4Addr, u128),
    c: Vec<Box<Value>>,
}
samples! { F40x1;
    F40x1 { a: Option<f32>, b: (Ipv4Addr, u128), c: Vec<Box<Value>> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F40x2 {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<f32>,
    #[serde(alias = "bb")]
    b: (Ipv4Addr, u128),
    c: Vec<Box<Value>>,
    #[serde(default)]
    z: u8,
}
samples! { F40x2;
    F40x2 { a: Option<f32>, b: (Ipv4Addr, u128), c: Vec<Box<Value>>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F40x3 {
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<f32>,
    #[serde(alias = "bb")]
    b: (Ipv4Addr, u128),
    c: Vec<Box<Value>>,
    z: u8,
}
samples! { F40x3;
    F40x3 { a: Option<f32>, b: (Ipv4Addr, u128), c: Vec<Box<Value>>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41 {
    a: F10,
    #[serde(alias = "bb")]
    b: [F24; 2],
    #[serde(default)]
    c: i32,
}
samples! { F41;
    F41 { a: F10, b: [F24; 2], c: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41x1 {
    a: String,
    #[serde(alias = "bb")]
    b: [F24; 2],
    #[serde(default)]
    c: i32,
}
samples! { F41x1;
    F41x1 { a: String, b: [F24; 2], c: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41x2 {
    #[serde(rename = "aa", default)]
    a: Option<u8>,
    #[serde(alias = "bb")]
    b: [F24; 2],
    #[serde(default)]
    c: i32,
}
samples! { F41x2;
    F41x2 { a: Option<u8>, b: [F24; 2], c: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41x3 {
    a: u8,
    #[serde(alias = "bb")]
    b: [F24; 2],
    #[serde(default)]
    c: i32,
}
samples! { F41x3;
    F41x3 { a: u8, b: [F24; 2], c: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct F42 {
    a: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<bool>,
}
samples! { F42;
    F42 { a: f32, b: Option<bool> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct F42x1 {
    #[serde(rename = "aa")]
    a: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<bool>,
}
samples! { F42x1;
    F42x1 { a: f32, b: Option<bool> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct F42x2 {
    a: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<bool>,
    #[serde(default)]
    z: u8,
}
samples! { F42x2;
    F42x2 { a: f32, b: Option<bool>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct F42x3 {
    #[serde(rename = "aa")]
    a: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<bool>,
    #[serde(default)]
    z: u8,
}
samples! { F42x3;
    F42x3 { a: f32, b: Option<bool>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43(Vec<u8>);
samples! { F43;
    F43 (e0: Vec<u8>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43x1(BTreeSet<u8>);
samples! { F43x1;
    F43x1 (e0: BTreeSet<u8>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43x2(String);
samples! { F43x2;
    F43x2 (e0: String);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43x3([u8; 2]);
samples! { F43x3;
    F43x3 (e0: [u8; 2]);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44 {
    A(f32, F14),
}
samples! { F44;
    F44::A (e0: f32, e1: F14);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44x1 {
    A(u8, F14),
}
samples! { F44x1;
    F44x1::A (e0: u8, e1: F14);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44x2 {
    A(f32, u8),
}
samples! { F44x2;
    F44x2::A (e0: f32, e1: u8);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44x3 {
    #[serde(rename = "AA", alias = "A")]
    A(f32, F14),
}
samples! { F44x3;
    F44x3::A (e0: f32, e1: F14);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45 {
    A,
}
samples! { F45;
    F45::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45x1 {
    #[serde(rename = "AA", alias = "A")]
    A,
}
samples! { F45x1;
    F45x1::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45x2 {
    #[serde(untagged)]
    A,
}
samples! { F45x2;
    F45x2::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45x3 {
    A {},
}
samples! { F45x3;
    F45x3::A {  };
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::of::<F0>("F0"),
        Case::of::<F0x1>("F0x1"),
        Case::of::<F0x2>("F0x2"),
        Case::of::<F0x3>("F0x3"),
        Case::of::<F1>("F1"),
        Case::of::<F1x1>("F1x1"),
        Case::of::<F1x2>("F1x2"),
        Case::of::<F1x3>("F1x3"),
        Case::of::<F2>("F2"),
        Case::of::<F2x1>("F2x1"),
        Case::of::<F2x2>("F2x2"),
        Case::of::<F2x3>("F2x3"),
        Case::of::<F3>("F3"),
        Case::of::<F3x1>("F3x1"),
        Case::of::<F3x2>("F3x2"),
        Case::of::<F3x3>("F3x3"),
        Case::of::<F4>("F4"),
        Case::of::<F4x1>("F4x1"),
        Case::of::<F4x2>("F4x2"),
        Case::of::<F4x3>("F4x3"),
        Case::of::<F5>("F5"),
        Case::of::<F5x1>("F5x1"),
        Case::of::<F5x2>("F5x2"),
        Case::of::<F5x3>("F5x3"),
        Case::of::<F6>("F6"),
        Case::of::<F6x1>("F6x1"),
        Case::of::<F6x2>("F6x2"),
        Case::of::<F6x3>("F6x3"),
        Case::of::<F7>("F7"),
        Case::of::<F7x1>("F7x1"),
        Case::of::<F7x2>("F7x2"),
        Case::of::<F7x3>("F7x3"),
        Case::of::<F8>("F8"),
        Case::of::<F8x1>("F8x1"),
        Case::of::<F8x2>("F8x2"),
        Case::of::<F8x3>("F8x3"),
        Case::of::<F9>("F9"),
        Case::of::<F9x1>("F9x1"),
        Case::of::<F9x2>("F9x2"),
        Case::of::<F9x3>("F9x3"),
        Case::of::<F10>("F10"),
        Case::of::<F10x1>("F10x1"),
        Case::of::<F10x2>("F10x2"),
        Case::of::<F10x3>("F10x3"),
        Case::of::<F11>("F11"),
        Case::of::<F11x1>("F11x1"),
        Case::of::<F11x2>("F11x2"),
        Case::of::<F11x3>("F11x3"),
        Case::of::<F12>("F12"),
        Case::of::<F12x1>("F12x1"),
        Case::of::<F12x2>("F12x2"),
        Case::of::<F12x3>("F12x3"),
        Case::of::<F13>("F13"),
        Case::of::<F13x1>("F13x1"),
        Case::of::<F13x2>("F13x2"),
        Case::of::<F13x3>("F13x3"),
        Case::of::<F14>("F14"),
        Case::of::<F14x1>("F14x1"),
        Case::of::<F14x2>("F14x2"),
        Case::of::<F14x3>("F14x3"),
        Case::of::<F15>("F15"),
        Case::of::<F15x1>("F15x1"),
        Case::of::<F15x2>("F15x2"),
        Case::of::<F15x3>("F15x3"),
        Case::of::<F16>("F16"),
        Case::of::<F16x1>("F16x1"),
        Case::of::<F16x2>("F16x2"),
        Case::of::<F16x3>("F16x3"),
        Case::of::<F17>("F17"),
        Case::of::<F17x1>("F17x1"),
        Case::of::<F17x2>("F17x2"),
        Case::of::<F17x3>("F17x3"),
        Case::of::<F18>("F18"),
        Case::of::<F18x1>("F18x1"),
        Case::of::<F18x2>("F18x2"),
        Case::of::<F18x3>("F18x3"),
        Case::of::<F19>("F19"),
        Case::of::<F19x1>("F19x1"),
        Case::of::<F19x2>("F19x2"),
        Case::of::<F19x3>("F19x3"),
        Case::of::<F20>("F20"),
        Case::of::<F20x1>("F20x1"),
        Case::of::<F20x2>("F20x2"),
        Case::of::<F20x3>("F20x3"),
        Case::of::<F21>("F21"),
        Case::of::<F21x1>("F21x1"),
        Case::of::<F21x2>("F21x2"),
        Case::of::<F21x3>("F21x3"),
        Case::of::<F22>("F22"),
        Case::of::<F22x1>("F22x1"),
        Case::of::<F22x2>("F22x2"),
        Case::of::<F22x3>("F22x3"),
        Case::of::<F23>("F23"),
        Case::of::<F23x1>("F23x1"),
        Case::of::<F23x2>("F23x2"),
        Case::of::<F23x3>("F23x3"),
        Case::of::<F24>("F24"),
        Case::of::<F24x1>("F24x1"),
        Case::of::<F24x2>("F24x2"),
        Case::of::<F24x3>("F24x3"),
        Case::of::<F25>("F25"),
        Case::of::<F25x1>("F25x1"),
        Case::of::<F25x2>("F25x2"),
        Case::of::<F25x3>("F25x3"),
        Case::of::<F26>("F26"),
        Case::of::<F26x1>("F26x1"),
        Case::of::<F26x2>("F26x2"),
        Case::of::<F26x3>("F26x3"),
        Case::of::<F27>("F27"),
        Case::of::<F27x1>("F27x1"),
        Case::of::<F27x2>("F27x2"),
        Case::of::<F27x3>("F27x3"),
        Case::of::<F28>("F28"),
        Case::of::<F28x1>("F28x1"),
        Case::of::<F28x2>("F28x2"),
        Case::of::<F28x3>("F28x3"),
        Case::of::<F29>("F29"),
        Case::of::<F29x1>("F29x1"),
        Case::of::<F29x2>("F29x2"),
        Case::of::<F29x3>("F29x3"),
        Case::of::<F30>("F30"),
        Case::of::<F30x1>("F30x1"),
        Case::of::<F30x2>("F30x2"),
        Case::of::<F30x3>("F30x3"),
        Case::of::<F31>("F31"),
        Case::of::<F31x1>("F31x1"),
        Case::of::<F31x2>("F31x2"),
        Case::of::<F31x3>("F31x3"),
        Case::of::<F32>("F32"),
        Case::of::<F32x1>("F32x1"),
        Case::of::<F32x2>("F32x2"),
        Case::of::<F32x3>("F32x3"),
        Case::of::<F33>("F33"),
        Case::of::<F33x1>("F33x1"),
        Case::of::<F33x2>("F33x2"),
        Case::of::<F33x3>("F33x3"),
        Case::of::<F34>("F34"),
        Case::of::<F34x1>("F34x1"),
        Case::of::<F34x2>("F34x2"),
        Case::of::<F34x3>("F34x3"),
        Case::of::<F35>("F35"),
        Case::of::<F35x1>("F35x1"),
        Case::of::<F35x2>("F35x2"),
        Case::of::<F35x3>("F35x3"),
        Case::of::<F36>("F36"),
        Case::of::<F36x1>("F36x1"),
        Case::of::<F36x2>("F36x2"),
        Case::of::<F36x3>("F36x3"),
        Case::of::<F37>("F37"),
        Case::of::<F37x1>("F37x1"),
        Case::of::<F37x2>("F37x2"),
        Case::of::<F37x3>("F37x3"),
        Case::of::<F38>("F38"),
        Case::of::<F38x1>("F38x1"),
        Case::of::<F38x2>("F38x2"),
        Case::of::<F38x3>("F38x3"),
        Case::of::<F39>("F39"),
        Case::of::<F39x1>("F39x1"),
        Case::of::<F39x2>("F39x2"),
        Case::of::<F39x3>("F39x3"),
        Case::of::<F40>("F40"),
        Case::of::<F40x1>("F40x1"),
        Case::of::<F40x2>("F40x2"),
        Case::of::<F40x3>("F40x3"),
        Case::of::<F41>("F41"),
        Case::of::<F41x1>("F41x1"),
        Case::of::<F41x2>("F41x2"),
        Case::of::<F41x3>("F41x3"),
        Case::of::<F42>("F42"),
        Case::of::<F42x1>("F42x1"),
        Case::of::<F42x2>("F42x2"),
        Case::of::<F42x3>("F42x3"),
        Case::of::<F43>("F43"),
        Case::of::<F43x1>("F43x1"),
        Case::of::<F43x2>("F43x2"),
        Case::of::<F43x3>("F43x3"),
        Case::of::<F44>("F44"),
        Case::of::<F44x1>("F44x1"),
        Case::of::<F44x2>("F44x2"),
        Case::of::<F44x3>("F44x3"),
        Case::of::<F45>("F45"),
        Case::of::<F45x1>("F45x1"),
        Case::of::<F45x2>("F45x2"),
        Case::of::<F45x3>("F45x3"),
    ]
}
