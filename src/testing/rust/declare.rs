//! The types of an old version.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    LIBRARY, Now, Old, Written,
    attributes::{DEFAULT, Value, attribute_line, default_path, enum_attributes, renamed, serde_item},
    compare::{form_reads, is_recursive, reads, same_types},
    formats::foreign,
    names::{camel, ident, module_path, path},
};
use crate::schema::{Absent, Field, Form, Object, Part, Shape, TypeSchema, Variant};

/// The type of an old version as it has to be kept.
pub(crate) struct Kept<'a> {
    /// The types, those of the enum's module first.
    pub(crate) code: String,
    /// The type of the version in the code of the enum.
    pub(crate) ty: String,
    /// Its name in its own module.
    pub(crate) name: String,
    /// The module in which the type has to be.
    pub(crate) home: &'a str,
}

/// The type of the version, and every type in it that has changed as well.
pub(crate) fn declaration<'a>(old: &Old<'a>, written: &mut Written<'a>) -> Kept<'a> {
    let mut writer = Writer {
        old: *old,
        written,
        is_key: false,
        is_recursive: false,
        blocks: Vec::new(),
        pending: Vec::new(),
        declared: BTreeMap::new(),
    };
    let (form, now) = old.root();
    let (home, mut name) = (old.home(now), old.name_in_code(old.version));
    if writer.written.names.contains(&(home, name.clone())) {
        name = format!("{}{name}", old.set());
    }
    writer.written.names.insert((home, name.clone()));
    let parameters = writer.root(home, &name, form, now);
    while let Some(stored) = writer.pending.pop() {
        if let (Some(form), Some((name, home, key))) =
            (old.stored.types.get(&stored), writer.declared.get(&stored).cloned())
        {
            writer.is_recursive = is_recursive(&stored, &old.stored.types);
            writer.item(home, &name, form, old.present_type(&stored), key);
        }
    }
    let blocks = writer.blocks;
    let (own, away): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|(module, ..)| *module == old.module());
    let mut code: Vec<String> = Vec::new();
    for (module, text) in own.into_iter().chain(away) {
        let place = module_path(module, old.module());
        let place =
            if module == old.module() { String::new() } else { format!("// in the module `{place}`:\n") };
        code.push(format!("{place}{text}"));
    }
    Kept { code: code.join("\n"), ty: path(&name, home, old.module()) + &parameters, name, home }
}

