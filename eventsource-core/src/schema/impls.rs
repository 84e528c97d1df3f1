//! The forms of types in events that the user does not define, as serde writes them.

mod foreign;
mod std_types;

use super::Form;

/// Types whose form refers to no other type.
macro_rules! plain {
    ($($ty:ty => $form:expr,)*) => {$(
        impl Schema for $ty {
            fn describe(_: &mut Definitions) -> Form {
                $form
            }
        }
    )*};
}

/// Types that are written like another type.
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

/// A text in a format that readers of other formats refuse.
const fn formatted(name: &'static str) -> Form {
    Form::Formatted(std::borrow::Cow::Borrowed(name))
}
