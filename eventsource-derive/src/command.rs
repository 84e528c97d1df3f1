//! `#[derive(Command)]`.

use darling::{FromDeriveInput, FromField, util::Flag};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Data, DeriveInput, Index, Member, Meta, Path, Type, parse_quote, spanned::Spanned};

use crate::{
    attributes::{ty, types_as_lists},
    errors::Errors,
    krate,
};

#[derive(Default, FromDeriveInput)]
#[darling(attributes(command), default)]
struct Options {
    #[darling(with = read_aggregate)]
    aggregate: Option<Type>,
}

#[derive(FromField)]
#[darling(attributes(command))]
struct FieldOptions {
    id: Flag,
}

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let mut readable = input.clone();
    readable.attrs = types_as_lists(&input.attrs, "command", &["aggregate"]);
    let options = errors
        .darling(Options::from_derive_input(&readable), "`#[command(…)]` on the struct takes `aggregate`");
    let id = id_field(input, &errors);
    let code = options
        .and_then(|options| options.aggregate)
        .map(|aggregate| command(input, &aggregate, id.as_ref(), &krate));
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

/// The field that names the instance.
struct Id<'a> {
    member: Member,
    ty: &'a Type,
}

fn id_field<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<Id<'a>> {
    let Data::Struct(data) = &input.data else { return None };
    let mut ids = data.fields.iter().enumerate().filter_map(|(index, field)| {
        let known = "`#[command(…)]` on a field is `#[command(id)]`";
        let options = errors.darling(FieldOptions::from_field(field), known)?;
        let member = field.ident.clone().map_or_else(|| Member::from(Index::from(index)), Member::from);
        options.id.is_present().then_some(Id { member, ty: &field.ty })
    });
    let id = ids.next();
    ids.for_each(drop);
    id
}

fn command(input: &DeriveInput, aggregate: &Type, id: Option<&Id<'_>>, krate: &Path) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    if generics.type_params().next().is_some() {
        let bound = parse_quote!(Self: ::core::marker::Send + ::core::marker::Sync);
        generics.make_where_clause().predicates.push(bound);
    }
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let id = id.map_or_else(
        || quote!(::core::unreachable!()),
        |Id { member, ty }| {
            let this = quote_spanned!(ty.span()=> &self);
            let member = member.to_token_stream();
            quote_spanned!(ty.span()=> #this.#member)
        },
    );
    quote! {
        #[automatically_derived]
        impl #parameters #krate::Command for #ident #arguments #bounds {
            type Aggregate = #aggregate;

            fn aggregate_id(&self) -> &<#aggregate as #krate::Aggregate>::Id {
                #id
            }
        }
    }
}

fn read_aggregate(meta: &Meta) -> darling::Result<Option<Type>> {
    ty(meta, "aggregate = Account")
}
