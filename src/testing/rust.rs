//! Shapes as Rust code: the lines that give the user the type of an older version back.
//!
//! What is the same in the present code is written as there. What only the former code had, such as the function of a
//! default, is left to the user: a comment in a place where it does not compile.

mod attributes;
mod compare;
mod convert;
mod declare;
mod formats;
mod names;
mod types;

use std::collections::BTreeSet;

pub(super) use self::{convert::conversion, declare::declaration};
use crate::schema::{DeclaredEvent, DeclaredType, Field, Form, Object, Part, Shape, TypeSchema};
use names::camel;

/// A version of an event type whose type must be kept.
#[derive(Clone, Copy)]
pub(super) struct Old<'a> {
    pub(super) event: &'a str,
    pub(super) version: u32,
    /// The stored shape.
    pub(super) stored: &'a Shape,
    /// The current shape of the version.
    pub(super) present: &'a Shape,
    /// All events of the program.
    pub(super) program: &'a [TypeSchema],
    /// Whether only types of the same form are used as they are: others may read the accepted form, but not all that is
    /// stored.
    pub(super) exact: bool,
}

/// Types that are written already: several versions and events may refer to one.
#[derive(Default)]
pub(super) struct Written<'a> {
    /// Each module with the name in it.
    names: BTreeSet<(&'a str, String)>,
    /// Each name in a stored shape with the module and the name of the type.
    nested: Vec<(&'a Shape, String, &'a str, String)>,
}

/// The path of this crate for users who do not rename it.
const LIBRARY: &str = "::eventsource";

/// A type or variant as the present code declares it.
#[derive(Clone, Copy, Default)]
struct Now<'a> {
    form: Option<&'a Form>,
    /// Empty where its code has no meaning in the place of the old type.
    parts: &'a [Part],
    declared: Option<&'a DeclaredType>,
}

impl<'a> Old<'a> {
    fn schema(&self) -> Option<&'a TypeSchema> {
        self.program.iter().find(|schema| schema.name == self.event)
    }

    fn declared(&self) -> Option<&'a DeclaredEvent> {
        self.schema()?.declared.as_ref()
    }

    /// The enum of the event.
    pub(super) fn set(&self) -> &'a str {
        self.schema().map_or("Self", |schema| schema.set)
    }

    /// File and line of the enum.
    pub(super) fn place(&self) -> Option<&'a str> {
        self.declared().map(|declared| declared.event.place)
    }

    /// The module of the enum.
    fn module(&self) -> &'a str {
        self.declared().map_or("", |declared| declared.event.module)
    }

    /// The path of this crate.
    fn library(&self) -> &'a str {
        self.declared().map_or(LIBRARY, |declared| declared.event.krate)
    }

    /// The name of the variant. Without a derive, `account.was_opened` is likely `WasOpened`.
    pub(super) fn variant(&self) -> String {
        let guess = || camel(self.event.rsplit('.').next().unwrap_or(self.event));
        self.declared().map_or_else(guess, |declared| declared.event.variant.ident.to_owned())
    }

    /// The name of the attribute that has the version.
    pub(super) fn attribute(&self) -> &'a str {
        self.declared().map_or("event", |declared| declared.event.attribute)
    }

    /// Whether this is a scheduled command, which is a struct, and not a variant.
    pub(super) fn is_command(&self) -> bool {
        self.attribute() == "command"
    }

    /// Whether there is such an attribute.
    pub(super) fn has_attribute(&self) -> bool {
        self.declared().is_some_and(|it| !it.event.event.is_empty() || !it.event.older.is_empty())
    }

    /// The type of an older version, as its name or path in the code of the enum.
    fn type_of(&self, version: u32) -> String {
        let older = self.declared().map_or(&[][..], |declared| declared.event.older);
        let known = older.get(version as usize - 1).map(|&ty| ty.to_owned());
        known.unwrap_or_else(|| self.name_of(version))
    }

    fn name_of(&self, version: u32) -> String {
        let variant = self.variant();
        let name = format!("{}V{version}", variant.trim_start_matches("r#"));
        if self.is_taken(&name) { format!("{}{name}", self.set()) } else { name }
    }

    fn is_taken(&self, name: &str) -> bool {
        self.program.iter().flat_map(|schema| &schema.versions).any(|shape| shape.types.contains_key(name))
    }

    /// The root of the old type, and what has become of it.
    fn root(&self) -> (&'a Form, Now<'a>) {
        let form = resolved(self.stored);
        let Some(declared) = self.declared() else { return (form, Now::default()) };
        let present = Some(resolved(self.present));
        let types = declared.types.get(self.version as usize - 1);
        let now = match &self.present.form {
            Form::Named(name) => {
                let declared = types.and_then(|types| types.get(name));
                Now { form: present, parts: self.parts_of(declared), declared }
            }
            Form::Object(_) => Now { form: present, parts: declared.event.variant.parts, declared: None },
            _ => Now { form: present, ..Now::default() },
        };
        (form, now)
    }

    /// The parts of a type whose code can be repeated next to it. A type with parameters has another code in each use,
    /// and a type of another crate is out of reach.
    fn parts_of(&self, declared: Option<&'a DeclaredType>) -> &'a [Part] {
        let declaration = declared.and_then(|declared| declared.declaration);
        let near = declaration.filter(|it| !it.generic && krate(it.module) == krate(self.module()));
        near.map_or(&[], |declaration| declaration.parts)
    }
}

impl<'a> Now<'a> {
    fn object(&self) -> Option<&'a Object> {
        match self.form {
            Some(Form::Object(object)) => Some(object),
            _ => None,
        }
    }

    /// The present field that reads a stored one.
    fn field(&self, stored: &Field) -> Option<&'a Field> {
        let fields = &self.object()?.fields;
        let same = fields.iter().find(|field| field.name == stored.name);
        same.or_else(|| fields.iter().find(|field| field.reads.contains(&stored.name)))
    }

    fn part(&self, name: &str) -> Option<&'a Part> {
        self.parts.iter().find(|part| part.name == name)
    }
}

/// The attribute with the new version.
pub(super) fn attribute(old: &Old<'_>, written: &str) -> String {
    let (upcasts, names): (Vec<&str>, Vec<&str>) = old
        .declared()
        .map_or(&[][..], |declared| declared.event.event)
        .iter()
        .partition(|item| item.starts_with("upcast"));
    let from: Vec<String> =
        (1..old.version).map(|version| old.type_of(version)).chain([written.to_owned()]).collect();
    let version = [format!("version = {}", old.version + 1), format!("from({})", from.join(", "))];
    let own = |items: Vec<&str>| items.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let items = [own(names), version.to_vec(), own(upcasts)].concat();
    format!("#[{}({})]\n", old.attribute(), items.join(", "))
}

/// The form of a shape, or that of the type that it names.
fn resolved(shape: &Shape) -> &Form {
    match &shape.form {
        Form::Named(name) => shape.types.get(name).unwrap_or(&shape.form),
        form => form,
    }
}

fn krate(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}
