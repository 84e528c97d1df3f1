//! The path of the crate in generated code: `::eventsource`, or the one in `#[eventsource(crate = "path")]`.

use darling::FromDeriveInput;
use syn::{DeriveInput, LitStr, Meta, Path, parse_quote};

use crate::{
    attributes::{malformed, text},
    errors::{Errors, located},
};

#[derive(Default, FromDeriveInput)]
#[darling(attributes(eventsource), default)]
struct Options {
    #[darling(rename = "crate", with = read_path)]
    krate: Option<Path>,
}

pub(crate) fn path_of(input: &DeriveInput, errors: &Errors) -> Path {
    let options = errors.darling(Options::from_derive_input(input), "`#[eventsource(…)]` takes `crate`");
    options.and_then(|options| options.krate).unwrap_or_else(|| parse_quote!(::eventsource))
}

fn read_path(meta: &Meta) -> darling::Result<Option<Path>> {
    let form = "crate = \"path::to::eventsource\"";
    let written = text(meta, form)?;
    // The path occurs in generated code: with the span of a user's token it would be linted like the user's code.
    let path = LitStr::new(&written.value(), located(&written));
    path.parse().map(Some).map_err(|_| malformed(meta, form))
}
