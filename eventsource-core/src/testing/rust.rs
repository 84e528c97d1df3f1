//! Shapes as Rust code: the lines that give the user the type of an older version back.

use std::{collections::BTreeMap, fmt::Write};

use crate::schema::{Absent, Enum, Field, Float, Form, Object, Shape, Tag, Variant};

/// A version of an event type whose type must be kept.
pub(super) struct Old<'a> {
    pub(super) event: &'a str,
    pub(super) version: u32,
    /// The stored shape.
    pub(super) stored: &'a Shape,
    /// The current shape of the version.
    pub(super) present: &'a Shape,
    /// All types that events refer to now. A type with the same name and form need not be written again.
    pub(super) types: &'a BTreeMap<String, Form>,
}

impl Old<'_> {
    /// The likely Rust name of the variant: `account.was_opened` is `WasOpened`.
    fn variant(&self) -> String {
        camel(self.event.rsplit('.').next().unwrap_or(self.event))
    }

    /// The name of the type of a version.
    fn type_name(&self, version: u32) -> String {
        format!("{}V{version}", self.variant())
    }
}

/// The type of the version, and every type in it that has changed as well.
pub(super) fn declaration(old: &Old<'_>) -> String {
    let mut writer = Writer { old, text: String::new(), pending: Vec::new(), written: Vec::new() };
    let root = match &old.stored.form {
        Form::Named(name) => old.stored.types.get(name).unwrap_or(&old.stored.form),
        form => form,
    };
    writer.item(&old.type_name(old.version), root);
    while let Some(name) = writer.pending.pop() {
        if let Some(form) = old.stored.types.get(&name) {
            let ty = writer.old_name(&name);
            writer.item(&ty, form);
        }
    }
    writer.text
}

/// The attribute with the new version.
pub(super) fn attribute(old: &Old<'_>) -> String {
    let from: Vec<String> = (1..=old.version).map(|version| old.type_name(version)).collect();
    format!("#[event(version = {}, from({}))]\n", old.version + 1, from.join(", "))
}

/// The conversion from the version to the next.
pub(super) fn conversion(old: &Old<'_>, set: &str) -> String {
    let (ty, variant) = (old.type_name(old.version), old.variant());
    let present = match &old.present.form {
        Form::Named(name) => old.present.types.get(name).map(|form| (Some(name), form)),
        form => Some((None, form)),
    };
    let mut text = String::new();
    if old.version > 1 {
        let before = old.type_name(old.version - 1);
        let _ = writeln!(text, "// in place of `impl From<{before}> for {set}`:");
        let _ = writeln!(text, "impl From<{before}> for {ty} {{ /* … */ }}\n");
    }
    let value = match present {
        Some((inner, Form::Object(object))) => {
            let fields: Vec<String> = object.fields.iter().map(|field| carried(old, field)).collect();
            let fields = format!("{{ {} }}", fields.join(", "));
            match inner {
                None if object.fields.is_empty() => format!("Self::{variant}"),
                None => format!("Self::{variant} {fields}"),
                Some(inner) => format!("Self::{variant}({inner} {fields})"),
            }
        }
        _ => format!("Self::{variant}(/* what became of it */)"),
    };
    let _ = write!(
        text,
        "impl From<{ty}> for {set} {{\n    fn from(old: {ty}) -> Self {{\n        {value}\n    }}\n}}\n"
    );
    text
}

/// A field of the new version: carried over if the old one has it in the same form.
fn carried(old: &Old<'_>, field: &Field) -> String {
    let ident = ident(&field.name);
    let stored = match &old.stored.form {
        Form::Named(name) => old.stored.types.get(name),
        form => Some(form),
    };
    let same = match stored {
        Some(Form::Object(object)) => object.fields.iter().any(|stored| {
            stored.name == field.name
                && stored.form == field.form
                && same_types(&field.form, &old.stored.types, old.types)
        }),
        _ => false,
    };
    if same { format!("{ident}: old.{ident}") } else { format!("{ident}: /* what it was */") }
}

struct Writer<'a> {
    old: &'a Old<'a>,
    text: String,
    /// Further types that must be declared.
    pending: Vec<String>,
    written: Vec<String>,
}

