//! Reading enums, in each of serde's representations.

use super::{
    Outcome,
    fields::Fields,
    reading::{How, Reading},
    written::{Items, Text, Value, Written, absent_is_none},
};
use crate::schema::{Enum, Form, Tag, Variant};

impl<'r, 'w> Reading<'r, 'w> {
    pub(super) fn one_of(&self, of: &'r Enum, written: &Written<'w>, how: How) -> Outcome {
        let untagged: Vec<&Variant> =
            of.variants.iter().filter(|variant| variant.untagged || of.tag == Tag::Untagged).collect();
        if untagged.is_empty() {
            return self.tagged(of, written, how);
        }
        let how = how.borrowed();
        let tagged = (of.tag != Tag::Untagged).then_some(of);
        self.first_of(tagged, &untagged, written, how)
    }

    /// The first variant that accepts a value is taken.
    fn first_of(
        &self,
        tagged: Option<&'r Enum>,
        untagged: &[&'r Variant],
        written: &Written<'w>,
        how: How,
    ) -> Outcome {
        let mut all = Outcome { hopeless: true, ..Outcome::accepted() };
        let mut refusals = Vec::new();
        let tries = tagged.map(|of| self.tagged(of, written, how)).into_iter();
        for outcome in tries.chain(untagged.iter().map(|variant| self.untagged(variant, written, how))) {
            if outcome.hopeless {
                refusals.extend(outcome.faults);
                continue;
            }
            all.hopeless = false;
            all.losses.extend(outcome.losses);
            all.unseen.extend(outcome.unseen);
            if outcome.faults.is_empty() {
                return Outcome { faults: Vec::new(), ..all };
            }
            refusals.extend(outcome.faults);
        }
        if all.hopeless {
            return Outcome::refused(format!("{written} was written, which no variant reads"));
        }
        // Each variant may accept only some of the values; together they may accept all.
        if let Some(left) = self.partings.get().checked_sub(1)
            && let Some(parts) = self.parts(written)
        {
            self.partings.set(left);
            return Outcome::of_all(parts.iter().map(|part| self.first_of(tagged, untagged, part, how)));
        }
        all.faults = refusals;
        all
    }

    fn untagged(&self, variant: &'r Variant, written: &Written<'w>, how: How) -> Outcome {
        if !variant.read {
            return Outcome::refused("the variant is not read");
        }
        match (&variant.content, written) {
            (None, _) => super::scalars::null(written),
            // The fields of a variant are read only from an object, unlike those of a struct.
            (Some(Form::Object(_)), Written::Array(_)) => Outcome::refused("an array was written"),
            (Some(form), _) => self.written(form, written, how),
        }
    }

    /// Splits the values into several parts, at the first place with alternatives.
    fn parts(&self, written: &Written<'w>) -> Option<Vec<Written<'w>>> {
        let Written::Object(fields) = written else { return None };
        for (index, field) in fields.known.iter().enumerate() {
            let with = |change: &dyn Fn(&mut Fields<'w>)| {
                let mut fields = fields.clone();
                change(&mut fields);
                Written::Object(fields)
            };
            if field.maybe_absent {
                let present = with(&|fields| fields.known[index].maybe_absent = false);
                let absent = with(&|fields| drop(fields.known.remove(index)));
                return Some(vec![present, absent]);
            }
            if field.names.len() > 1 {
                let only =
                    |name| with(&move |fields: &mut Fields<'w>| fields.known[index].names = vec![name]);
                return Some(field.names.iter().map(|&name| only(name)).collect());
            }
            let alternatives = self.writing.value(&field.value);
            if alternatives.len() > 1 {
                let only = |value: &Written<'w>| {
                    let value = Value::Only(Box::new(value.clone()));
                    with(&move |fields: &mut Fields<'w>| fields.known[index].value = value.clone())
                };
                return Some(alternatives.iter().map(only).collect());
            }
        }
        None
    }

    fn tagged(&self, of: &'r Enum, written: &Written<'w>, how: How) -> Outcome {
        match (&of.tag, written) {
            (_, Written::Anything) => {
                Outcome::partly_refused("any value was written, one of several variants is read")
            }
            (Tag::External, Written::Text(text)) => {
                self.named_by(of, *text, |variant| match &variant.content {
                    None => Outcome::accepted(),
                    Some(_) => Outcome::refused(format!(
                        "the variant `{}` was written without content",
                        variant.name
                    )),
                })
            }
            (Tag::External, Written::Object(fields)) if !how.key => self.external(of, fields, how),
            (Tag::Internal(tag), Written::Object(fields)) => self.internal(of, tag, fields, how),
            (Tag::Internal(_), Written::Array(items)) => self.internal_from_array(of, items, how),
            (Tag::Adjacent { tag, content }, Written::Object(fields)) => {
                self.adjacent(of, tag, content, fields, how)
            }
            (Tag::Adjacent { .. }, Written::Array(items)) => self.adjacent_from_array(of, items, how),
            _ => Outcome::refused(format!("{written} was written, one of several variants is read")),
        }
    }

    /// Finds the variant by its name, and reads its content.
    fn named_by(&self, of: &'r Enum, name: Text<'w>, read: impl Fn(&'r Variant) -> Outcome) -> Outcome {
        let tagged = || of.variants.iter().filter(|variant| variant.read && !variant.untagged);
        let Text::Word(name) = name else {
            let possible = match name {
                Text::Any => true,
                Text::Char => {
                    tagged().any(|variant| variant.reads.iter().any(|name| name.chars().count() == 1))
                }
                _ => false,
            };
            let what = Written::Text(name);
            let reason = format!("{what} was written, the name of a variant is read");
            return if let Some(other) = tagged().find(|variant| variant.other) {
                let mut outcome = read(other);
                outcome.and(Outcome::lossy(format!("{what} is read as `{}`", other.name)));
                outcome
            } else if possible {
                Outcome::partly_refused(reason)
            } else {
                Outcome::refused(reason)
            };
        };
        let named = tagged().find(|variant| variant.reads.iter().any(|read| read == name));
        match named.or_else(|| tagged().find(|variant| variant.other)) {
            None => Outcome::refused(format!("the variant `{name}` is not read")),
            Some(variant) if named.is_none() => {
                let mut outcome = read(variant);
                outcome.and(Outcome::lossy(format!("the variant `{name}` is read as `{}`", variant.name)));
                outcome
            }
            Some(variant) => {
                let content = variant.content.is_some();
                let outcome = read(variant);
                if content { outcome.at(name) } else { outcome }
            }
        }
    }

    fn external(&self, of: &'r Enum, fields: &Fields<'w>, how: How) -> Outcome {
        const ONE: &str = "an object was written, an object with one field, the name of a variant, is read";
        let always = fields.known.iter().filter(|field| !field.maybe_absent).count();
        if always > 1 || fields.is_empty() {
            return Outcome::refused(ONE);
        }
        let [field] = fields.known.as_slice() else { return Outcome::partly_refused(ONE) };
        if field.maybe_absent || !fields.rest.is_empty() {
            return Outcome::partly_refused(ONE);
        }
        Outcome::of_all(field.names.iter().map(|name| {
            self.named_by(of, Text::Word(name), |variant| {
                self.value_in(variant.content.as_ref().unwrap_or(&Form::Null), &field.value, how)
            })
        }))
    }

    fn internal(&self, of: &'r Enum, tag: &str, fields: &Fields<'w>, how: How) -> Outcome {
        self.with_tag(of, tag, fields, |variant, rest| match &variant.content {
            // A unit variant ignores all other fields.
            None => Outcome {
                unseen: rest.numbers().map(|number| (number, None)).collect(),
                ..Outcome::accepted()
            },
            Some(form) => self.written(form, &Written::Object(rest.clone()), how.buffered()),
        })
    }

    fn adjacent(&self, of: &'r Enum, tag: &str, content: &str, fields: &Fields<'w>, how: How) -> Outcome {
        let place = |name: &str| fields.known.iter().position(|field| field.names.contains(&name));
        // Content that comes before the tag is buffered until the tag is known.
        let how = if place(content) < place(tag) { how.buffered() } else { how };
        self.with_tag(of, tag, fields, |variant, rest| {
            let mut all = Outcome::accepted();
            let found = rest.known.iter().find(|field| field.names.contains(&content));
            let read = |value: &Value<'w>| match &variant.content {
                None => self.value_in(&Form::Null, value, how),
                Some(form @ Form::Object(_)) => {
                    let one = |written: &Written<'w>| match written {
                        Written::Array(_) => Outcome::refused("an array was written"),
                        _ => self.value_in(form, &Value::Only(Box::new(written.clone())), how),
                    };
                    Outcome::of_all(self.writing.value(value).iter().map(one))
                }
                Some(form) => self.value_in(form, value, how),
            };
            if let Some(field) = found {
                let outcome = read(&field.value);
                all.and(if field.maybe_absent { outcome.maybe() } else { outcome });
            }
            for (_, key, value) in &rest.rest {
                if self.may_hold(rest, key, content) {
                    all.and(read(&Value::Form(value)).maybe());
                }
            }
            if found.is_none_or(|field| field.maybe_absent)
                && let Some(form) = &variant.content
                && !absent_is_none(form, &self.reader.types)
            {
                let reason = format!("the content `{content}` of the variant `{}` is missing", variant.name);
                let partly = found.is_some() || !rest.rest.is_empty();
                all.and(if partly { Outcome::partly_refused(reason) } else { Outcome::refused(reason) });
            }
            for number in rest.numbers().filter(|number| found.is_none_or(|field| field.number != *number)) {
                if of.closed {
                    all.and(Outcome::refused(format!("fields beside `{tag}` and `{content}` are refused")));
                }
                all.unseen.insert(number, None);
            }
            all
        })
    }

    /// Finds the field that is the tag, and reads the variant and the other fields.
    fn with_tag(
        &self,
        of: &'r Enum,
        tag: &str,
        fields: &Fields<'w>,
        read: impl Fn(&'r Variant, &Fields<'w>) -> Outcome,
    ) -> Outcome {
        let missing = || format!("the tag `{tag}` is required, and was not always written");
        let Some(field) = fields.known.iter().find(|field| field.names.contains(&tag)) else {
            return if fields.rest.is_empty() {
                Outcome::refused(format!("the tag `{tag}` is required, and was never written"))
            } else {
                Outcome::partly_refused(missing())
            };
        };
        let rest = fields.without(field.number);
        let texts = self.writing.value(&field.value);
        let mut all = Outcome::of_all(texts.iter().map(|written| match written {
            Written::Text(name) => self.named_by(of, *name, |variant| read(variant, &rest)),
            Written::Anything => Outcome::partly_refused(format!("the tag `{tag}` may be any value")),
            _ => Outcome::refused(format!("the tag `{tag}` is not the name of a variant")),
        }));
        if field.maybe_absent || field.names.len() > 1 {
            all.and(Outcome::partly_refused(missing()));
        }
        all
    }

    fn internal_from_array(&self, of: &'r Enum, items: &Items<'w>, how: How) -> Outcome {
        let how = how.buffered();
        self.with_tag_in_array(of, items, |variant, rest| match &variant.content {
            None => self.elements(|_| None, 0, 0, &rest, how),
            Some(form) => self.written(form, &Written::Array(rest), how),
        })
    }

    fn adjacent_from_array(&self, of: &'r Enum, items: &Items<'w>, how: How) -> Outcome {
        self.with_tag_in_array(of, items, |variant, rest| {
            let content = variant.content.as_ref().unwrap_or(&Form::Null);
            self.elements(|_| Some(content), 1, 1, &rest, how)
        })
    }

    fn with_tag_in_array(
        &self,
        of: &'r Enum,
        items: &Items<'w>,
        read: impl Fn(&'r Variant, Items<'w>) -> Outcome,
    ) -> Outcome {
        let (tag, rest) = match items {
            Items::Fixed { items, at_least } if *at_least > 0 => {
                let Some((tag, rest)) = items.split_first() else {
                    return Outcome::refused("an empty array was written, a variant is read");
                };
                (*tag, Items::Fixed { items: rest.to_vec(), at_least: at_least - 1 })
            }
            Items::Each { item, length: Some(length), unique } if *length > 0 => {
                (*item, Items::Each { item, length: Some(length - 1), unique: *unique })
            }
            _ => return Outcome::partly_refused("an array was written, one of several variants is read"),
        };
        Outcome::of_all(self.writing.form(tag).iter().map(|written| match written {
            Written::Text(name) => self.named_by(of, *name, |variant| read(variant, rest.clone())),
            _ => Outcome::refused("the first element is not the name of a variant"),
        }))
    }
}
