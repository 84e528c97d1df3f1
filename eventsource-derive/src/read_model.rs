//! `#[derive(ReadModel)]`.

mod check;
mod expand;
mod options;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, Type};

pub(crate) use self::check::is_option;
use self::options::{FieldOptions, Options};
use crate::{errors::Errors, krate, serde_attributes};

/// A struct whose values are rows.
struct Row<'a> {
    input: &'a DeriveInput,
    options: Options,
    columns: Vec<Column<'a>>,
}

/// A field.
struct Column<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    /// `None` if they have errors.
    options: Option<FieldOptions>,
    /// The serde name of the field; the field's own name if serde refuses the struct.
    name: String,
}

impl Column<'_> {
    fn is_key(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.key.is_some())
    }
}

impl Row<'_> {
    fn keys(&self) -> impl Iterator<Item = &Column<'_>> {
        self.columns.iter().filter(|column| column.is_key())
    }
}

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let options = Options::on_type(input, &errors);
    let saved = options.is_some();
    let mut row = Row { input, options: options.unwrap_or_default(), columns: columns(input, &errors) };
    check::parameters(input, &errors);
    if saved {
        check::options(&row, &errors);
    }
    if !row.columns.is_empty()
        && let Some(container) = serde_attributes::container(input, &errors)
    {
        check::container(&container, &errors);
        if let serde_derive_internals::ast::Data::Struct(_, fields) = &container.data {
            for (column, field) in row.columns.iter_mut().zip(fields) {
                column.name.clone_from(&field.attrs.name().serialize_name().value);
                check::field(column, field, &errors);
            }
            check::names(fields, &errors);
        }
    }
    check::key(&row, &errors);
    match errors.into_tokens() {
        None => expand::impls(&row, &krate),
        errors => {
            let fallback = expand::fallback(&row, &krate);
            quote!(#errors #fallback)
        }
    }
}

/// The named fields; reports a type that has none.
fn columns<'a>(input: &'a DeriveInput, errors: &Errors) -> Vec<Column<'a>> {
    let ident = &input.ident;
    let form = format!("write `struct {ident} {{ #[read_model(key)] id: String, … }}`");
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(_) => {
            let message = format!(
                "`{ident}` is an enum, but all rows of a table have the same columns: {form}, with the enum as \
                 the type of a field if there are several cases"
            );
            errors.at(ident, message);
            return Vec::new();
        }
        Data::Union(_) => {
            errors.at(ident, format!("`{ident}` is a union, which is no row: {form}"));
            return Vec::new();
        }
    };
    match fields {
        Fields::Named(fields) if !fields.named.is_empty() => {
            let column = |field: &'a syn::Field| {
                let ident = field.ident.as_ref()?;
                let name = syn::ext::IdentExt::unraw(ident).to_string();
                Some(Column { ident, ty: &field.ty, options: FieldOptions::on(field, errors), name })
            };
            fields.named.iter().filter_map(column).collect()
        }
        Fields::Unnamed(_) => {
            errors.at(ident, format!("the fields of `{ident}` have no names, but columns have: {form}"));
            Vec::new()
        }
        Fields::Named(_) | Fields::Unit => {
            errors.at(ident, format!("`{ident}` has no fields, and so no columns: {form}"));
            Vec::new()
        }
    }
}