impl Writer<'_> {
    fn item(&mut self, name: &str, form: &Form) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let mut attributes = Vec::new();
        match form {
            Form::Object(object) => {
                if object.closed {
                    attributes.push("deny_unknown_fields".to_owned());
                }
                self.head(&attributes);
                let fields = self.fields(object, 1);
                let _ = writeln!(self.text, "struct {name} {{\n{fields}}}");
            }
            Form::Enum(of) => self.enumeration(name, of),
            form => {
                self.head(&["transparent".to_owned()]);
                let form = if let Form::Newtype(inner) = form { inner } else { form };
                let ty = self.ty(form);
                let _ = writeln!(self.text, "struct {name}({ty});");
            }
        }
    }

    fn head(&mut self, serde: &[String]) {
        self.text.push_str("#[derive(Deserialize, Schema)]\n");
        if !serde.is_empty() {
            let _ = writeln!(self.text, "#[serde({})]", serde.join(", "));
        }
    }

    fn enumeration(&mut self, name: &str, of: &Enum) {
        let mut attributes = match &of.tag {
            Tag::External => Vec::new(),
            Tag::Internal(tag) => vec![format!("tag = {tag:?}")],
            Tag::Adjacent { tag, content } => {
                vec![format!("tag = {tag:?}"), format!("content = {content:?}")]
            }
            Tag::Untagged => vec!["untagged".to_owned()],
        };
        if of.closed {
            attributes.push("deny_unknown_fields".to_owned());
        }
        self.head(&attributes);
        let variants: Vec<String> = of.variants.iter().map(|variant| self.variant(variant)).collect();
        let _ = writeln!(self.text, "enum {name} {{\n{}}}", variants.concat());
    }

    fn variant(&mut self, variant: &Variant) -> String {
        let ident = camel(&variant.name);
        let mut attributes = Vec::new();
        if ident != variant.name {
            attributes.push(format!("rename = {:?}", variant.name));
        }
        attributes.extend(aliases(&variant.name, &variant.reads));
        if variant.other {
            attributes.push("other".to_owned());
        }
        if variant.untagged {
            attributes.push("untagged".to_owned());
        }
        let attributes = attribute_line(&attributes, 1);
        match &variant.content {
            None => format!("{attributes}    {ident},\n"),
            Some(Form::Object(object)) => {
                format!("{attributes}    {ident} {{\n{}    }},\n", self.fields(object, 2))
            }
            Some(Form::Tuple { items, .. }) => {
                let items: Vec<String> = items.iter().map(|item| self.ty(item)).collect();
                format!("{attributes}    {ident}({}),\n", items.join(", "))
            }
            Some(form) => format!("{attributes}    {ident}({}),\n", self.ty(form)),
        }
    }

    fn fields(&mut self, object: &Object, depth: usize) -> String {
        let mut text = String::new();
        for field in object.fields.iter().filter(|field| field.written || field.read) {
            let ident = ident(&field.name);
            let mut attributes = Vec::new();
            if ident.trim_start_matches("r#") != field.name {
                attributes.push(format!("rename = {:?}", field.name));
            }
            attributes.extend(aliases(&field.name, &field.reads));
            if field.absent == Absent::Default {
                attributes.push("default".to_owned());
            }
            if field.flat {
                attributes.push("flatten".to_owned());
            }
            text.push_str(&attribute_line(&attributes, depth));
            if let Some(format) = foreign(&field.form) {
                let _ = writeln!(text, "{:1$}#[schema(as = {format:?})]", "", depth * 4);
            }
            let _ = writeln!(text, "{:2$}{ident}: {},", "", self.ty(&field.form), depth * 4);
        }
        text
    }

    fn ty(&mut self, form: &Form) -> String {
        match form {
            Form::Any => "serde_json::Value".to_owned(),
            Form::Null => "()".to_owned(),
            Form::Bool => "bool".to_owned(),
            Form::Int(int) if int.nonzero => {
                format!("std::num::NonZero{}{}", if int.signed { 'I' } else { 'U' }, int.bits)
            }
            Form::Int(int) => format!("{}{}", if int.signed { 'i' } else { 'u' }, int.bits),
            Form::Float(Float::F32) => "f32".to_owned(),
            Form::Float(Float::F64) => "f64".to_owned(),
            Form::Char => "char".to_owned(),
            Form::Text => "String".to_owned(),
            Form::Formatted(format) => known_format(format).unwrap_or("String").to_owned(),
            Form::Option(inner) => format!("Option<{}>", self.ty(inner)),
            Form::List(item) => format!("Vec<{}>", self.ty(item)),
            Form::Set(item) => format!("BTreeSet<{}>", self.ty(item)),
            Form::Array(item, length) => format!("[{}; {length}]", self.ty(item)),
            Form::Tuple { items, .. } => {
                let items: Vec<String> = items.iter().map(|item| self.ty(item)).collect();
                format!("({}{})", items.join(", "), if items.len() == 1 { "," } else { "" })
            }
            Form::Map(key, value) => format!("BTreeMap<{}, {}>", self.ty(key), self.ty(value)),
            Form::Newtype(inner) | Form::Split { written: inner, .. } => self.ty(inner),
            Form::Named(name) => self.named(name),
            // Shapes that were parsed from a snapshot have names for these.
            Form::Object(_) | Form::Enum(_) => "serde_json::Value".to_owned(),
        }
    }

    /// A type by its name if it is unchanged; otherwise one more type to declare.
    fn named(&mut self, name: &str) -> String {
        let form = Form::Named(name.to_owned());
        if same_types(&form, &self.old.stored.types, self.old.types) {
            return name.to_owned();
        }
        if !self.written.iter().any(|written| written == name) {
            self.written.push(name.to_owned());
            self.pending.insert(0, name.to_owned());
        }
        self.old_name(name)
    }

    fn old_name(&self, name: &str) -> String {
        format!("{name}V{}", self.old.version)
    }
}

