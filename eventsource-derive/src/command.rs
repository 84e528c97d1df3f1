//! `#[derive(Command)]`.

mod scheduled;

use darling::{FromDeriveInput, FromField};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Data, DeriveInput, Field, Generics, Lit, LitStr, Member, Meta, Path, Type, ext::IdentExt, parse_quote,
};

use crate::{
    attributes::{malformed, number, storable, text, ty, types_as_lists},
    errors::{Errors, located, relocated},
    event::{Older, read_older},
    krate,
};

#[derive(Default, FromDeriveInput)]
#[darling(attributes(command), default)]
struct Options {
    #[darling(with = read_aggregate)]
    aggregate: Option<Type>,
    #[darling(with = read_name)]
    name: Option<LitStr>,
    #[darling(with = read_version)]
    version: Option<(u32, Lit)>,
    #[darling(rename = "from", with = read_older)]
    older: Option<Older>,
}

/// The attributes that could be parsed despite errors.
#[derive(Default, FromDeriveInput)]
#[darling(attributes(command), default, allow_unknown_fields)]
struct Saved {
    #[darling(with = read_aggregate)]
    aggregate: Option<Type>,
    #[darling(with = read_name)]
    name: Option<LitStr>,
}

#[derive(Default, FromField)]
#[darling(attributes(command), default)]
struct FieldOptions {
    #[darling(with = read_id)]
    id: Option<Meta>,
}

/// A quarter of what a store keeps, because commands that are executed as one are kept as a list of their names.
const MAX_NAME_BYTES: usize = 256;

const ON_STRUCT: &str = "`#[command(…)]` on the struct takes `aggregate`, `name`, `version` and `from`; `#[command(id)]` belongs on a field";
const ON_FIELD: &str = "`#[command(…)]` on a field is `#[command(id)]`";

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let errors = Errors::default();
    let krate = krate::path_of(input, &errors);
    let mut readable = input.clone();
    readable.attrs = types_as_lists(&input.attrs, "command", &["aggregate"]);
    let options = errors.darling(Options::from_derive_input(&readable), ON_STRUCT);
    if let Some(Options { aggregate: None, .. }) = options {
        let ident = &input.ident;
        let message = format!("`{ident}` has no aggregate: write `#[command(aggregate = …)]` on it");
        errors.at(ident, message);
    }
    let Options { aggregate, name, version, older } = options.unwrap_or_else(|| {
        let Saved { aggregate, name } = Saved::from_derive_input(&readable).unwrap_or_default();
        Options { aggregate, name, ..Options::default() }
    });
    if let Some(name) = &name {
        storable("name", "name = \"Deposit\"", name, MAX_NAME_BYTES, &errors);
    }
    let id = id_field(input, &errors);
    let is_scheduled = version.is_some() || older.is_some();
    let form = is_scheduled.then(|| scheduled::parse(input, name.as_ref(), version, older, &errors));
    let code = aggregate.map(|aggregate| command(input, &aggregate, name, id.as_ref(), &krate));
    let errors = errors.into_tokens();
    let form = form.and_then(|form| match &form {
        Some(form) if errors.is_none() => Some(scheduled::impls(input, form, &krate)),
        _ => scheduled::fallback(input, &krate),
    });
    quote!(#errors #code #form)
}

/// The field with the aggregate id.
struct Id<'a> {
    member: Member,
    ty: &'a Type,
}

fn id_field<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<Id<'a>> {
    let ident = &input.ident;
    let data = match &input.data {
        Data::Struct(data) => data,
        Data::Enum(_) => {
            let message = format!(
                "`{ident}` is an enum, but a command is one request with one result: make each variant a struct \
                 of its own that derives `Command`, so that each has its own `Handle` and error"
            );
            errors.at(ident, message);
            return None;
        }
        Data::Union(_) => {
            errors.at(ident, format!("`{ident}` is a union; a command is a struct: write `struct {ident}`"));
            return None;
        }
    };
    let fields: Vec<_> = data.fields.iter().map(|field| (field, field_options(field, errors))).collect();
    let mut ids = fields.iter().enumerate().filter_map(|(index, (field, options))| {
        let written = options.as_ref()?.id.as_ref()?;
        let member = field.ident.clone().map_or_else(|| Member::from(index), Member::from);
        Some((Id { member, ty: &field.ty }, written))
    });
    let id = ids.next();
    for (_, written) in ids {
        errors.at(written, "the command is addressed by one field: remove one `#[command(id)]`");
    }
    if id.is_none() && fields.iter().all(|(_, options)| options.is_some()) {
        let what = if fields.is_empty() { "add a field with the id, and" } else { "" };
        let message = format!(
            "`{ident}` has no id: {what} write `#[command(id)]` on the field that holds \
             the aggregate's id"
        );
        errors.at(ident, message.replace("  ", " "));
    }
    id.map(|(id, _)| id)
}

fn field_options(field: &Field, errors: &Errors) -> Option<FieldOptions> {
    errors.darling(FieldOptions::from_field(field), ON_FIELD)
}

fn command(
    input: &DeriveInput,
    aggregate: &Type,
    name: Option<LitStr>,
    id: Option<&Id<'_>>,
    krate: &Path,
) -> TokenStream {
    let ident = &input.ident;
    let name = name.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()));
    let generics = bounded(&input.generics);
    let (parameters, arguments, bounds) = generics.split_for_impl();
    // Without an id there is an error already. The impl is then a placeholder that prevents further errors.
    let id = id.map_or_else(
        || quote!(::core::unreachable!()),
        |Id { member, ty }| {
            // A field of another type than the id is reported at the field's type.
            let member = relocated(member, ty);
            quote_spanned!(located(ty)=> &self.#member)
        },
    );
    quote! {
        #[automatically_derived]
        impl #parameters #krate::Command for #ident #arguments #bounds {
            type Aggregate = #aggregate;
            const NAME: &'static ::core::primitive::str = #name;

            fn aggregate_id(&self) -> &<#aggregate as #krate::Aggregate>::Id {
                #id
            }
        }
    }
}

fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    if generics.type_params().next().is_some() {
        let bound = parse_quote!(Self: ::core::marker::Send + ::core::marker::Sync);
        generics.make_where_clause().predicates.push(bound);
    }
    generics
}

fn read_aggregate(meta: &Meta) -> darling::Result<Option<Type>> {
    ty(meta, "aggregate = Account")
}

fn read_name(meta: &Meta) -> darling::Result<Option<LitStr>> {
    text(meta, "name = \"Deposit\"").map(Some)
}

fn read_version(meta: &Meta) -> darling::Result<Option<(u32, Lit)>> {
    number(meta, "version = 1").map(Some)
}

fn read_id(meta: &Meta) -> darling::Result<Option<Meta>> {
    match meta {
        Meta::Path(_) => Ok(Some(meta.clone())),
        _ => Err(malformed(meta, "#[command(id)]")),
    }
}
