//! The forms of the types that events are made of and that are not the user's, as serde writes them.

mod foreign;
mod std_types;

use super::Form;

/// Types with a form that refers to no other.
macro_rules! plain {
    ($($ty:ty => $form:expr,)*) => {$(
        impl Schema for $ty {
            fn describe(_: &mut Definitions) -> Form {
                $form
            }
        }
    )*};
}

/// Types that are written as another one.
macro_rules! written_as {
    ($($({$($generics:tt)*})? $ty:ty => $other:ty,)*) => {$(
        impl $(<$($generics)*>)? Schema for $ty {
            fn describe(types: &mut Definitions) -> Form {
                <$other as Schema>::describe(types)
            }
        }
    )*};
}

use {plain, written_as};

/// A text in a format that no other format's reader reads.
const fn formatted(name: &'static str) -> Form {
    Form::Formatted(std::borrow::Cow::Borrowed(name))
}
