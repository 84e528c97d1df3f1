//! The structure of types as serde writes them.

use proc_macro2::TokenStream;
use quote::quote;
use serde_derive_internals::ast::{Container, Variant};
use syn::{DeriveInput, Path};

/// `impl Schema` for a type.
pub(crate) fn expand(input: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics #krate::Schema for #ident #arguments #bounds {
            fn shape() -> #krate::schema::Shape {
                #krate::schema::Shape::Any
            }
        }
    }
}

/// An expression: the shape of what serde writes for this variant's content.
pub(crate) fn variant_shape(_: &Variant<'_>, _: &Container<'_>, krate: &Path) -> TokenStream {
    quote!(#krate::schema::Shape::Any)
}
