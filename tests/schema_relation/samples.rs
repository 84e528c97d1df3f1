//! Values of every type of the corpus, edges included.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU8,
};

use serde_json::{Value, json};
use uuid::Uuid;

use super::prelude::Colour;

/// A type with values to try.
pub(crate) trait Samples: Clone {
    /// Several values; the first is an ordinary one.
    fn samples() -> Vec<Self>;

    /// Keys of a map: names of fields and variants as well.
    fn keys() -> Vec<Self> {
        Self::samples()
    }
}

macro_rules! values {
    ($($ty:ty: $($value:expr),+;)*) => {$(
        impl Samples for $ty {
            fn samples() -> Vec<Self> {
                vec![$($value),+]
            }
        }
    )*};
}

values! {
    (): ();
    bool: true, false;
    u8: 7, 0, u8::MAX;
    u16: 300, 0, u16::MAX;
    u64: 70_000, 0, u64::MAX, (1 << 53) + 1;
    u128: 5, 0, u128::MAX;
    i8: -3, i8::MIN, i8::MAX, 0;
    i32: -70_000, i32::MIN, i32::MAX, 0;
    i64: -5_000_000_000, i64::MIN, i64::MAX, 0;
    i128: -9, i128::MIN, i128::MAX, 0;
    f32: 0.5, -0.1, 1e30;
    f64: 0.25, 0.123_456_789_012_3, 1e300;
    NonZeroU8: NonZeroU8::MAX, NonZeroU8::MIN;
    Uuid: Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0);
    Ipv4Addr: Ipv4Addr::LOCALHOST;
    IpAddr: IpAddr::from([127, 0, 0, 1]), IpAddr::from([1, 2, 3, 4, 5, 6, 7, 8]);
    Colour: Colour::Red, Colour::X, Colour::True;
    Value: json!({"k": 1, "a": "text"}), Value::Null, json!(true), json!(12), json!(0.5), json!("text"),
        json!([1, "a"]), json!({});
}

const NAMES: &[&str] =
    &["a", "b", "c", "d", "Z", "aa", "bb", "cc", "a_in", "A", "B", "C", "D", "AA", "kind", "of", "z"];

impl Samples for String {
    fn samples() -> Vec<Self> {
        ["alpha", "", "x", "with \"quotes\" and \u{0} and ü"].map(Self::from).to_vec()
    }

    fn keys() -> Vec<Self> {
        Self::samples().into_iter().chain(NAMES.iter().map(|&name| name.to_owned())).collect()
    }
}

impl Samples for char {
    fn samples() -> Vec<Self> {
        vec!['x', 'ü', '\u{1F600}']
    }

    fn keys() -> Vec<Self> {
        NAMES
            .iter()
            .filter(|name| name.len() == 1)
            .flat_map(|name| name.chars())
            .chain(Self::samples())
            .collect()
    }
}

impl<T: Samples> Samples for Option<T> {
    fn samples() -> Vec<Self> {
        T::samples().into_iter().map(Some).chain([None]).collect()
    }
}

impl<T: Samples> Samples for Box<T> {
    fn samples() -> Vec<Self> {
        T::samples().into_iter().map(Box::new).collect()
    }
}

impl<T: Samples> Samples for Vec<T> {
    fn samples() -> Vec<Self> {
        let all = T::samples();
        let each = all.iter().map(|one| vec![one.clone()]);
        let twice = all.iter().map(|one| vec![one.clone(), one.clone()]);
        let more: Vec<Self> = each.chain(twice).collect();
        [all, Vec::new()].into_iter().chain(more).collect()
    }
}

impl<T: Samples + Ord> Samples for BTreeSet<T> {
    fn samples() -> Vec<Self> {
        let all = T::samples();
        let each: Vec<Self> = all.iter().map(|one| Self::from([one.clone()])).collect();
        [all.into_iter().collect(), Self::new()].into_iter().chain(each).collect()
    }
}

impl<K: Samples + Ord, V: Samples> Samples for BTreeMap<K, V> {
    fn samples() -> Vec<Self> {
        let (keys, values) = (K::keys(), V::samples());
        let one = |key: &K, value: &V| Self::from([(key.clone(), value.clone())]);
        let ordinary = one(&keys[0], &values[0]);
        let ones = keys.iter().flat_map(|key| values.iter().map(move |value| one(key, value)));
        let full = values.iter().map(|value| keys.iter().map(|key| (key.clone(), value.clone())).collect());
        // A map that is flattened next to fields of these names is written without the larger ones.
        let pair = |key: &K| [key, &keys[keys.len() - 1]].map(|key| (key.clone(), values[0].clone())).into();
        let pairs: Vec<Self> = keys.iter().map(pair).collect();
        let mixed = keys.iter().cloned().zip(values.iter().cycle().cloned()).collect();
        [ordinary, mixed, Self::new()].into_iter().chain(ones).chain(pairs).chain(full).collect()
    }
}

impl<T: Samples> Samples for [T; 2] {
    fn samples() -> Vec<Self> {
        let all = T::samples();
        let mut next = all.iter().cycle().skip(1);
        let different = all.iter().map(|one| [one.clone(), next.next().expect("a cycle").clone()]);
        let same = all.iter().map(|one| [one.clone(), one.clone()]);
        different.chain(same).collect()
    }
}

impl<A: Samples, B: Samples> Samples for (A, B) {
    fn samples() -> Vec<Self> {
        let (a, b) = (A::samples(), B::samples());
        rows(&[a.len(), b.len()]).into_iter().map(|row| (a[row[0]].clone(), b[row[1]].clone())).collect()
    }
}

/// The choice of samples for each value: all parts change together, and each part changes alone.
pub(crate) fn rows(lengths: &[usize]) -> Vec<Vec<usize>> {
    let longest = lengths.iter().copied().max().unwrap_or(1);
    let together = (0..longest).map(|row| lengths.iter().map(|length| row % length).collect());
    let alone = lengths.iter().enumerate().flat_map(|(part, length)| {
        (0..*length)
            .map(move |row| (0..lengths.len()).map(|other| if other == part { row } else { 0 }).collect())
    });
    together.chain(alone).collect()
}

/// `Samples` for a type, from the samples of its parts.
macro_rules! samples {
    ($ty:ident; $($path:ident $(:: $variant:ident)? $(($($element:ident: $element_ty:ty),*))? $({ $($field:ident: $field_ty:ty),* })?;)*) => {
        impl Samples for $ty {
            fn samples() -> Vec<Self> {
                let mut all = Vec::new();
                $(
                    $($(let $element = <$element_ty as Samples>::samples();)*)?
                    $($(let $field = <$field_ty as Samples>::samples();)*)?
                    for row in rows(&[$($($element.len()),*)? $($($field.len()),*)?]) {
                        let mut row = row.into_iter();
                        let mut next = || row.next().unwrap_or_default();
                        let _ = &mut next;
                        all.push($path $(:: $variant)? $(($($element[next()].clone()),*))? $({ $($field: $field[next()].clone()),* })?);
                    }
                )*
                all
            }
        }
    };
}

pub(crate) use samples;
