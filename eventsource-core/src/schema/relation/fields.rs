//! The fields of an object that may be written.

use std::fmt::Write;

use super::{Finding, written::Value};
use crate::schema::Form;

/// The fields of an object.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields<'w> {
    pub(super) known: Vec<WrittenField<'w>>,
    /// Any number of fields whose names are not known beforehand: the form of the keys, and of the values.
    pub(super) rest: Vec<(usize, &'w Form, &'w Form)>,
    /// The names of all known fields, also of those that were taken away since. They are not among the unknown
    /// ones: a flattened map that holds one would be written with a field twice, and no one reads that.
    names: Vec<&'w str>,
    /// How many fields there are in all. Fields keep their number when others are taken away.
    count: usize,
}

#[derive(Debug, Clone)]
pub(super) struct WrittenField<'w> {
    pub(super) number: usize,
    /// It stands under one of these names.
    pub(super) names: Vec<&'w str>,
    pub(super) value: Value<'w>,
    pub(super) maybe_absent: bool,
}

impl<'w> Fields<'w> {
    /// A unit variant where a text cannot stand.
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

    /// These, and those of another object behind them; nothing if that would be a field twice.
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

    /// Whether a field that is not known beforehand may have this name.
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

    /// Those under certain names, and the unknown ones.
    pub(super) fn only(&self, wanted: impl Fn(&[&str]) -> bool) -> Self {
        let mut some = self.clone();
        some.known.retain(|field| wanted(&field.names));
        some
    }

    /// What is lost if a field is not read; nothing if there is nothing in it.
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

    /// These without one of them.
    pub(super) fn without(&self, number: usize) -> Self {
        let mut rest = self.clone();
        rest.known.retain(|field| field.number != number);
        rest
    }
}
