//! The generated impl.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;

use super::{Column, Row, check::is_option};
use crate::errors::{located, relocated};

pub(super) fn impls(row: &Row<'_>, krate: &Path) -> TokenStream {
    let ident = &row.input.ident;
    let (key, head, table) = (key(row), head(row), table(row));
    let columns = row.columns.iter().map(|field| column(field, krate));
    let owned_by_application = row.options.setup == Some(false);
    let clones = row.keys().map(|Column { ident, ty, .. }| {
        let ident = relocated(ident, ty);
        quote_spanned!(located(ty)=> ::core::clone::Clone::clone(&self.#ident))
    });
    let row_key = match row.keys().count() {
        1 => quote!(#(#clones)*),
        _ => quote!((#(#clones),*)),
    };
    quote! {
        #[automatically_derived]
        impl #krate::ReadModel for #ident {
            type Key = #key;

            #head

            fn table() -> #krate::store::ReadModelTable {
                #krate::store::ReadModelTable {
                    name: ::std::string::String::from(#table),
                    columns: ::std::vec::Vec::from([#(#columns),*]),
                    owned_by_application: #owned_by_application,
                }
            }

            fn row_key(&self) -> Self::Key {
                #row_key
            }
        }
    }
}

/// A placeholder impl for a struct with errors, so that its uses cause no further errors.
pub(super) fn fallback(row: &Row<'_>, krate: &Path) -> TokenStream {
    let ident = &row.input.ident;
    // Serde has no derive for a union, and the impl requires its traits.
    if !row.input.generics.params.is_empty() || matches!(row.input.data, syn::Data::Union(_)) {
        return TokenStream::new();
    }
    let (key, head) = (key(row), head(row));
    quote! {
        #[automatically_derived]
        impl #krate::ReadModel for #ident {
            type Key = #key;

            #head

            fn table() -> #krate::store::ReadModelTable {
                ::core::unreachable!()
            }

            fn row_key(&self) -> Self::Key {
                ::core::unreachable!()
            }
        }
    }
}

fn key(row: &Row<'_>) -> TokenStream {
    let types: Vec<_> = row.keys().map(|column| column.ty).collect();
    match types.as_slice() {
        [] => quote!(::std::string::String),
        [ty] => quote!(#ty),
        types => quote!((#(#types),*)),
    }
}

fn table(row: &Row<'_>) -> String {
    row.options.table.as_ref().map(syn::LitStr::value).unwrap_or_default()
}

fn head(row: &Row<'_>) -> TokenStream {
    let table = table(row);
    let version = row.options.version.as_ref().map_or(1, |(number, _)| *number);
    let partitions = row.options.partitions.as_ref().map_or(1, |(number, _)| *number);
    quote! {
        const TABLE: &'static ::core::primitive::str = #table;
        const VERSION: ::core::primitive::u32 = #version;
        const PARTITIONS: ::core::primitive::u32 = #partitions;
    }
}

fn column(column: &Column<'_>, krate: &Path) -> TokenStream {
    let (name, ty, key) = (&column.name, column.ty, column.is_key());
    let sql = column.options.as_ref().and_then(|options| options.sql.as_ref());
    match sql {
        Some(sql) => {
            let (sql, nullable) = (sql.value(), is_option(ty));
            quote!(#krate::__private::native_column(#name, #sql, #nullable, #key))
        }
        None => {
            let krate = relocated(krate, ty);
            quote_spanned!(located(ty)=> #krate::__private::column::<#ty>(#name, #key))
        }
    }
}