/// Whether all types that a form refers to are equal in both.
fn same_types(form: &Form, a: &BTreeMap<String, Form>, b: &BTreeMap<String, Form>) -> bool {
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

/// A known type with this format.
fn known_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "uuid" => "uuid::Uuid",
        "timestamp" => "Timestamp",
        "decimal" => "rust_decimal::Decimal",
        "ip" => "std::net::IpAddr",
        "ipv4" => "std::net::Ipv4Addr",
        "ipv6" => "std::net::Ipv6Addr",
        _ => return None,
    })
}

/// The argument of `#[schema(as = …)]` for a type that is written as plain `String` here.
fn foreign(form: &Form) -> Option<String> {
    match form {
        Form::Formatted(format) if known_format(format).is_none() => Some(form.to_string()),
        Form::Option(inner) => foreign(inner).map(|inner| format!("{inner}?")),
        _ => None,
    }
}

fn aliases(name: &str, reads: &[String]) -> Vec<String> {
    reads.iter().filter(|read| *read != name).map(|alias| format!("alias = {alias:?}")).collect()
}

fn attribute_line(attributes: &[String], depth: usize) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    format!("{:2$}#[serde({})]\n", "", attributes.join(", "), depth * 4)
}

/// A field name as Rust writes it: `itemName` is `item_name`.
fn ident(name: &str) -> String {
    let mut ident = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !ident.is_empty() && !ident.ends_with('_') {
            ident.push('_');
        }
        ident.extend(if c.is_alphanumeric() { c.to_lowercase().next() } else { Some('_') });
    }
    if ident.is_empty() || ident.starts_with(|c: char| c.is_numeric()) {
        ident.insert(0, '_');
    }
    const WORDS: &[&str] = &[
        "as", "async", "await", "box", "break", "const", "continue", "do", "dyn", "else", "enum", "extern",
        "final", "fn", "for", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
        "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type",
        "typeof", "unsafe", "use", "virtual", "where", "while", "yield",
    ];
    if WORDS.contains(&ident.as_str()) { format!("r#{ident}") } else { ident }
}

/// A variant as Rust writes it: `was_opened` is `WasOpened`.
fn camel(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let camel: String = parts
        .map(|part| {
            let mut chars = part.chars();
            chars
                .next()
                .map(|first| first.to_uppercase().chain(chars).collect::<String>())
                .unwrap_or_default()
        })
        .collect();
    if camel.starts_with(|c: char| c.is_numeric()) || camel.is_empty() { format!("_{camel}") } else { camel }
}
