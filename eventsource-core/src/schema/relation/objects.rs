//! Reading objects with known fields, and fields that are flattened into them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Finding, Outcome,
    fields::Fields,
    reading::{How, Reading, keys},
    written::{Items, Text, Value, Written, absent_is_none},
};
use crate::schema::{Absent, Enum, Field, Form, Object, Tag};

/// The names under which each field was read, by the number of the field.
type Seen<'w> = BTreeMap<usize, BTreeSet<&'w str>>;

impl<'r, 'w> Reading<'r, 'w> {
    pub(super) fn object(&self, object: &'r Object, fields: &Fields<'w>, how: How) -> Outcome {
        let mut all = Outcome::accepted();
        let mut seen = Seen::new();
        let mut idle = Vec::new();
        for field in object.fields.iter().filter(|field| field.read && !field.flat) {
            if !self.field(field, fields, how, &mut all, &mut seen) {
                idle.push(field);
            }
        }
        // Entries that were not read as own fields are left for the flattened ones.
        let mut left = fields.clone();
        left.known.retain(|field| !fully_seen(&seen, field.number, &field.names));
        let mut flat_seen = BTreeSet::new();
        for field in object.fields.iter().filter(|field| field.read && field.flat) {
            let (outcome, looked_at, taken) = self.flat(&field.form, &left, how.buffered());
            all.and(outcome);
            flat_seen.extend(looked_at);
            left.known.retain(|field| !taken.contains(&field.number));
        }
        if object.closed {
            for field in &left.known {
                let name = field.unseen_name(&seen);
                let outcome =
                    Outcome::refused("is written, and fields that are not known are refused").at(name);
                all.and(if field.maybe_absent || field.names.len() > 1 { outcome.maybe() } else { outcome });
            }
            if !left.rest.is_empty() {
                all.and(Outcome::partly_refused(
                    "any keys are written, and fields that are not known are refused",
                ));
            }
        }
        for field in left.known.iter().filter(|field| !flat_seen.contains(&field.number)) {
            all.unseen.insert(field.number, self.renamed(&idle, &field.value, how));
        }
        all.unseen.extend(
            left.rest
                .iter()
                .filter(|(number, ..)| !flat_seen.contains(number))
                .map(|(number, ..)| (*number, None)),
        );
        all
    }

    /// Reads one field. Also returns whether anything was written for it.
    fn field(
        &self,
        field: &'r Field,
        fields: &Fields<'w>,
        how: How,
        all: &mut Outcome,
        seen: &mut Seen<'w>,
    ) -> bool {
        let shown = field.reads.first().map_or("", String::as_str);
        let read = |name: &&str| field.reads.iter().any(|read| read == name);
        let (mut matches, mut always) = (0_usize, 0_usize);
        for written in &fields.known {
            let names: BTreeSet<&str> = written.names.iter().copied().filter(|name| read(name)).collect();
            if names.is_empty() {
                continue;
            }
            let present = names.len() == written.names.len() && !written.maybe_absent;
            matches += 1;
            always += usize::from(present);
            let outcome = self.value_in(&field.form, &written.value, how).at(shown);
            all.and(if present { outcome } else { outcome.maybe() });
            seen.entry(written.number).or_default().extend(names);
        }
        let mut perhaps = 0;
        for (_, key, value) in &fields.rest {
            let held = field.reads.iter().filter(|name| self.may_hold(fields, key, name)).count();
            if held > 0 {
                perhaps += held;
                all.and(self.value_in(&field.form, &Value::Form(value), how).at(shown).maybe());
            }
        }
        if matches + perhaps > 1 {
            let twice = "is written under several names that are read as one field";
            let twice = if always > 1 { Outcome::refused(twice) } else { Outcome::partly_refused(twice) };
            all.and(twice.at(shown));
        }
        let tolerated = match field.absent {
            Absent::Default => true,
            Absent::Refused => false,
            Absent::ByForm => absent_is_none(&field.form, &self.reader.types),
        };
        if always == 0 && !tolerated {
            let missing = if matches + perhaps == 0 {
                Outcome::refused("is required, and was never written")
            } else {
                Outcome::partly_refused("is required, and was not always written")
            };
            all.and(missing.at(shown));
        }
        matches + perhaps > 0
    }

