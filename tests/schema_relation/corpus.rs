//! Types in families, made up by `generate.rs`. Do not edit: run the test with `EVENTSOURCE_BLESS=1`.

use super::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F0 { #[serde(rename(deserialize = "a_in"))]
a: i128 }
samples! { F0;
    F0 { a: i128 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F0x1 { #[serde(rename(deserialize = "a_in"))]
a: i128, #[serde(default)]
z: u8 }
samples! { F0x1;
    F0x1 { a: i128, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F0x2 { #[serde(rename(deserialize = "a_in"))]
a: i128, #[serde(default)]
z: u8 }
samples! { F0x2;
    F0x2 { a: i128, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F0x3 {  }
samples! { F0x3;
    F0x3 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1 { a: Vec<f64> }
samples! { F1;
    F1 { a: Vec<f64> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1x1 { a: Vec<f64>, #[serde(default)]
z: u8 }
samples! { F1x1;
    F1x1 { a: Vec<f64>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1x2 { #[serde(rename = "aa")]
a: Vec<f64> }
samples! { F1x2;
    F1x2 { a: Vec<f64> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F1x3 {  }
samples! { F1x3;
    F1x3 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2 { a: BTreeSet<String>, #[serde(skip_deserializing)]
b: String, #[serde(flatten)]
c: BTreeMap<String, Value> }
samples! { F2;
    F2 { a: BTreeSet<String>, b: String, c: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2x1 { #[serde(rename = "aa", default)]
a: u64, #[serde(skip_deserializing)]
b: String, #[serde(flatten)]
c: BTreeMap<String, Value> }
samples! { F2x1;
    F2x1 { a: u64, b: String, c: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2x2 { a: BTreeSet<String>, #[serde(skip_deserializing)]
b: String, c: BTreeMap<String, Value> }
samples! { F2x2;
    F2x2 { a: BTreeSet<String>, b: String, c: BTreeMap<String, Value> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F2x3 { a: BTreeSet<String>, #[serde(flatten)]
c: BTreeMap<String, Value> }
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
    D,
    #[serde(rename = "a")]
A(Vec<bool>),
    B,
    C(char),
}
samples! { F4x1;
    F4x1::D ;
    F4x1::A (e0: Vec<bool>);
    F4x1::B ;
    F4x1::C (e0: char);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F4x2 {
    D,
    B,
    C(char),
}
samples! { F4x2;
    F4x2::D ;
    F4x2::B ;
    F4x2::C (e0: char);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F4x3 {
    D,
    B,
    C(Colour),
}
samples! { F4x3;
    F4x3::D ;
    F4x3::B ;
    F4x3::C (e0: Colour);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5 {
    A { a: Vec<NonZeroU8>, b: Box<f64>, #[serde(default, skip_serializing)]
c: Option<String> },
}
samples! { F5;
    F5::A { a: Vec<NonZeroU8>, b: Box<f64>, c: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5x1 {
    #[serde(rename = "AA", alias = "A")]
A { a: Vec<NonZeroU8>, b: Box<f64>, #[serde(default, skip_serializing)]
c: Option<String> },
}
samples! { F5x1;
    F5x1::A { a: Vec<NonZeroU8>, b: Box<f64>, c: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5x2 {
    A { a: Vec<NonZeroU8>, #[serde(rename = "bb")]
b: Box<f64>, #[serde(default, skip_serializing)]
c: Option<String> },
}
samples! { F5x2;
    F5x2::A { a: Vec<NonZeroU8>, b: Box<f64>, c: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F5x3 {
    A { a: Vec<NonZeroU8>, b: Box<f64>, #[serde(default, skip_serializing)]
c: Option<String> },
    #[serde(other)]
D,
}
samples! { F5x3;
    F5x3::A { a: Vec<NonZeroU8>, b: Box<f64>, c: Option<String> };
    F5x3::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F6 {
    A(i128),
}
samples! { F6;
    F6::A (e0: i128);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F6x1 {
    #[serde(untagged)]
A(i128),
}
samples! { F6x1;
    F6x1::A (e0: i128);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F6x2 {
    A(Value),
}
samples! { F6x2;
    F6x2::A (e0: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F6x3 {
    A(u64),
}
samples! { F6x3;
    F6x3::A (e0: u64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7 {
    A,
}
samples! { F7;
    F7::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7x1 {
    A {  },
}
samples! { F7x1;
    F7x1::A {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7x2 {
    A { #[serde(default)]
z: u8 },
}
samples! { F7x2;
    F7x2::A { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F7x3 {
    D,
    A { #[serde(default)]
z: u8 },
}
samples! { F7x3;
    F7x3::D ;
    F7x3::A { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F8 { a: Vec<F6>, b: ([bool; 2], i32) }
samples! { F8;
    F8 { a: Vec<F6>, b: ([bool; 2], i32) };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F8x1 { b: ([bool; 2], i32) }
samples! { F8x1;
    F8x1 { b: ([bool; 2], i32) };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F8x2 { #[serde(rename = "bb", alias = "b")]
b: ([bool; 2], i32) }
samples! { F8x2;
    F8x2 { b: ([bool; 2], i32) };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F8x3 { a: Vec<F6>, b: ([bool; 2], i32) }
samples! { F8x3;
    F8x3 { a: Vec<F6>, b: ([bool; 2], i32) };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F9 { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<()> }
samples! { F9;
    F9 { a: Option<()> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F9x1 {  }
samples! { F9x1;
    F9x1 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F9x2 { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<()> }
samples! { F9x2;
    F9x2 { a: Option<()> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F9x3 { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<()>, #[serde(default)]
z: u8 }
samples! { F9x3;
    F9x3 { a: Option<()>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F10 { #[serde(default)]
a: Option<u8>, b: f32, #[serde(default, skip_serializing)]
c: bool }
samples! { F10;
    F10 { a: Option<u8>, b: f32, c: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F10x1 { #[serde(default)]
a: Option<u8>, #[serde(rename = "bb")]
b: f32, #[serde(default, skip_serializing)]
c: bool }
samples! { F10x1;
    F10x1 { a: Option<u8>, b: f32, c: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F10x2 { #[serde(rename = "bb")]
b: f32, #[serde(default, skip_serializing)]
c: bool }
samples! { F10x2;
    F10x2 { b: f32, c: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F10x3 { #[serde(rename = "bb")]
b: f32 }
samples! { F10x3;
    F10x3 { b: f32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F11(Box<char>, Ipv4Addr);
samples! { F11;
    F11 (e0: Box<char>, e1: Ipv4Addr);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F11x1(Box<char>, Ipv4Addr, Uuid);
samples! { F11x1;
    F11x1 (e0: Box<char>, e1: Ipv4Addr, e9: Uuid);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F11x2(String, Ipv4Addr);
samples! { F11x2;
    F11x2 (e0: String, e1: Ipv4Addr);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F11x3(Box<char>, String);
samples! { F11x3;
    F11x3 (e0: Box<char>, e1: String);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F12 {
    A(u8, [(); 2]),
}
samples! { F12;
    F12::A (e0: u8, e1: [(); 2]);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F12x1 {
    #[serde(untagged)]
A(u8, [(); 2]),
}
samples! { F12x1;
    F12x1::A (e0: u8, e1: [(); 2]);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F12x2 {
    A(u8, [(); 2]),
}
samples! { F12x2;
    F12x2::A (e0: u8, e1: [(); 2]);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F12x3 {
    A(u8, u8),
}
samples! { F12x3;
    F12x3::A (e0: u8, e1: u8);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13 {
    A,
    B(BTreeMap<String, u8>),
    #[serde(alias = "CC")]
C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], #[serde(default)]
c: Option<u8> },
}
samples! { F13;
    F13::A ;
    F13::B (e0: BTreeMap<String, u8>);
    F13::C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], c: Option<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13x1 {
    D { #[serde(skip_deserializing)]
a: Option<String> },
    A,
    B(BTreeMap<String, u8>),
    #[serde(alias = "CC")]
C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], #[serde(default)]
c: Option<u8> },
}
samples! { F13x1;
    F13x1::D { a: Option<String> };
    F13x1::A ;
    F13x1::B (e0: BTreeMap<String, u8>);
    F13x1::C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], c: Option<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13x2 {
    #[serde(rename = "d")]
D(F0),
    A,
    B(BTreeMap<String, u8>),
    #[serde(alias = "CC")]
C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], #[serde(default)]
c: Option<u8> },
}
samples! { F13x2;
    F13x2::D (e0: F0);
    F13x2::A ;
    F13x2::B (e0: BTreeMap<String, u8>);
    F13x2::C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], c: Option<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F13x3 {
    #[serde(rename = "d")]
D(F0),
    A,
    B {  },
    #[serde(alias = "CC")]
C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], #[serde(default)]
c: Option<u8> },
}
samples! { F13x3;
    F13x3::D (e0: F0);
    F13x3::A ;
    F13x3::B {  };
    F13x3::C { a: Vec<Uuid>, b: [BTreeSet<i32>; 2], c: Option<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F14 {
    #[serde(alias = "AA")]
A { #[serde(default)]
a: Option<String>, #[serde(default)]
b: Option<u8>, c: bool },
    B { a: BTreeMap<bool, ()>, #[serde(skip_deserializing)]
b: u8, c: F11 },
}
samples! { F14;
    F14::A { a: Option<String>, b: Option<u8>, c: bool };
    F14::B { a: BTreeMap<bool, ()>, b: u8, c: F11 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "of", content = "kind")]
pub(crate) enum F14x1 {
    #[serde(alias = "AA")]
A { #[serde(default)]
a: Option<String>, #[serde(default)]
b: Option<u8>, c: bool },
    B { a: BTreeMap<bool, ()>, #[serde(skip_deserializing)]
b: u8, c: F11 },
}
samples! { F14x1;
    F14x1::A { a: Option<String>, b: Option<u8>, c: bool };
    F14x1::B { a: BTreeMap<bool, ()>, b: u8, c: F11 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "of", content = "kind")]
pub(crate) enum F14x2 {
    B { a: BTreeMap<bool, ()>, #[serde(skip_deserializing)]
b: u8, c: F11 },
    #[serde(alias = "AA")]
A { #[serde(default)]
a: Option<String>, #[serde(default)]
b: Option<u8>, c: bool },
}
samples! { F14x2;
    F14x2::B { a: BTreeMap<bool, ()>, b: u8, c: F11 };
    F14x2::A { a: Option<String>, b: Option<u8>, c: bool };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F14x3 {
    #[serde(alias = "AA")]
A { #[serde(default)]
a: Option<String>, #[serde(default)]
b: Option<u8>, c: bool },
    B { a: Option<BTreeMap<bool, ()>>, #[serde(skip_deserializing)]
b: u8, c: F11 },
}
samples! { F14x3;
    F14x3::A { a: Option<String>, b: Option<u8>, c: bool };
    F14x3::B { a: Option<BTreeMap<bool, ()>>, b: u8, c: F11 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F15 {
    A(BTreeMap<String, u8>, f64),
}
samples! { F15;
    F15::A (e0: BTreeMap<String, u8>, e1: f64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F15x1 {
    D { a: f64, #[serde(default)]
b: Option<String>, c: F14 },
    A(BTreeMap<String, u8>, f64),
}
samples! { F15x1;
    F15x1::D { a: f64, b: Option<String>, c: F14 };
    F15x1::A (e0: BTreeMap<String, u8>, e1: f64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F15x2 {
    D,
    A(BTreeMap<String, u8>, f64),
}
samples! { F15x2;
    F15x2::D ;
    F15x2::A (e0: BTreeMap<String, u8>, e1: f64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F15x3 {
    A(String, f64),
}
samples! { F15x3;
    F15x3::A (e0: String, e1: f64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F16 { #[serde(flatten)]
a: F15 }
samples! { F16;
    F16 { a: F15 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F16x1 { #[serde(flatten)]
a: F15, #[serde(default)]
z: u8 }
samples! { F16x1;
    F16x1 { a: F15, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F16x2 { a: F15 }
samples! { F16x2;
    F16x2 { a: F15 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F16x3 { a: String }
samples! { F16x3;
    F16x3 { a: String };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F17 { #[serde(alias = "aa")]
a: Option<f64>, #[serde(skip_deserializing)]
b: Option<String> }
samples! { F17;
    F17 { a: Option<f64>, b: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F17x1 { #[serde(alias = "aa")]
a: Option<f64>, #[serde(skip_deserializing)]
b: Option<String>, z: ((), u64) }
samples! { F17x1;
    F17x1 { a: Option<f64>, b: Option<String>, z: ((), u64) };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F17x2 { #[serde(alias = "aa")]
a: Option<f64>, #[serde(skip_deserializing)]
b: Option<String>, z: ((), u64) }
samples! { F17x2;
    F17x2 { a: Option<f64>, b: Option<String>, z: ((), u64) };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F17x3 { #[serde(alias = "aa")]
a: Option<f64>, #[serde(skip_deserializing)]
b: Option<String>, #[serde(rename = "zz", default)]
z: u64 }
samples! { F17x3;
    F17x3 { a: Option<f64>, b: Option<String>, z: u64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F18 { #[serde(alias = "aa")]
a: Vec<u8>, #[serde(skip_serializing_if = "Option::is_none")]
b: Option<char>, #[serde(default, skip_serializing)]
c: i32 }
samples! { F18;
    F18 { a: Vec<u8>, b: Option<char>, c: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F18x1 { #[serde(alias = "aa")]
a: Vec<u8>, #[serde(skip_serializing_if = "Option::is_none")]
b: Option<char> }
samples! { F18x1;
    F18x1 { a: Vec<u8>, b: Option<char> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F18x2 { a: Vec<u8>, #[serde(skip_serializing_if = "Option::is_none")]
b: Option<char> }
samples! { F18x2;
    F18x2 { a: Vec<u8>, b: Option<char> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F18x3 { a: Vec<u8>, #[serde(skip_serializing_if = "Option::is_none")]
b: Option<char> }
samples! { F18x3;
    F18x3 { a: Vec<u8>, b: Option<char> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19;
samples! { F19;
    F19 ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19x1 {  }
samples! { F19x1;
    F19x1 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19x2 { #[serde(default)]
z: u8 }
samples! { F19x2;
    F19x2 { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F19x3 { z: u8 }
samples! { F19x3;
    F19x3 { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F20 {
    A,
    #[serde(alias = "BB")]
B(Value),
    #[serde(alias = "CC")]
C,
}
samples! { F20;
    F20::A ;
    F20::B (e0: Value);
    F20::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "of", content = "kind")]
pub(crate) enum F20x1 {
    A,
    #[serde(alias = "BB")]
B(Value),
    #[serde(alias = "CC")]
C,
}
samples! { F20x1;
    F20x1::A ;
    F20x1::B (e0: Value);
    F20x1::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "of", content = "kind")]
pub(crate) enum F20x2 {
    A {  },
    #[serde(alias = "BB")]
B(Value),
    #[serde(alias = "CC")]
C,
}
samples! { F20x2;
    F20x2::A {  };
    F20x2::B (e0: Value);
    F20x2::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F20x3 {
    #[serde(alias = "CC")]
C,
    #[serde(alias = "BB")]
B(Value),
    A,
}
samples! { F20x3;
    F20x3::C ;
    F20x3::B (e0: Value);
    F20x3::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21 {
    A,
    #[serde(alias = "BB")]
B,
}
samples! { F21;
    F21::A ;
    F21::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21x1 {
    A {  },
    #[serde(alias = "BB")]
B,
}
samples! { F21x1;
    F21x1::A {  };
    F21x1::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21x2 {
    A,
    #[serde(alias = "BB")]
B,
    #[serde(other)]
D,
}
samples! { F21x2;
    F21x2::A ;
    F21x2::B ;
    F21x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F21x3 {
    #[serde(alias = "DD")]
D(F5),
    A,
    #[serde(alias = "BB")]
B,
}
samples! { F21x3;
    F21x3::D (e0: F5);
    F21x3::A ;
    F21x3::B ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F22 {
    A { #[serde(alias = "aa")]
a: i128, #[serde(default)]
b: String },
}
samples! { F22;
    F22::A { a: i128, b: String };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F22x1 {
    A { #[serde(alias = "aa")]
a: i128, #[serde(default)]
b: String, z: F1 },
}
samples! { F22x1;
    F22x1::A { a: i128, b: String, z: F1 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F22x2 {
    D(BTreeMap<u8, i32>, f64),
    A { #[serde(alias = "aa")]
a: i128, #[serde(default)]
b: String },
}
samples! { F22x2;
    F22x2::D (e0: BTreeMap<u8, i32>, e1: f64);
    F22x2::A { a: i128, b: String };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F22x3 {
    A { #[serde(alias = "aa")]
a: i128, #[serde(default)]
b: String, #[serde(default)]
z: u8 },
}
samples! { F22x3;
    F22x3::A { a: i128, b: String, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F23 {
    A(Value, BTreeMap<u8, u8>),
    B { a: F15, #[serde(default)]
b: u64 },
    C { #[serde(alias = "aa")]
a: Option<[Value; 2]> },
}
samples! { F23;
    F23::A (e0: Value, e1: BTreeMap<u8, u8>);
    F23::B { a: F15, b: u64 };
    F23::C { a: Option<[Value; 2]> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F23x1 {
    D,
    A(Value, BTreeMap<u8, u8>),
    B { a: F15, #[serde(default)]
b: u64 },
    C { #[serde(alias = "aa")]
a: Option<[Value; 2]> },
}
samples! { F23x1;
    F23x1::D ;
    F23x1::A (e0: Value, e1: BTreeMap<u8, u8>);
    F23x1::B { a: F15, b: u64 };
    F23x1::C { a: Option<[Value; 2]> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F23x2 {
    D {  },
    A(Value, BTreeMap<u8, u8>),
    B { a: F15, #[serde(default)]
b: u64 },
    C { #[serde(alias = "aa")]
a: Option<[Value; 2]> },
}
samples! { F23x2;
    F23x2::D {  };
    F23x2::A (e0: Value, e1: BTreeMap<u8, u8>);
    F23x2::B { a: F15, b: u64 };
    F23x2::C { a: Option<[Value; 2]> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F23x3 {
    D {  },
    A(Value, BTreeMap<u8, u8>),
    B { a: F15 },
    C { #[serde(alias = "aa")]
a: Option<[Value; 2]> },
}
samples! { F23x3;
    F23x3::D {  };
    F23x3::A (e0: Value, e1: BTreeMap<u8, u8>);
    F23x3::B { a: F15 };
    F23x3::C { a: Option<[Value; 2]> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24 { a: Uuid }
samples! { F24;
    F24 { a: Uuid };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24x1 { #[serde(rename = "aa", default)]
a: i32 }
samples! { F24x1;
    F24x1 { a: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24x2 { a: Option<Uuid> }
samples! { F24x2;
    F24x2 { a: Option<Uuid> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) struct F24x3 { a: Colour }
samples! { F24x3;
    F24x3 { a: Colour };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F25 { a: Uuid }
samples! { F25;
    F25 { a: Uuid };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F25x1 { a: char }
samples! { F25x1;
    F25x1 { a: char };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F25x2 { #[serde(rename = "aa", default)]
a: Option<String> }
samples! { F25x2;
    F25x2 { a: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F25x3 { #[serde(rename = "aa", default)]
a: Option<String>, z: Ipv4Addr }
samples! { F25x3;
    F25x3 { a: Option<String>, z: Ipv4Addr };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F26 { #[serde(default, skip_serializing)]
a: i32 }
samples! { F26;
    F26 { a: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F26x1 { #[serde(default, skip_serializing)]
a: i32 }
samples! { F26x1;
    F26x1 { a: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F26x2 { a: i32 }
samples! { F26x2;
    F26x2 { a: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F26x3 { #[serde(rename = "aa", default)]
a: f64 }
samples! { F26x3;
    F26x3 { a: f64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F27(i32, Vec<char>, F7);
samples! { F27;
    F27 (e0: i32, e1: Vec<char>, e2: F7);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F27x1(i32, Vec<char>, Value);
samples! { F27x1;
    F27x1 (e0: i32, e1: Vec<char>, e2: Value);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F27x2(i32, Vec<char>);
samples! { F27x2;
    F27x2 (e0: i32, e1: Vec<char>);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F27x3 { a: i32, b: Vec<char>, c: F7 }
samples! { F27x3;
    F27x3 { a: i32, b: Vec<char>, c: F7 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F28 {
    #[serde(rename = "a")]
A,
}
samples! { F28;
    F28::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F28x1 {
    #[serde(rename = "a")]
A,
    #[serde(other)]
D,
}
samples! { F28x1;
    F28x1::A ;
    F28x1::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F28x2 {
    #[serde(rename = "a")]
A {  },
    #[serde(other)]
D,
}
samples! { F28x2;
    F28x2::A {  };
    F28x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F28x3 {
    #[serde(rename = "a")]
A {  },
    D,
}
samples! { F28x3;
    F28x3::A {  };
    F28x3::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29 {
    A(F10),
    #[serde(rename = "b")]
B { a: u16, b: F3, #[serde(default)]
c: Option<String> },
}
samples! { F29;
    F29::A (e0: F10);
    F29::B { a: u16, b: F3, c: Option<String> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29x1 {
    A(F10),
    #[serde(rename = "b")]
B { a: u16, b: F3, #[serde(default)]
c: Option<String> },
    #[serde(other)]
D,
}
samples! { F29x1;
    F29x1::A (e0: F10);
    F29x1::B { a: u16, b: F3, c: Option<String> };
    F29x1::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29x2 {
    A {  },
    #[serde(rename = "b")]
B { a: u16, b: F3, #[serde(default)]
c: Option<String> },
    #[serde(other)]
D,
}
samples! { F29x2;
    F29x2::A {  };
    F29x2::B { a: u16, b: F3, c: Option<String> };
    F29x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F29x3 {
    A {  },
    #[serde(rename = "b")]
B { a: u16, b: F3, #[serde(default)]
c: Option<String> },
    D,
}
samples! { F29x3;
    F29x3::A {  };
    F29x3::B { a: u16, b: F3, c: Option<String> };
    F29x3::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30 {
    A { a: Vec<F18>, #[serde(alias = "bb")]
b: Option<i64>, c: Vec<(Value, char)> },
}
samples! { F30;
    F30::A { a: Vec<F18>, b: Option<i64>, c: Vec<(Value, char)> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30x1 {
    A { a: Vec<F18>, #[serde(alias = "bb")]
b: Option<i64>, c: Vec<(Value, char)>, #[serde(default)]
z: u8 },
}
samples! { F30x1;
    F30x1::A { a: Vec<F18>, b: Option<i64>, c: Vec<(Value, char)>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30x2 {
    #[serde(rename = "AA", alias = "A")]
A { a: Vec<F18>, #[serde(alias = "bb")]
b: Option<i64>, c: Vec<(Value, char)>, #[serde(default)]
z: u8 },
}
samples! { F30x2;
    F30x2::A { a: Vec<F18>, b: Option<i64>, c: Vec<(Value, char)>, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F30x3 {
    #[serde(rename = "AA", alias = "A")]
A { a: Vec<F18>, #[serde(alias = "bb")]
b: Option<i64>, c: Vec<(Value, char)> },
}
samples! { F30x3;
    F30x3::A { a: Vec<F18>, b: Option<i64>, c: Vec<(Value, char)> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F31 {
    A { #[serde(default)]
a: Vec<u8> },
}
samples! { F31;
    F31::A { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F31x1 {
    D,
    A { #[serde(default)]
a: Vec<u8> },
}
samples! { F31x1;
    F31x1::D ;
    F31x1::A { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F31x2 {
    D {  },
    A { #[serde(default)]
a: Vec<u8> },
}
samples! { F31x2;
    F31x2::D {  };
    F31x2::A { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F31x3 {
    D { #[serde(default)]
z: u8 },
    A { #[serde(default)]
a: Vec<u8> },
}
samples! { F31x3;
    F31x3::D { z: u8 };
    F31x3::A { a: Vec<u8> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F32 { #[serde(default, skip_serializing)]
a: String, b: i8 }
samples! { F32;
    F32 { a: String, b: i8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F32x1 { #[serde(default, skip_serializing)]
a: String }
samples! { F32x1;
    F32x1 { a: String };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F32x2 { #[serde(default, skip_serializing)]
a: String, b: i8, #[serde(default)]
z: u8 }
samples! { F32x2;
    F32x2 { a: String, b: i8, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F32x3 { #[serde(default, skip_serializing)]
a: String, b: String, #[serde(default)]
z: u8 }
samples! { F32x3;
    F32x3 { a: String, b: String, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33 { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<u8>, b: [bool; 2], c: [i8; 2] }
samples! { F33;
    F33 { a: Option<u8>, b: [bool; 2], c: [i8; 2] };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33x1 { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<u8>, b: [bool; 2], c: Value }
samples! { F33x1;
    F33x1 { a: Option<u8>, b: [bool; 2], c: Value };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33x2 { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<u8>, b: [bool; 2] }
samples! { F33x2;
    F33x2 { a: Option<u8>, b: [bool; 2] };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F33x3 { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<u8>, b: [bool; 2], c: Option<[i8; 2]> }
samples! { F33x3;
    F33x3 { a: Option<u8>, b: [bool; 2], c: Option<[i8; 2]> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F34 { #[serde(default)]
a: u16 }
samples! { F34;
    F34 { a: u16 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F34x1 { #[serde(default)]
a: u16, #[serde(default)]
z: u8 }
samples! { F34x1;
    F34x1 { a: u16, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F34x2 { #[serde(default)]
a: u16, #[serde(default)]
z: u8 }
samples! { F34x2;
    F34x2 { a: u16, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F34x3 { #[serde(default)]
a: u16, z: u8 }
samples! { F34x3;
    F34x3 { a: u16, z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35(Box<f64>, [Value; 2], i32);
samples! { F35;
    F35 (e0: Box<f64>, e1: [Value; 2], e2: i32);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35x1 { a: Box<f64>, b: [Value; 2], c: i32 }
samples! { F35x1;
    F35x1 { a: Box<f64>, b: [Value; 2], c: i32 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35x2(Box<f64>, [Value; 2], f64);
samples! { F35x2;
    F35x2 (e0: Box<f64>, e1: [Value; 2], e2: f64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F35x3(Box<f64>, [Value; 2], i32, i32);
samples! { F35x3;
    F35x3 (e0: Box<f64>, e1: [Value; 2], e2: i32, e9: i32);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F36 {
    #[serde(alias = "AA")]
A,
    B { a: Box<Option<u64>> },
    C,
}
samples! { F36;
    F36::A ;
    F36::B { a: Box<Option<u64>> };
    F36::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F36x1 {
    #[serde(alias = "AA")]
A,
    B { a: Box<Option<u64>> },
    C,
}
samples! { F36x1;
    F36x1::A ;
    F36x1::B { a: Box<Option<u64>> };
    F36x1::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F36x2 {
    #[serde(alias = "AA")]
A,
    B { a: Box<Option<u64>> },
    C {  },
}
samples! { F36x2;
    F36x2::A ;
    F36x2::B { a: Box<Option<u64>> };
    F36x2::C {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F36x3 {
    #[serde(alias = "AA")]
A,
    B { a: Box<Option<u64>> },
    C { #[serde(default)]
z: u8 },
}
samples! { F36x3;
    F36x3::A ;
    F36x3::B { a: Box<Option<u64>> };
    F36x3::C { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37 {
    A { #[serde(skip_serializing_if = "Option::is_none")]
a: Option<bool>, #[serde(default)]
b: Option<String> },
    B(F21),
}
samples! { F37;
    F37::A { a: Option<bool>, b: Option<String> };
    F37::B (e0: F21);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37x1 {
    B(F21),
}
samples! { F37x1;
    F37x1::B (e0: F21);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37x2 {
    B(F21),
    #[serde(other)]
D,
}
samples! { F37x2;
    F37x2::B (e0: F21);
    F37x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F37x3 {
    B(F21),
    D,
}
samples! { F37x3;
    F37x3::B (e0: F21);
    F37x3::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38 {
    A,
    #[serde(alias = "BB")]
B(i32, F12),
}
samples! { F38;
    F38::A ;
    F38::B (e0: i32, e1: F12);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38x1 {
    A,
    #[serde(untagged)]
B(i32, F12),
}
samples! { F38x1;
    F38x1::A ;
    F38x1::B (e0: i32, e1: F12);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38x2 {
    A {  },
    #[serde(alias = "BB")]
B(i32, F12),
}
samples! { F38x2;
    F38x2::A {  };
    F38x2::B (e0: i32, e1: F12);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind", content = "of")]
pub(crate) enum F38x3 {
    A,
}
samples! { F38x3;
    F38x3::A ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F39 {
    A,
    B,
    C,
}
samples! { F39;
    F39::A ;
    F39::B ;
    F39::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F39x1 {
    A,
    B,
    C {  },
}
samples! { F39x1;
    F39x1::A ;
    F39x1::B ;
    F39x1::C {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F39x2 {
    A,
    B,
    C { #[serde(default)]
z: u8 },
}
samples! { F39x2;
    F39x2::A ;
    F39x2::B ;
    F39x2::C { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(untagged)]
pub(crate) enum F39x3 {
    A,
    C,
}
samples! { F39x3;
    F39x3::A ;
    F39x3::C ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F40 { a: BTreeMap<u8, (u128, String)> }
samples! { F40;
    F40 { a: BTreeMap<u8, (u128, String)> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F40x1 { #[serde(rename = "aa", default)]
a: u8 }
samples! { F40x1;
    F40x1 { a: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F40x2 { #[serde(rename = "aa", default)]
a: u8 }
samples! { F40x2;
    F40x2 { a: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F40x3 {  }
samples! { F40x3;
    F40x3 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41 { #[serde(flatten)]
a: F23 }
samples! { F41;
    F41 { a: F23 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41x1 {  }
samples! { F41x1;
    F41x1 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41x2 { a: F23 }
samples! { F41x2;
    F41x2 { a: F23 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F41x3 { #[serde(rename = "aa", alias = "a")]
a: F23 }
samples! { F41x3;
    F41x3 { a: F23 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F42 { #[serde(alias = "aa")]
a: Box<((), u16)> }
samples! { F42;
    F42 { a: Box<((), u16)> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F42x1 {  }
samples! { F42x1;
    F42x1 {  };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F42x2 { #[serde(default)]
z: u8 }
samples! { F42x2;
    F42x2 { z: u8 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct F42x3 { a: Box<((), u16)> }
samples! { F42x3;
    F42x3 { a: Box<((), u16)> };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43(F41, u128);
samples! { F43;
    F43 (e0: F41, e1: u128);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43x1(F41);
samples! { F43x1;
    F43x1 (e0: F41);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43x2(F41, u64);
samples! { F43x2;
    F43x2 (e0: F41, e1: u64);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) struct F43x3(F41, u64, i8);
samples! { F43x3;
    F43x3 (e0: F41, e1: u64, e9: i8);
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44 {
    #[serde(rename = "a")]
A(bool),
    B(F29, i32),
    C { #[serde(skip_deserializing)]
a: u8, #[serde(default)]
b: f64 },
}
samples! { F44;
    F44::A (e0: bool);
    F44::B (e0: F29, e1: i32);
    F44::C { a: u8, b: f64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44x1 {
    D,
    #[serde(rename = "a")]
A(bool),
    B(F29, i32),
    C { #[serde(skip_deserializing)]
a: u8, #[serde(default)]
b: f64 },
}
samples! { F44x1;
    F44x1::D ;
    F44x1::A (e0: bool);
    F44x1::B (e0: F29, e1: i32);
    F44x1::C { a: u8, b: f64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44x2 {
    D {  },
    #[serde(rename = "a")]
A(bool),
    B(F29, i32),
    C { #[serde(skip_deserializing)]
a: u8, #[serde(default)]
b: f64 },
}
samples! { F44x2;
    F44x2::D {  };
    F44x2::A (e0: bool);
    F44x2::B (e0: F29, e1: i32);
    F44x2::C { a: u8, b: f64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub(crate) enum F44x3 {
    D {  },
    #[serde(rename = "a")]
A(bool),
    B(F29, u8),
    C { #[serde(skip_deserializing)]
a: u8, #[serde(default)]
b: f64 },
}
samples! { F44x3;
    F44x3::D {  };
    F44x3::A (e0: bool);
    F44x3::B (e0: F29, e1: u8);
    F44x3::C { a: u8, b: f64 };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45 {
    A { a: Uuid },
    B { a: i8, b: Ipv4Addr },
}
samples! { F45;
    F45::A { a: Uuid };
    F45::B { a: i8, b: Ipv4Addr };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45x1 {
    A { #[serde(rename = "aa", alias = "a")]
a: Uuid },
    B { a: i8, b: Ipv4Addr },
}
samples! { F45x1;
    F45x1::A { a: Uuid };
    F45x1::B { a: i8, b: Ipv4Addr };
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45x2 {
    A { #[serde(rename = "aa", alias = "a")]
a: Uuid },
    B { a: i8, b: Ipv4Addr },
    #[serde(other)]
D,
}
samples! { F45x2;
    F45x2::A { a: Uuid };
    F45x2::B { a: i8, b: Ipv4Addr };
    F45x2::D ;
}

#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
#[serde(tag = "kind")]
pub(crate) enum F45x3 {
    B { a: i8, b: Ipv4Addr },
}
samples! { F45x3;
    F45x3::B { a: i8, b: Ipv4Addr };
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
