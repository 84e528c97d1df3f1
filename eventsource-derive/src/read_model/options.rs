//! `#[read_model(…)]`.

use darling::{FromDeriveInput, FromField};
use syn::{DeriveInput, Field, Lit, LitStr, Meta};

use crate::{
    attributes::{boolean, malformed, number, text},
    errors::Errors,
};

#[derive(Default, FromDeriveInput)]
#[darling(attributes(read_model), default)]
pub(super) struct Options {
    #[darling(with = read_table)]
    pub(super) table: Option<LitStr>,
    #[darling(with = read_version)]
    pub(super) version: Option<(u32, Lit)>,
    #[darling(with = read_partitions)]
    pub(super) partitions: Option<(u32, Lit)>,
    #[darling(with = read_setup)]
    pub(super) setup: Option<bool>,
}

#[derive(Default, FromField)]
#[darling(attributes(read_model), default)]
pub(super) struct FieldOptions {
    #[darling(with = read_key)]
    pub(super) key: Option<Meta>,
    #[darling(with = read_sql)]
    pub(super) sql: Option<LitStr>,
}

const ON_STRUCT: &str = "`#[read_model(…)]` on the struct takes `table`, `version`, `partitions` and `setup`; `key` and `sql` belong \
     on a field";
const ON_FIELD: &str = "`#[read_model(…)]` on a field takes `key` and `sql`";

impl Options {
    pub(super) fn on_type(input: &DeriveInput, errors: &Errors) -> Option<Self> {
        errors.darling(Self::from_derive_input(input), ON_STRUCT)
    }
}

impl FieldOptions {
    pub(super) fn on(field: &Field, errors: &Errors) -> Option<Self> {
        errors.darling(Self::from_field(field), ON_FIELD)
    }
}

fn read_table(meta: &Meta) -> darling::Result<Option<LitStr>> {
    text(meta, "table = \"account_balances\"").map(Some)
}

fn read_version(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "version = 1").map(Some)
}

fn read_partitions(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "partitions = 4").map(Some)
}

fn read_setup(meta: &Meta) -> darling::Result<Option<bool>> {
    boolean(meta, "setup = false").map(Some)
}

fn read_key(meta: &Meta) -> darling::Result<Option<Meta>> {
    match meta {
        Meta::Path(_) => Ok(Some(meta.clone())),
        _ => Err(malformed(meta, "#[read_model(key)]")),
    }
}

fn read_sql(meta: &Meta) -> darling::Result<Option<LitStr>> {
    text(meta, "sql = \"numeric(12,2)\"").map(Some)
}
