//! The standard library.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque},
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{Arc, Mutex, RwLock},
    time::{Duration, SystemTime},
};

use super::{formatted, plain, written_as};
use crate::schema::{Definitions, Enum, Field, Float, Form, Int, Object, Schema, Tag, Variant};

macro_rules! ints {
    ($($signed:literal: $($ty:ty, $nonzero:ty, $bits:literal;)*)*) => {$($(
        plain! {
            $ty => Form::Int(Int { signed: $signed, bits: $bits, nonzero: false }),
            $nonzero => Form::Int(Int { signed: $signed, bits: $bits, nonzero: true }),
        }
    )*)*};
}

ints! {
    false:
    u8, num::NonZeroU8, 8;
    u16, num::NonZeroU16, 16;
    u32, num::NonZeroU32, 32;
    u64, num::NonZeroU64, 64;
    u128, num::NonZeroU128, 128;
    usize, num::NonZeroUsize, 64;
    true:
    i8, num::NonZeroI8, 8;
    i16, num::NonZeroI16, 16;
    i32, num::NonZeroI32, 32;
    i64, num::NonZeroI64, 64;
    i128, num::NonZeroI128, 128;
    isize, num::NonZeroIsize, 64;
}

plain! {
    () => Form::Null,
    bool => Form::Bool,
    f32 => Form::Float(Float::F32),
    f64 => Form::Float(Float::F64),
    char => Form::Char,
    str => Form::Text,
    String => Form::Text,
    Path => Form::Text,
    PathBuf => Form::Text,
    IpAddr => formatted("ip"),
    Ipv4Addr => formatted("ipv4"),
    Ipv6Addr => formatted("ipv6"),
    SocketAddr => formatted("socket address"),
    SocketAddrV4 => formatted("ipv4 socket address"),
    SocketAddrV6 => formatted("ipv6 socket address"),
}

written_as! {
    {T: Schema + ?Sized} &T => T,
    {T: Schema + ?Sized} Box<T> => T,
    {T: Schema + ?Sized} Rc<T> => T,
    {T: Schema + ?Sized} Arc<T> => T,
    {T: Schema + ?Sized + ToOwned} Cow<'_, T> => T,
    {T: Schema} Cell<T> => T,
    {T: Schema} RefCell<T> => T,
    {T: Schema} Mutex<T> => T,
    {T: Schema} RwLock<T> => T,
    {T: Schema} Reverse<T> => T,
    {T: Schema} num::Saturating<T> => T,
    {T: Schema} num::Wrapping<T> => T,
    {T: ?Sized} PhantomData<T> => (),
    {T: Schema} Vec<T> => [T],
    {T: Schema} VecDeque<T> => [T],
    {T: Schema} LinkedList<T> => [T],
    {T: Schema} BinaryHeap<T> => [T],
}

impl<T: Schema> Schema for [T] {
    fn describe(types: &mut Definitions) -> Form {
        Form::List(Box::new(T::describe(types)))
    }
}

impl<T: Schema, const N: usize> Schema for [T; N] {
    fn describe(types: &mut Definitions) -> Form {
        Form::Array(Box::new(T::describe(types)), N)
    }
}

impl<T: Schema> Schema for Option<T> {
    fn describe(types: &mut Definitions) -> Form {
        Form::Option(Box::new(T::describe(types)))
    }
}

impl<T: Schema> Schema for BTreeSet<T> {
    fn describe(types: &mut Definitions) -> Form {
        Form::Set(Box::new(T::describe(types)))
    }
}

impl<T: Schema, S> Schema for HashSet<T, S> {
    fn describe(types: &mut Definitions) -> Form {
        Form::Set(Box::new(T::describe(types)))
    }
}

impl<K: Schema, V: Schema> Schema for BTreeMap<K, V> {
    fn describe(types: &mut Definitions) -> Form {
        Form::Map(Box::new(K::describe(types)), Box::new(V::describe(types)))
    }
}

impl<K: Schema, V: Schema, S> Schema for HashMap<K, V, S> {
    fn describe(types: &mut Definitions) -> Form {
        Form::Map(Box::new(K::describe(types)), Box::new(V::describe(types)))
    }
}

impl<T: Schema, E: Schema> Schema for Result<T, E> {
    fn describe(types: &mut Definitions) -> Form {
        types.define::<Self>("Result", "std", |types| {
            let result = Enum::new(Tag::External)
                .variant(Variant::new("Ok", Some(T::describe(types))))
                .variant(Variant::new("Err", Some(E::describe(types))));
            Form::Enum(result)
        })
    }
}

impl Schema for Duration {
    fn describe(types: &mut Definitions) -> Form {
        seconds::<Self>(types, "Duration", ["secs", "nanos"])
    }
}

impl Schema for SystemTime {
    fn describe(types: &mut Definitions) -> Form {
        seconds::<Self>(types, "SystemTime", ["secs_since_epoch", "nanos_since_epoch"])
    }
}

fn seconds<T: 'static>(types: &mut Definitions, name: &str, [secs, nanos]: [&str; 2]) -> Form {
    types.define::<T>(name, "std", |types| {
        let object = Object::new()
            .field(Field::new(secs, u64::describe(types)))
            .field(Field::new(nanos, u32::describe(types)))
            .closed();
        Form::Object(object)
    })
}

macro_rules! tuples {
    ($($($item:ident)+;)*) => {$(
        impl<$($item: Schema),+> Schema for ($($item,)+) {
            fn describe(types: &mut Definitions) -> Form {
                Form::tuple(vec![$($item::describe(types)),+])
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}
