//! Enums, in each of serde's representations.

use serde_json::Value;

use super::{
    Belongs, Judge, found,
    objects::{Rest, nothing_left},
    unexpected,
};
use crate::schema::{Enum, Finding, Form, Tag, Variant};

impl<'s> Judge<'s> {
    pub(super) fn one_of(self, of: &'s Enum, value: &Value) -> Belongs {
        let (mut named, mut others) = (Vec::new(), Vec::new());
        for variant in of.variants.iter().filter(|variant| self.is_part(variant)) {
            let is_untagged = variant.untagged || of.tag == Tag::Untagged;
            match self.variant(of, variant, value) {
                Some(Ok(())) => return Ok(()),
                Some(Err(reason)) if is_untagged => others.push(reason),
                Some(Err(reason)) => named.push(reason),
                None => {}
            }
        }
        // The reason of the variant that is meant says more than the list of all.
        let reasons = if named.is_empty() { others } else { named };
        match <[Finding; 1]>::try_from(reasons) {
            Ok([reason]) => Err(reason),
            Err(_) => Err(Finding::whole(format!(
                "{} was found, which is no variant that is declared",
                found(value)
            ))),
        }
    }

    /// `None` if the tag does not name this variant.
    fn variant(self, of: &'s Enum, variant: &'s Variant, value: &Value) -> Option<Belongs> {
        let tag = if variant.untagged { &Tag::Untagged } else { &of.tag };
        match (tag, value) {
            (Tag::Untagged, _) => {
                let form = variant.content.as_ref().unwrap_or(&Form::Null);
                Some(self.value(form, value))
            }
            (Tag::External, Value::String(text)) => {
                self.names(variant, text).then(|| match &variant.content {
                    None => Ok(()),
                    Some(form) => Err(unexpected(form, &Value::Null).at(text)),
                })
            }
            (Tag::External, Value::Object(fields)) => {
                let (name, content) = fields.iter().next().filter(|_| fields.len() == 1)?;
                let form = variant.content.as_ref().filter(|_| self.names(variant, name))?;
                Some(self.inside().value(form, content).map_err(|finding| finding.at(name)))
            }
            (Tag::Internal(_) | Tag::Adjacent { .. }, Value::Object(fields)) => {
                let rests = match self.flat_variant(of, variant, fields, &Rest::all(fields))? {
                    Ok(rests) => rests,
                    Err(reason) => return Some(Err(reason)),
                };
                let closed = match tag {
                    Tag::Adjacent { .. } => of.closed,
                    _ => variant.content.as_ref().is_some_and(|form| self.is_closed(form)),
                };
                Some(nothing_left(rests, self.stored && !closed))
            }
            _ => None,
        }
    }

    /// Whether a variant is written, or only read and that counts.
    pub(super) fn is_part(self, variant: &Variant) -> bool {
        variant.written || self.stored && variant.read
    }

    /// Whether a variant has this name.
    pub(super) fn names(self, variant: &Variant, name: &str) -> bool {
        let is_read = || variant.other || variant.reads.iter().any(|read| read == name);
        variant.name == name || self.stored && variant.read && is_read()
    }

    fn is_closed(self, form: &Form) -> bool {
        match form {
            Form::Object(object) => object.closed,
            Form::Newtype(inner) => self.is_closed(inner),
            Form::Named(name) => self.named(name).is_some_and(|(named, form)| named.is_closed(form)),
            _ => false,
        }
    }
}
