//! Requirements of generated code on the user's types, as traits of our own: the compiler reports an unmet bound of
//! serde's with a list of all types that implement it, and without a hint at the fix.

use std::error::Error;

use serde::{Serialize, de::DeserializeOwned};

use crate::Schema;

/// A type that can be written as JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as JSON",
    label = "`Serialize` is missing",
    note = "write `#[derive(Serialize)]` on `{Self}`"
)]
pub trait Write: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Write for T {}

/// A type that can be read from JSON, and owns its data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from JSON",
    label = "`Deserialize` is missing",
    note = "write `#[derive(Deserialize)]` on `{Self}`; it must own its data"
)]
pub trait Read: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Read for T {}

/// A state that can be compared with the state that a snapshot of it is read as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has snapshots, but two of its states cannot be compared",
    label = "`PartialEq` is missing",
    note = "write `#[derive(PartialEq)]` on `{Self}`: a snapshot is only written if the state that is read from it is \
            equal to the state that was written"
)]
pub trait Comparable: PartialEq {}

#[diagnostic::do_not_recommend]
impl<T: PartialEq> Comparable for T {}

/// What an upcaster function may return.
#[diagnostic::on_unimplemented(
    message = "an upcaster function returns any number of `{E}`s, not `{Self}`",
    label = "the function returns `{Self}`",
    note = "return a `Vec<{E}>`, an `Option<{E}>` or an array"
)]
pub trait Events<E> {
    /// The events, in order.
    fn into_vec(self) -> Vec<E>;
}

#[diagnostic::do_not_recommend]
impl<E, I: IntoIterator<Item = E>> Events<E> for I {
    fn into_vec(self) -> Vec<E> {
        self.into_iter().collect()
    }
}

/// What a downcast function may return.
#[diagnostic::on_unimplemented(
    message = "a downcast function returns the payload of the version that is written, not `{Self}`",
    label = "the function returns `{Self}`",
    note = "return `{Old}`, or a `Result<{Old}, …>` with an error for an event that this version cannot express"
)]
pub trait Downcast<Old> {
    /// The payload, or why there is none.
    fn into_result(self) -> Result<Old, Box<dyn Error + Send + Sync>>;
}

#[diagnostic::do_not_recommend]
impl<Old> Downcast<Old> for Old {
    fn into_result(self) -> Result<Old, Box<dyn Error + Send + Sync>> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<Old, E: Into<Box<dyn Error + Send + Sync>>> Downcast<Old> for Result<Old, E> {
    fn into_result(self) -> Result<Old, Box<dyn Error + Send + Sync>> {
        self.map_err(Into::into)
    }
}

/// The type of a field that is a column.
#[diagnostic::on_unimplemented(
    message = "the column type of `{Self}` is unknown",
    label = "`Schema` is missing",
    note = "write `#[derive(Schema)]` on `{Self}`, or name the column's type with `#[read_model(sql = \"…\")]` on the field"
)]
pub trait InColumn: Schema {}

#[diagnostic::do_not_recommend]
impl<T: Schema> InColumn for T {}
