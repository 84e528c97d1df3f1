//! Objects with known fields, and fields that are flattened into them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Belongs, Judge, unexpected};
use crate::schema::{Absent, Enum, Field, Finding, Form, LeftOut, Object, Tag, Variant, absent_is_none};

/// Flattened fields multiply the possible ways in which the fields of an object were written. This many are examined.
const MOST_RESTS: usize = 256;

/// The fields of an object that no part of its form has taken yet.
#[derive(Debug, Clone)]
pub(super) struct Rest<'v> {
    names: BTreeSet<&'v str>,
    /// Why a flattened field has not taken more.
    refused: Option<Finding>,
}

impl<'v> Rest<'v> {
    pub(super) fn all(fields: &'v Map<String, Value>) -> Self {
        Self { names: fields.keys().map(String::as_str).collect(), refused: None }
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.names.remove(name);
        self
    }

    fn with_reason(self, reason: Finding) -> Self {
        Self { refused: self.refused.or(Some(reason)), ..self }
    }
}

/// Accepts if all fields were taken in one of the possible ways.
pub(super) fn nothing_left(rests: Vec<Rest<'_>>, ignores_unknown: bool) -> Belongs {
    let least = rests.into_iter().min_by_key(|rest| rest.names.len());
    let Some(Rest { names, refused }) = least.filter(|rest| !ignores_unknown && !rest.names.is_empty())
    else {
        return Ok(());
    };
    let name = names.first().copied().unwrap_or_default();
    Err(refused.unwrap_or_else(|| Finding::whole("was found, but is not declared").at(name)))
}