    /// Whether an unknown field may have this name.
    pub(super) fn may_hold(&self, fields: &Fields<'w>, key: &'w Form, name: &str) -> bool {
        fields.may_hold(name) && keys(&self.writing.form(key)).into_iter().any(|text| may_be(text, name))
    }

    /// A field of the reader that has no written value, and that this value would fit: likely the same field under
    /// another name.
    fn renamed(&self, idle: &[&'r Field], value: &Value<'w>, how: How) -> Option<String> {
        let fits = |field: &&&Field| self.value_in(&field.form, value, how).faults.is_empty();
        let idle = idle.iter().find(fits)?;
        idle.reads.first().cloned()
    }

    /// A struct can be read from an array too: its fields in order.
    pub(super) fn object_from_array(&self, object: &'r Object, items: &Items<'w>, how: How) -> Outcome {
        if object.fields.iter().any(|field| field.flat) {
            return Outcome::refused("an array was written, an object is read");
        }
        let fields: Vec<&Field> = object.fields.iter().filter(|field| field.read).collect();
        let defaulted = |field: &&&Field| field.absent == Absent::Default;
        let required = fields.len() - fields.iter().rev().take_while(defaulted).count();
        self.elements(|index| fields.get(index).map(|field| &field.form), required, fields.len(), items, how)
    }

    /// Reads a flattened field from the remaining fields. Returns the outcome, the fields that were read, and the
    /// fields that are no longer available to others.
    fn flat(
        &self,
        form: &'r Form,
        left: &Fields<'w>,
        how: How,
    ) -> (Outcome, BTreeSet<usize>, BTreeSet<usize>) {
        let nothing = BTreeSet::new;
        let everything = || left.numbers().collect::<BTreeSet<usize>>();
        // A reader of all remaining fields takes none of them away.
        let whole = |mut outcome: Outcome| {
            let unseen = std::mem::take(&mut outcome.unseen);
            let seen = everything().into_iter().filter(|number| !unseen.contains_key(number)).collect();
            (outcome, seen, nothing())
        };
        match form {
            Form::Named(name) => match (self.reader.types.get(name), how.named(&self.reader.types)) {
                (Some(form), Some(how)) => self.flat(form, left, how),
                (Some(_), None) => {
                    (Outcome::refused(format!("`{name}` is flattened into itself")), nothing(), nothing())
                }
                (None, _) => (Outcome::accepted(), everything(), nothing()),
            },
            Form::Newtype(inner) | Form::Split { read: inner, .. } => self.flat(inner, left, how),
            Form::Null => (Outcome::accepted(), nothing(), nothing()),
            Form::Option(inner) => {
                let (outcome, seen, taken) = self.flat(inner, left, how);
                if outcome.faults.is_empty() {
                    (outcome, seen, taken)
                } else if outcome.hopeless {
                    (Outcome::accepted(), nothing(), nothing())
                } else {
                    let reason = |fault: Finding| {
                        let reason = format!("{}; all flattened fields read as `None` then", fault.reason);
                        Finding { reason, ..fault }
                    };
                    let losses = outcome.faults.into_iter().map(reason).chain(outcome.losses).collect();
                    (Outcome { losses, ..Outcome::accepted() }, seen, taken)
                }
            }
            Form::Any | Form::Map(..) => {
                whole(self.written(form, &Written::Object(left.clone()), how.borrowed()))
            }
            Form::Object(object) if object.fields.iter().any(|field| field.flat) => {
                whole(self.object(object, left, how))
            }
            Form::Object(object) => {
                let reads = |name: &&str| {
                    let known = |field: &Field| field.read && field.reads.iter().any(|read| read == name);
                    object.fields.iter().any(known)
                };
                let mine = left.only(|names| names.iter().any(reads));
                // It sees only its own fields, so others cannot disturb it.
                let mut outcome = self.object(object, &mine, how);
                let unseen = std::mem::take(&mut outcome.unseen);
                let taken: BTreeSet<usize> =
                    mine.known.iter().map(|field| field.number).filter(|n| !unseen.contains_key(n)).collect();
                (outcome, taken.clone(), taken)
            }
            Form::Enum(of) => self.flat_enum(form, of, left, how),
            _ => (Outcome::refused("only structs and maps can be flattened"), nothing(), nothing()),
        }
    }

    fn flat_enum(
        &self,
        form: &'r Form,
        of: &'r Enum,
        left: &Fields<'w>,
        how: How,
    ) -> (Outcome, BTreeSet<usize>, BTreeSet<usize>) {
        let partly_untagged = of.variants.iter().any(|variant| variant.untagged);
        match &of.tag {
            Tag::Adjacent { tag, content } if !partly_untagged => {
                let mine = left.only(|names| names.iter().any(|name| name == tag || name == content));
                let mut outcome = self.written(form, &Written::Object(mine.clone()), how);
                outcome.unseen.clear();
                let taken: BTreeSet<usize> = mine.known.iter().map(|field| field.number).collect();
                (outcome, taken.clone(), taken)
            }
            Tag::External if !partly_untagged => self.flat_external(of, left, how),
            _ => {
                let mut outcome = self.written(form, &Written::Object(left.clone()), how);
                let unseen = std::mem::take(&mut outcome.unseen);
                let seen = left.numbers().filter(|number| !unseen.contains_key(number)).collect();
                (outcome, seen, BTreeSet::new())
            }
        }
    }

    /// The first field that has the name of a variant determines the variant.
    fn flat_external(
        &self,
        of: &'r Enum,
        left: &Fields<'w>,
        how: How,
    ) -> (Outcome, BTreeSet<usize>, BTreeSet<usize>) {
        let mut candidates = Vec::new();
        let mut found = false;
        let mut taken = BTreeSet::new();
        for field in &left.known {
            let variant = field.names.iter().find_map(|name| {
                of.variants
                    .iter()
                    .find(|variant| variant.read && variant.reads.iter().any(|read| read == name))
            });
            let Some(variant) = variant else { continue };
            let content = variant.content.as_ref().unwrap_or(&Form::Null);
            candidates.push(self.value_in(content, &field.value, how).at(&variant.name));
            taken.insert(field.number);
            if !field.maybe_absent && field.names.len() == 1 {
                found = true;
                break;
            }
        }
        let missing = "no field has the name of a variant";
        if candidates.is_empty() {
            return (Outcome::refused(missing), BTreeSet::new(), BTreeSet::new());
        }
        let mut outcome = Outcome::of_all(candidates);
        if !found {
            outcome.and(Outcome::partly_refused(missing));
            outcome.hopeless = false;
        }
        (outcome, taken.clone(), taken)
    }
}

fn fully_seen(seen: &Seen<'_>, number: usize, names: &[&str]) -> bool {
    seen.get(&number).is_some_and(|seen| names.iter().all(|name| seen.contains(name)))
}

/// Whether a key may be this name.
fn may_be(key: Text<'_>, name: &str) -> bool {
    match key {
        Text::Any => true,
        Text::Char => name.chars().count() == 1,
        Text::Word(word) => word == name,
        Text::Digits(_) | Text::Fraction => name.parse::<f64>().is_ok(),
        Text::Truth => matches!(name, "true" | "false"),
        Text::Format(_) => false,
    }
}

impl super::fields::WrittenField<'_> {
    /// A name of the field that was not read.
    fn unseen_name(&self, seen: &Seen<'_>) -> &str {
        let seen = seen.get(&self.number);
        let unseen = |name: &&&str| seen.is_none_or(|seen| !seen.contains(**name));
        self.names.iter().find(unseen).copied().unwrap_or("")
    }
}
