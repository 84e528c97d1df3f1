//! The parameters of a type, for an impl.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, WhereClause};

/// `impl<Parameters> Trait for Type<Arguments> where …`.
pub(crate) struct Split<'a> {
    pub(crate) parameters: TokenStream,
    pub(crate) arguments: TokenStream,
    pub(crate) bounds: Option<&'a WhereClause>,
}

/// Like `split_for_impl`, with `'static` for each lifetime, as the traits require. A lifetime is reported as an
/// error, and the impl is then a placeholder without further errors.
pub(crate) fn split(generics: &Generics) -> Split<'_> {
    let mut owned = generics.clone();
    let is_no_lifetime = |parameter: &GenericParam| !matches!(parameter, GenericParam::Lifetime(_));
    owned.params = generics.params.iter().filter(|parameter| is_no_lifetime(parameter)).cloned().collect();
    let arguments = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(parameter) => parameter.ident.to_token_stream(),
        GenericParam::Const(parameter) => parameter.ident.to_token_stream(),
    });
    let arguments = (!generics.params.is_empty()).then(|| quote!(<#(#arguments),*>));
    let parameters = owned.split_for_impl().0.to_token_stream();
    Split { parameters, arguments: arguments.into_token_stream(), bounds: generics.where_clause.as_ref() }
}
