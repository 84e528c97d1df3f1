//! Whether all that may be stored under a shape may also be stored under another, as the relation understands
//! [`accepts_stored`](super::accepts_stored): the other one then takes its place in later verdicts.
//!
//! Only changes are known here that people make often: fields that may be absent, aliases, variants, options and wider
//! integers. For all others the answer is no.

use super::{Absent, Enum, Field, Form, Object, Shape, Variant};

/// Whether the test kit may forget the old shape.
#[must_use]
pub fn covers(new: &Shape, old: &Shape) -> bool {
    Cover { new, old, open: &[], depth: 0 }.form(&new.form, &old.form)
}

/// How deep forms are compared. A type may consist of an `Option` of itself, and beside another form there is no pair of
/// types that would show it.
const MAX_DEPTH: usize = 256;

#[derive(Clone, Copy)]
struct Cover<'a> {
    new: &'a Shape,
    old: &'a Shape,
    /// Pairs of types that are being compared: one that contains itself is compared once.
    open: &'a [(&'a str, &'a str)],
    depth: usize,
}

impl Cover<'_> {
    fn form(self, new: &Form, old: &Form) -> bool {
        Self { depth: self.depth + 1, ..self }.within(new, old)
    }

    fn within(self, new: &Form, old: &Form) -> bool {
        match (new, old) {
            _ if self.depth > MAX_DEPTH => false,
            (Form::Named(new), Form::Named(old)) => self.named(new, old),
            (Form::Named(name), old) => self.new.types.get(name).is_some_and(|new| self.form(new, old)),
            (new, Form::Named(name)) => self.old.types.get(name).is_some_and(|old| self.form(new, old)),
            (Form::Any, _) | (Form::Text, Form::Formatted(_) | Form::Char) => true,
            (Form::Option(new), Form::Option(old))
            | (Form::List(new), Form::List(old))
            | (Form::Set(new), Form::Set(old))
            | (Form::Newtype(new), Form::Newtype(old)) => self.form(new, old),
            (Form::Option(new), old) => self.form(new, old),
            (new, Form::Newtype(old)) => self.form(new, old),
            // An `Option` may be absent, a newtype around it may not.
            (Form::Newtype(new), old) => !matches!(old, Form::Option(_)) && self.form(new, old),
            (Form::Split { written, read }, Form::Split { written: old_written, read: old_read }) => {
                self.form(written, old_written) && self.form(read, old_read)
            }
            (Form::Array(new, many), Form::Array(old, length)) => many == length && self.form(new, old),
            (Form::Map(key, new), Form::Map(old_key, old)) => self.form(key, old_key) && self.form(new, old),
            (Form::Int(new), Form::Int(old)) => {
                new.signed == old.signed && new.bits >= old.bits && (!new.nonzero || old.nonzero)
            }
            (Form::Tuple { items: new, required }, Form::Tuple { items: old, required: once }) => {
                new.len() == old.len()
                    && required <= once
                    && new.iter().zip(old).all(|(new, old)| self.form(new, old))
            }
            (Form::Object(new), Form::Object(old)) => self.object(new, old),
            (Form::Enum(new), Form::Enum(old)) => self.enumeration(new, old),
            (new, old) => new == old,
        }
    }

    fn named(self, new: &str, old: &str) -> bool {
        if self.open.contains(&(new, old)) {
            return true;
        }
        let mut open = self.open.to_vec();
        open.push((new, old));
        match (self.new.types.get(new), self.old.types.get(old)) {
            (Some(new), Some(old)) => Cover { open: &open, ..self }.form(new, old),
            _ => false,
        }
    }

    fn object(self, new: &Object, old: &Object) -> bool {
        let of = |field: &Field| new.fields.iter().find(|new| new.name == field.name || is_read(new, field));
        let is_optional = |field: &Field| {
            field.absent == Absent::Default
                || field.absent == Absent::ByForm && matches!(field.form, Form::Option(_))
        };
        let is_known = |new: &Field| old.fields.iter().any(|old| new.name == old.name || is_read(new, old));
        new.tag == old.tag
            && (!new.closed || old.closed)
            && old.fields.iter().all(|field| of(field).is_some_and(|new| self.field(new, field)))
            && new.fields.iter().all(|field| is_known(field) || is_optional(field) && !field.flat)
    }

    fn field(self, new: &Field, old: &Field) -> bool {
        let reads =
            old.reads.iter().chain([&old.name]).all(|name| new.reads.contains(name) || new.name == *name);
        reads
            && new.flat == old.flat
            && old.written == new.written
            && old.read == new.read
            && (new.absent == old.absent || new.absent == Absent::Default)
            && (new.left_out == old.left_out || new.absent == Absent::Default)
            && self.form(&new.form, &old.form)
    }

    fn enumeration(self, new: &Enum, old: &Enum) -> bool {
        let untagged = |of: &Enum| {
            of.tag == super::Tag::Untagged || of.variants.iter().any(|it| it.untagged || it.other)
        };
        if untagged(new) || untagged(old) {
            return self.same(&Form::Enum(new.clone()), &Form::Enum(old.clone()));
        }
        let of = |old: &Variant| {
            new.variants.iter().find(|new| new.name == old.name || new.reads.contains(&old.name))
        };
        new.tag == old.tag
            && (!new.closed || old.closed)
            && old.variants.iter().all(|variant| of(variant).is_some_and(|new| self.variant(new, variant)))
    }

    fn variant(self, new: &Variant, old: &Variant) -> bool {
        let content = match (&new.content, &old.content) {
            (None, None) => true,
            (Some(new), Some(old)) => self.form(new, old),
            _ => false,
        };
        content
            && new.written == old.written
            && new.read == old.read
            && old.reads.iter().all(|name| new.reads.contains(name) || new.name == *name)
    }

    /// Whether both are equal, with all types that they refer to.
    fn same(self, new: &Form, old: &Form) -> bool {
        new == old && self.new.types == self.old.types
    }
}