pub(super) struct Writer<'a, 'w> {
    pub(super) old: Old<'a>,
    written: &'w mut Written<'a>,
    /// Whether a type is named that has to be the key of a map.
    pub(super) is_key: bool,
    /// Whether the type that is being written contains itself.
    pub(super) is_recursive: bool,
    /// Module and code of each type.
    blocks: Vec<(&'a str, String)>,
    /// Further types that must be declared, by their names in the stored shape.
    pending: Vec<String>,
    /// The names of these types, their modules, and whether they are keys.
    declared: BTreeMap<String, (String, &'a str, bool)>,
}

impl<'a> Old<'a> {
    /// The module in which the old form of a type has to be declared: that of the type, whose code it repeats.
    pub(super) fn home(&self, now: Now<'a>) -> &'a str {
        let declaration = now.declared.and_then(|declared| declared.declaration);
        declaration.filter(|_| !now.parts.is_empty()).map_or(self.module(), |declaration| declaration.module)
    }

    /// The name of the type of a version, without its path.
    fn name_in_code(&self, version: u32) -> String {
        let ty = self.type_of(version);
        let ty = ty.split('<').next().unwrap_or_default();
        ty.rsplit("::").next().unwrap_or(ty).to_owned()
    }

    /// The name of a type in an old version. That of an older version which no current one has may keep its name.
    fn name_of_nested(&self, stored: &str) -> String {
        let newest =
            |schema: &&TypeSchema| schema.versions.last().is_some_and(|it| it.types.contains_key(stored));
        let is_older = self.schema().is_some_and(|schema| (self.version as usize) < schema.versions.len());
        let is_present = self.present.types.contains_key(stored);
        if is_older && is_present && !self.program.iter().any(|schema| newest(&schema)) {
            return stored.to_owned();
        }
        let name = format!("{stored}V{}", self.version);
        if self.is_taken(&name) { format!("{}{name}", self.variant().trim_start_matches("r#")) } else { name }
    }

    /// Whether the present code can be repeated for a stored field, and reads it.
    pub(super) fn is_kept(&self, stored: &Field, now: Now<'a>) -> bool {
        now.field(stored).is_some_and(|field| {
            let same = field.form == stored.form
                && same_types(&stored.form, &self.stored.types, &self.present.types);
            same || !self.exact && reads((field, self.present), (stored, self.stored))
        })
    }

    fn is_kept_form(&self, stored: &Form, now: Option<&Form>) -> bool {
        let shape = |form: &Form, of: &Shape| Shape { form: form.clone(), types: of.types.clone() };
        let is_same =
            |now: &Form| now == stored && same_types(stored, &self.stored.types, &self.present.types);
        now.is_some_and(|now| match self.exact {
            true => is_same(now),
            false => form_reads(&shape(now, self.present), &shape(stored, self.stored)),
        })
    }

    /// The name of a stored field in Rust.
    pub(super) fn ident(stored: &Field, now: Now<'a>) -> String {
        now.part(&stored.name).map_or_else(|| ident(&stored.name), |part| part.ident.to_owned())
    }
}

impl<'a> Writer<'a, '_> {
    pub(super) fn declares(&self, stored: &str) -> bool {
        self.declared.contains_key(stored)
    }

    /// The name and the module of a type that is declared later.
    pub(super) fn declare_later(&mut self, stored: &str) -> (String, &'a str) {
        let is_key = self.is_key;
        if let Some((name, home, key)) = self.declared.get_mut(stored) {
            *key |= is_key;
            return (name.clone(), home);
        }
        let old = self.old;
        let home = old.home(old.present_type(stored));
        let same = |(shape, name, module, _): &&(&Shape, String, &str, String)| {
            let form = Form::Named(stored.to_owned());
            name == stored && *module == home && same_types(&form, &shape.types, &old.stored.types)
        };
        if let Some((.., name)) = self.written.nested.iter().find(same) {
            let known = (name.clone(), home);
            self.declared.insert(stored.to_owned(), (name.clone(), home, is_key));
            return known;
        }
        let mut name = old.name_of_nested(stored);
        if self.written.names.contains(&(home, name.clone())) {
            name = format!("{}{name}", old.variant().trim_start_matches("r#"));
        }
        self.written.names.insert((home, name.clone()));
        self.written.nested.push((old.stored, stored.to_owned(), home, name.clone()));
        self.declared.insert(stored.to_owned(), (name.clone(), home, is_key));
        self.pending.insert(0, stored.to_owned());
        (name, home)
    }

    /// Writes the type of the version. Returns its arguments.
    fn root(&mut self, home: &'a str, name: &str, form: &Form, now: Now<'a>) -> String {
        self.item(home, name, form, now, false);
        let Some(event) = self.old.declared().map(|declared| declared.event) else { return String::new() };
        let Some((.., text)) = self.blocks.last_mut() else { return String::new() };
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let bare = |name: &'static str| name.trim_start_matches("const ");
        let used: Vec<_> = event.parameters.iter().filter(|(name, _)| words.contains(&bare(name))).collect();
        if used.is_empty() {
            return String::new();
        }
        let list = |items: Vec<&str>| format!("<{}>", items.join(", "));
        let parameters = list(used.iter().map(|(_, declared)| *declared).collect());
        *text = text.replacen(&format!(" {name}"), &format!(" {name}{parameters}"), 1);
        list(used.iter().map(|(name, _)| bare(name)).collect())
    }

    fn item(&mut self, module: &'a str, name: &str, form: &Form, now: Now<'a>, key: bool) {
        let public = if module == self.old.module() { "" } else { "pub(crate) " };
        let traits = if key { ", PartialEq, Eq, PartialOrd, Ord" } else { "" };
        let mut text = format!("#[derive(Deserialize, Schema{traits})]\n");
        let library = self.old.library();
        if library != LIBRARY {
            let _ = writeln!(text, "#[eventsource(crate = {library:?})]");
        }
        match form {
            Form::Object(object) => {
                let default = self.container_default(object, now);
                let mut attributes: Vec<String> = default.map(str::to_owned).into_iter().collect();
                if let Some((tag, name)) = &object.tag {
                    attributes.extend([format!("tag = {tag:?}"), format!("rename = {name:?}")]);
                }
                if object.closed {
                    attributes.push("deny_unknown_fields".to_owned());
                }
                let fields = self.fields(object, now, module, 1, public, default.is_some());
                text += &attribute_line(&attributes, 0);
                let braces = if fields.is_empty() { "{}".to_owned() } else { format!("{{\n{fields}}}") };
                let _ = writeln!(text, "{public}struct {name} {braces}");
                if let Some(default) = default {
                    text += &self.default_impl(name, object, now, default);
                }
            }
            Form::Enum(of) => {
                text += &attribute_line(&enum_attributes(of), 0);
                let variants: Vec<String> =
                    of.variants.iter().map(|variant| self.variant(variant, now, module)).collect();
                let _ = writeln!(text, "{public}enum {name} {{\n{}}}", variants.concat());
            }
            Form::Tuple { items, required } => {
                let item = |(index, item)| {
                    let default =
                        if index < *required { String::new() } else { format!("#[serde({DEFAULT})] ") };
                    format!("{default}{public}{}", self.ty(item, module))
                };
                let items: Vec<String> = items.iter().enumerate().map(item).collect();
                let _ = writeln!(text, "{public}struct {name}({});", items.join(", "));
            }
            Form::Newtype(inner) => {
                let present = if let Some(Form::Newtype(inner)) = now.form { Some(&**inner) } else { None };
                let part = now.parts.first().filter(|_| self.old.is_kept_form(inner, present));
                let value = self.value(inner, part, module).on_one_line(public);
                let _ = writeln!(text, "{public}struct {name}({value});");
            }
            form => {
                let value = self.value(form, None, module).on_one_line(public);
                let _ = writeln!(text, "#[serde(transparent)]\n{public}struct {name}({value});");
            }
        }
        self.blocks.push((module, text));
    }

    fn variant(&mut self, variant: &Variant, now: Now<'a>, module: &'a str) -> String {
        let present = if let Some(Form::Enum(of)) = now.form {
            let named =
                |name: &String| of.variants.iter().find(|it| it.name == *name || it.reads.contains(name));
            named(&variant.name)
        } else {
            None
        };
        let part = now.part(&variant.name);
        let ident = part.map_or_else(|| camel(&variant.name), |part| part.ident.to_owned());
        let mut attributes = renamed(&ident, &variant.name, &variant.reads);
        if variant.other {
            attributes.push("other".to_owned());
        }
        if variant.untagged {
            attributes.push("untagged".to_owned());
        }
        let attributes = attribute_line(&attributes, 1);
        let form = present.and_then(|variant| variant.content.as_ref());
        let parts = part.map_or(&[][..], |part| part.parts);
        let now = Now { form, parts, declared: None };
        match &variant.content {
            None => format!("{attributes}    {ident},\n"),
            Some(Form::Object(object)) => {
                let fields = self.fields(object, now, module, 2, "", false);
                format!("{attributes}    {ident} {{\n{fields}    }},\n")
            }
            Some(Form::Tuple { items, required }) => {
                let item = |(index, item)| {
                    let default =
                        if index < *required { String::new() } else { format!("#[serde({DEFAULT})] ") };
                    default + &self.ty(item, module)
                };
                let items: Vec<String> = items.iter().enumerate().map(item).collect();
                format!("{attributes}    {ident}({}),\n", items.join(", "))
            }
            Some(form) => {
                let part = parts.first().filter(|_| self.old.is_kept_form(form, now.form));
                format!("{attributes}    {ident}({}),\n", self.value(form, part, module).on_one_line(""))
            }
        }
    }

    fn fields(
        &mut self,
        object: &Object,
        now: Now<'a>,
        module: &'a str,
        depth: usize,
        public: &str,
        defaulted: bool,
    ) -> String {
        let mut text = String::new();
        for field in object.fields.iter().filter(|field| field.read) {
            let ident = Old::ident(field, now);
            let part = now.field(field).and_then(|field| now.part(&field.name));
            let part = part.filter(|_| self.old.is_kept(field, now));
            let mut attributes = renamed(&ident, &field.name, &field.reads);
            let value = self.value(&field.form, part, module);
            match part.and_then(|part| serde_item(part.serde, "default")) {
                _ if field.absent != Absent::Default => {}
                Some(default) => attributes.push(default.to_owned()),
                None if defaulted => {}
                None => attributes.push(DEFAULT.to_owned()),
            }
            if field.flat {
                attributes.push("flatten".to_owned());
            }
            attributes.extend(value.serde);
            text.push_str(&attribute_line(&attributes, depth));
            if let Some(schema) = value.schema {
                let _ = writeln!(text, "{:1$}#[schema({schema})]", "", depth * 4);
            }
            let _ = writeln!(text, "{:2$}{public}{ident}: {},", "", value.ty, depth * 4);
        }
        text
    }

    /// The type of a value with its attributes: as in the present code, or made from the form.
    fn value(&mut self, form: &Form, part: Option<&'a Part>, module: &'a str) -> Value {
        let Some(part) = part else {
            let schema = foreign(form).map(|format| format!("as = {format:?}"));
            return Value { serde: Vec::new(), schema, ty: self.ty(form, module) };
        };
        let serde = ["with", "deserialize_with"].iter().filter_map(|key| serde_item(part.serde, key));
        let schema = part.schema.first().map(|&item| item.to_owned());
        Value { serde: serde.map(str::to_owned).collect(), schema, ty: part.ty.to_owned() }
    }

    /// The attribute of a type whose fields all have their defaults from the type.
    fn container_default(&self, object: &Object, now: Now<'a>) -> Option<&'a str> {
        let all =
            object.fields.iter().filter(|field| field.read).all(|field| field.absent == Absent::Default);
        let declaration = now.declared?.declaration.filter(|_| all && !now.parts.is_empty())?;
        serde_item(declaration.serde, "default").map(|_| "default")
    }

    /// The defaults of a type that has changed: those of the present type, where it has the field.
    fn default_impl(&self, name: &str, object: &Object, now: Now<'a>, default: &str) -> String {
        let Some(declaration) = now.declared.and_then(|declared| declared.declaration) else {
            return String::new();
        };
        let function = serde_item(declaration.serde, default).and_then(default_path);
        let function = function.map_or_else(|| format!("{}::default", declaration.name), str::to_owned);
        let mut fields = String::new();
        for field in object.fields.iter().filter(|field| field.read) {
            let ident = Old::ident(field, now);
            let part = now.field(field).and_then(|field| now.part(&field.name));
            let value = match part.filter(|_| self.old.is_kept(field, now)) {
                Some(part) => format!("now.{}", part.ident),
                None => "/* its former default */".to_owned(),
            };
            let _ = writeln!(fields, "            {ident}: {value},");
        }
        format!(
            "\nimpl Default for {name} {{\n    fn default() -> Self {{\n        let now = {function}();\n        \
             Self {{\n{fields}        }}\n    }}\n}}\n"
        )
    }
}
