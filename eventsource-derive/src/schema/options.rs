//! `#[schema(as = "…")]`.

use syn::{Attribute, DeriveInput, LitStr};

use crate::errors::Errors;

#[derive(Default)]
pub(super) struct Options {
    pub(super) written_as: Option<LitStr>,
}

impl Options {
    pub(super) fn on_type(input: &DeriveInput, errors: &Errors) -> Self {
        Self::on(&input.attrs, errors)
    }

    pub(super) fn on(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("schema")) {
            let parsed = attribute.parse_nested_meta(|meta| {
                if !meta.path.is_ident("as") {
                    return Err(meta.error("unknown attribute; `#[schema(…)]` takes `as = \"…\"`"));
                }
                if options.written_as.is_some() {
                    return Err(meta.error("`as` is given twice, remove one"));
                }
                options.written_as = Some(meta.value()?.parse()?);
                Ok(())
            });
            if let Err(error) = parsed {
                errors.add(error);
            }
        }
        options
    }
}