/// Whether a field is read from the name under which another one was written.
fn is_read(new: &Field, old: &Field) -> bool {
    new.reads.contains(&old.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::parse;

    /// Whether the first shape covers the second, and the second the first.
    fn both(one: &str, other: &str) -> [bool; 2] {
        let shape = |text: &str| {
            let text = format!("a\n  version 1: fields\n    x: {}\n", text.replace('|', "\n    "));
            parse(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"))[0].versions[&1].clone()
        };
        [covers(&shape(one), &shape(other)), covers(&shape(other), &shape(one))]
    }

    #[test]
    fn what_may_be_absent_and_what_is_wider_covers_more() {
        for wider in [
            ["u64", "u32"],
            ["u32?", "u32"],
            ["u32|y: u8 [default]", "u32"],
            ["u32|y: u8?", "u32"],
            ["u32 [alias z]", "u32"],
            ["u32 [default]", "u32"],
            ["any", "string"],
            ["string", "string(uuid)"],
            ["u32|y: u8 [default]", "u32|y: u8"],
            ["T|type T: variants|  A|  B", "T|type T: variants|  A"],
            ["[T]|type T: fields|  a: u64", "[S]|type S: fields|  a: u8"],
            ["T|type T: fields|  t: T?|  a: u8?", "T|type T: fields|  t: T?"],
        ] {
            assert_eq!(both(wider[0], wider[1]), [true, false], "{wider:?}");
        }
        for same in ["u32", "(write u8 read string)", "{string: u8}", "T|type T: variants [untagged]|  A: u8"]
        {
            assert_eq!(both(same, same), [true, true], "{same}");
        }
    }

    #[test]
    fn a_type_that_is_an_option_of_itself_is_compared_with_other_forms() {
        assert_eq!(both("T|type T: new T?", "u8"), [false, false]);
        assert_eq!(both("T|type T: T", "u8"), [false, false]);
        assert_eq!(both("T|type T: new T?", "S|type S: new S?"), [true, true]);
    }

    #[test]
    fn what_is_only_read_does_not_cover() {
        for other in [
            ["string", "(write string read u64)"],
            ["u64", "string(decimal)"],
            ["(string, u8)", "T|type T: fields|  a: string|  b: u8"],
            ["T|type T: fields|  a: u8", "T|type T: fields [tag kind T]|  a: u8"],
            ["u32|y: null", "u32"],
            ["i32", "u32"],
            ["u32", "f64"],
        ] {
            assert_eq!(both(other[0], other[1]), [false, false], "{other:?}");
        }
    }
}