impl<'s> Judge<'s> {
    /// Takes the fields of an object. There may be several ways to do so, or there is an error.
    pub(super) fn fields<'v>(
        self,
        object: &'s Object,
        fields: &'v Map<String, Value>,
        mut rest: Rest<'v>,
    ) -> Result<Vec<Rest<'v>>, Finding> {
        if let Some((tag, text)) = &object.tag {
            match fields.get(tag).filter(|_| rest.names.contains(&**tag)) {
                Some(Value::String(found)) if found == text => {}
                _ if self.stored => {}
                _ => return Err(Finding::whole(format!("the text {text:?} is declared")).at(tag)),
            }
            rest = rest.without(tag);
        }
        let is_part = |field: &&Field| field.written || self.stored && field.read;
        for field in object.fields.iter().filter(is_part).filter(|field| !field.flat) {
            rest = self.field(field, fields, rest)?;
        }
        let mut rests = vec![rest];
        // Maps take all that is left, so they are last.
        let (maps, others): (Vec<_>, Vec<_>) = object
            .fields
            .iter()
            .filter(is_part)
            .filter(|field| field.flat)
            .partition(|field| matches!(field.form, Form::Map(..) | Form::Any));
        for field in others.into_iter().chain(maps) {
            let mut next = Vec::new();
            let mut reason = None;
            for rest in rests {
                if self.may_be_absent(field) {
                    next.push(rest.clone());
                }
                match self.flat(&field.form, fields, rest) {
                    Ok(more) => next.extend(more),
                    Err(finding) => reason = Some(finding),
                }
            }
            next.truncate(MOST_RESTS);
            match reason {
                Some(reason) if next.is_empty() => return Err(reason),
                Some(reason) => {
                    rests = next.into_iter().map(|rest| rest.with_reason(reason.clone())).collect();
                }
                None => rests = next,
            }
        }
        Ok(rests)
    }

    fn field<'v>(
        self,
        field: &'s Field,
        fields: &'v Map<String, Value>,
        mut rest: Rest<'v>,
    ) -> Result<Rest<'v>, Finding> {
        let mut names = vec![&field.name];
        if self.stored && field.read {
            names.extend(field.reads.iter().filter(|name| **name != field.name));
        }
        names.retain(|name| rest.names.contains(&***name));
        if names.is_empty() {
            if self.may_be_absent(field) {
                return Ok(rest);
            }
            return Err(Finding::whole("is missing, but is declared").at(&field.name));
        }
        let form = match field.left_out {
            LeftOut::IfNone if !self.stored => self.some(&field.form),
            _ => &field.form,
        };
        for name in names {
            // A field that is not read may have been anything.
            if !self.stored || field.read {
                let belongs = self.inside().value(form, &fields[name]);
                belongs.map_err(|finding| finding.at(name))?;
            }
            rest = rest.without(name);
        }
        Ok(rest)
    }

    /// The content of an option; any other form is returned unchanged.
    fn some(self, form: &'s Form) -> &'s Form {
        match form {
            Form::Option(inner) => inner,
            Form::Split { written, .. } => self.some(written),
            Form::Named(name) => self.named(name).map_or(form, |(named, form)| named.some(form)),
            _ => form,
        }
    }

    fn may_be_absent(self, field: &Field) -> bool {
        if field.left_out != LeftOut::Never {
            return true;
        }
        self.stored
            && (!field.written
                || !field.read
                || match field.absent {
                    Absent::Default => true,
                    Absent::Refused => false,
                    Absent::ByForm => absent_is_none(&field.form, self.types),
                })
    }

    /// Takes the fields of a form that is flattened into an object.
    pub(super) fn flat<'v>(
        self,
        form: &'s Form,
        fields: &'v Map<String, Value>,
        rest: Rest<'v>,
    ) -> Result<Vec<Rest<'v>>, Finding> {
        match form {
            Form::Null => Ok(vec![rest]),
            Form::Any => Ok(vec![Rest { names: BTreeSet::new(), ..rest }]),
            Form::Map(..) => {
                let mut reason = None;
                let mut left = rest.clone();
                left.names.retain(|name| match self.entry(form, name, &fields[*name]) {
                    Ok(()) => false,
                    Err(finding) => {
                        reason.get_or_insert(finding);
                        true
                    }
                });
                Ok(vec![reason.into_iter().fold(left, Rest::with_reason)])
            }
            Form::Option(inner) => Ok(match self.flat(inner, fields, rest.clone()) {
                Ok(mut rests) => {
                    rests.push(rest);
                    rests
                }
                Err(reason) => vec![rest.with_reason(reason)],
            }),
            Form::Newtype(inner) => self.flat(inner, fields, rest),
            Form::Split { written, read } => {
                let taken = self.flat(written, fields, rest.clone());
                if self.stored { taken.or_else(|_| self.flat(read, fields, rest)) } else { taken }
            }
            Form::Named(name) => match self.named(name) {
                Some((named, form)) => named.flat(form, fields, rest),
                None => Ok(vec![Rest { names: BTreeSet::new(), ..rest }]),
            },
            Form::Object(object) => self.fields(object, fields, rest),
            Form::Enum(of) => self.flat_enum(of, fields, &rest),
            _ => Err(unexpected(form, &Value::Object(fields.clone()))),
        }
    }

    fn flat_enum<'v>(
        self,
        of: &'s Enum,
        fields: &'v Map<String, Value>,
        rest: &Rest<'v>,
    ) -> Result<Vec<Rest<'v>>, Finding> {
        let mut all = Vec::new();
        let mut reasons = Vec::new();
        for variant in of.variants.iter().filter(|variant| self.is_part(variant)) {
            match self.flat_variant(of, variant, fields, rest) {
                Some(Ok(rests)) => all.extend(rests),
                Some(Err(reason)) => reasons.push(reason),
                None => {}
            }
        }
        if !all.is_empty() {
            return Ok(all);
        }
        match <[Finding; 1]>::try_from(reasons) {
            Ok([reason]) => Err(reason),
            Err(_) => Err(Finding::whole("the fields of one variant are declared, and were not found")),
        }
    }

    /// `None` if the tag does not name this variant.
    pub(super) fn flat_variant<'v>(
        self,
        of: &'s Enum,
        variant: &'s Variant,
        fields: &'v Map<String, Value>,
        rest: &Rest<'v>,
    ) -> Option<Result<Vec<Rest<'v>>, Finding>> {
        let named = |tag: &str| {
            let text = fields.get(tag).filter(|_| rest.names.contains(tag)).and_then(Value::as_str);
            text.is_some_and(|text| self.names(variant, text))
        };
        let content = variant.content.as_ref();
        match if variant.untagged { &Tag::Untagged } else { &of.tag } {
            Tag::External => {
                let name = rest.names.iter().copied().find(|name| self.names(variant, name))?;
                let belongs = self.inside().value(content.unwrap_or(&Form::Null), &fields[name]);
                let belongs = belongs.map_err(|finding| finding.at(name));
                Some(belongs.map(|()| vec![rest.clone().without(name)]))
            }
            Tag::Internal(tag) => {
                let rest = named(tag).then(|| rest.clone().without(tag))?;
                Some(
                    content
                        .map_or_else(|| Ok(vec![rest.clone()]), |form| self.flat(form, fields, rest.clone())),
                )
            }
            Tag::Adjacent { tag, content: place } => {
                let rest = named(tag).then(|| rest.clone().without(tag))?;
                let Some(form) = content else { return Some(Ok(vec![rest])) };
                let belongs = match fields.get(place).filter(|_| rest.names.contains(&**place)) {
                    Some(value) => self.inside().value(form, value),
                    None if self.stored && absent_is_none(form, self.types) => Ok(()),
                    None => Err(Finding::whole("is missing, but is declared")),
                };
                let belongs = belongs.map_err(|finding| finding.at(place));
                Some(belongs.map(|()| vec![rest.without(place)]))
            }
            Tag::Untagged => {
                let rest = rest.clone();
                Some(
                    content
                        .map_or_else(|| Ok(vec![rest.clone()]), |form| self.flat(form, fields, rest.clone())),
                )
            }
        }
    }
}
