//! What is unchanged.

use std::collections::BTreeMap;

use crate::schema::{Absent, Field, Form, Object, Shape, Verdict, accepts_stored_beyond};

/// Whether the present field reads what is stored in the old one, and says the same if it is absent.
pub(super) fn reads(now: (&Field, &Shape), stored: (&Field, &Shape)) -> bool {
    let shape = |(field, shape): (&Field, &Shape)| Shape {
        form: Form::Object(Object::new().field(field.clone())),
        types: shape.types.clone(),
    };
    let defaults = |field: &Field| field.absent == Absent::Default;
    if defaults(stored.0) && !defaults(now.0) {
        return false;
    }
    form_reads(&shape(now), &shape(stored))
}

pub(super) fn form_reads(now: &Shape, stored: &Shape) -> bool {
    accepts_stored_beyond(now, stored, stored) == Verdict::Compatible
}

/// Whether all types that a form refers to are equal in both.
pub(super) fn same_types(form: &Form, a: &BTreeMap<String, Form>, b: &BTreeMap<String, Form>) -> bool {
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    references(form, &mut open);
    while let Some(name) = open.pop() {
        if seen.contains(&name) {
            continue;
        }
        match (a.get(name), b.get(name)) {
            (Some(one), Some(other)) if one == other => references(one, &mut open),
            _ => return false,
        }
        seen.push(name);
    }
    true
}

/// Whether a type contains itself.
pub(super) fn is_recursive(name: &str, types: &BTreeMap<String, Form>) -> bool {
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    types.get(name).into_iter().for_each(|form| references(form, &mut open));
    while let Some(next) = open.pop() {
        if next == name {
            return true;
        }
        if !seen.contains(&next) {
            types.get(next).into_iter().for_each(|form| references(form, &mut open));
            seen.push(next);
        }
    }
    false
}

fn references<'a>(form: &'a Form, names: &mut Vec<&'a str>) {
    match form {
        Form::Named(name) => names.push(name),
        Form::Option(inner)
        | Form::List(inner)
        | Form::Set(inner)
        | Form::Array(inner, _)
        | Form::Newtype(inner) => references(inner, names),
        Form::Map(a, b) | Form::Split { written: a, read: b } => {
            references(a, names);
            references(b, names);
        }
        Form::Tuple { items, .. } => items.iter().for_each(|item| references(item, names)),
        Form::Object(object) => object.fields.iter().for_each(|field| references(&field.form, names)),
        Form::Enum(of) => {
            of.variants.iter().filter_map(|variant| variant.content.as_ref()).for_each(|content| {
                references(content, names);
            });
        }
        _ => {}
    }
}
