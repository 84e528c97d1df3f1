//! The fields of an object that may be written.

use std::fmt::Write;

use super::{Finding, written::Value};
use crate::schema::Form;

/// The fields of an object.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields<'w> {
    pub(super) known: Vec<WrittenField<'w>>,
    /// Any number of fields with unknown names: the form of the keys, and of the values.
    pub(super) rest: Vec<(usize, &'w Form, &'w Form)>,
    /// The names of all known fields, including those that were removed. The unknown fields exclude them: a flattened
    /// map with such a key would write a field twice, and no reader accepts that.
    names: Vec<&'w str>,
    /// The number of all fields. A field keeps its number when other fields are removed.
    count: usize,
}

#[derive(Debug, Clone)]
pub(super) struct WrittenField<'w> {
    pub(super) number: usize,
    /// It is written under one of these names.
    pub(super) names: Vec<&'w str>,
    pub(super) value: Value<'w>,
    pub(super) maybe_absent: bool,
}

impl<'w> Fields<'w> {
    /// A unit variant where no text is possible.
    pub(super) fn unit(name: &'w str) -> Self {
        let mut fields = Self::default();
        fields.push(vec![name], Value::Form(&Form::Null), false);
        fields
    }

    /// Any fields.
    pub(super) fn anything() -> Self {
        Self::unknown(&Form::Text, &Form::Any)
    }

    /// Any number of fields with keys of one form and values of another.
    pub(super) fn unknown(key: &'w Form, value: &'w Form) -> Self {
        Self { rest: vec![(0, key, value)], count: 1, ..Self::default() }
    }

    pub(super) fn push(&mut self, names: Vec<&'w str>, value: Value<'w>, maybe_absent: bool) {
        let number = self.count;
        self.count += 1;
        self.names.extend(&names);
        self.known.push(WrittenField { number, names, value, maybe_absent });
    }

    /// These fields followed by those of another object; `None` if a field would occur twice.
    pub(super) fn with(&self, other: &Self) -> Option<Self> {
        if other.names.iter().any(|name| self.names.contains(name)) {
            return None;
        }
        let mut all = self.clone();
        for field in &other.known {
            all.push(field.names.clone(), field.value.clone(), field.maybe_absent);
        }
        for (_, key, value) in &other.rest {
            all.rest.push((all.count, key, value));
            all.count += 1;
        }
        Some(all)
    }

    /// Whether an unknown field may have this name.
    pub(super) fn may_hold(&self, name: &str) -> bool {
        !self.names.contains(&name)
    }

    /// The numbers of all fields.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.known.iter().map(|field| field.number).chain(self.rest.iter().map(|(number, ..)| *number))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty() && self.rest.is_empty()
    }

    /// The fields with matching names, and the unknown ones.
    pub(super) fn only(&self, wanted: impl Fn(&[&str]) -> bool) -> Self {
        let mut some = self.clone();
        some.known.retain(|field| wanted(&field.names));
        some
    }

    /// The loss if a field is not read; `None` if the field has no data.
    pub(super) fn lost(&self, number: usize, rename: Option<&str>) -> Option<Finding> {
        if let Some(field) = self.known.iter().find(|field| field.number == number) {
            let name = *field.names.first()?;
            let mut reason = "is no longer read".to_owned();
            if let Some(rename) = rename {
                let _ = write!(
                    reason,
                    ", `{rename}` takes its default instead; if it is the same under a new name, write \
                     `#[serde(alias = \"{name}\")]` on `{rename}`"
                );
            }
            return Some(Finding { path: name.to_owned(), reason });
        }
        self.rest.iter().any(|(rest, ..)| *rest == number).then(|| Finding {
            path: "{}".to_owned(),
            reason: "keys that are not known are no longer read".to_owned(),
        })
    }

    /// All fields but one.
    pub(super) fn without(&self, number: usize) -> Self {
        let mut rest = self.clone();
        rest.known.retain(|field| field.number != number);
        rest
    }
}
