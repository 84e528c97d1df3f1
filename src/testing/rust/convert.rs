//! The conversion of an old version into the next.

use std::fmt::Write;

use super::{
    Now, Old,
    attributes::{default_path, serde_item},
    declare::Kept,
    names::{ident, module_path, path},
};
use crate::schema::{Absent, Field, Form, Part};

/// The conversion from the version to the next.
pub(crate) fn conversion(old: &Old<'_>, kept: &Kept<'_>) -> String {
    let mut text = hop_before(old, kept);
    let variant = old.variant();
    let (_, now) = old.root();
    let declared = old.declared().map(|declared| &declared.event.variant);
    // A variant is a newtype if its payload is a type of its own, or if its field has no name.
    let wrapped = declared.and_then(|variant| variant.parts.first().filter(|part| part.ident == "0"));
    let value = match (now.object(), now.declared) {
        (Some(_), _) if old.is_command() => format!("Self {{ {} }}", inits(old, now)),
        _ if old.is_command() => "Self(/* what became of `old` */)".to_owned(),
        (Some(_), None) if declared.is_some_and(|variant| variant.ty.is_empty()) => {
            format!("Self::{variant}")
        }
        (Some(_), None) if wrapped.is_none() => format!("Self::{variant} {{ {} }}", inits(old, now)),
        (Some(_), Some(payload)) => {
            let declaration = payload.declaration;
            let name = declaration.map_or("Payload", |declaration| declaration.name);
            let inner = if kept.home == old.module() {
                let home = declaration.map_or("", |declaration| declaration.module);
                format!("{} {{ {} }}", path(name, home, old.module()), inits(old, now))
            } else {
                let place = module_path(kept.home, old.module());
                let body = format!("Self {{ {} }}", inits(old, now));
                let _ = writeln!(text, "// in the module `{place}`:");
                text += &implementation("", &kept.name, name, "", &body);
                text.push('\n');
                "old.into()".to_owned()
            };
            let pointer =
                wrapped.and_then(|part| ["Box", "Rc", "Arc"].into_iter().find(|it| points(part.ty, it)));
            let inner = pointer.map_or_else(|| inner.clone(), |pointer| format!("{pointer}::new({inner})"));
            format!("Self::{variant}({inner})")
        }
        _ => format!("Self::{variant}(/* what became of `old` */)"),
    };
    let (parameters, set) = head(old);
    let bounds = old.declared().map_or("", |declared| declared.event.bounds);
    text += &implementation(&parameters, &kept.ty, &set, bounds, &value);
    text
}

/// The parameters of the enum, and the enum with its arguments.
fn head(old: &Old<'_>) -> (String, String) {
    let parameters = old.declared().map_or(&[][..], |declared| declared.event.parameters);
    if parameters.is_empty() {
        return (String::new(), old.set().to_owned());
    }
    let list = |items: Vec<&str>| format!("<{}>", items.join(", "));
    let arguments = list(parameters.iter().map(|(name, _)| name.trim_start_matches("const ")).collect());
    let parameters = list(parameters.iter().map(|(_, declared)| *declared).collect());
    (parameters, format!("{}{arguments}", old.set()))
}

fn implementation(parameters: &str, from: &str, into: &str, bounds: &str, value: &str) -> String {
    let bounds = if bounds.is_empty() { String::new() } else { format!("\n{bounds}\n") };
    // An open place may need it.
    let old = if value.contains("old") || value.contains("/*") { "old" } else { "_" };
    let space = if bounds.is_empty() { " " } else { "" };
    format!(
        "impl{parameters} From<{from}> for {into}{bounds}{space}{{\n    fn from({old}: {from}) -> Self {{\n        \
         {value}\n    }}\n}}\n"
    )
}

/// The conversion into the old version, which was one into the present form until now. An upcaster function needs none.
fn hop_before(old: &Old<'_>, kept: &Kept<'_>) -> String {
    if old.version == 1 {
        return String::new();
    }
    let before = old.type_of(old.version - 1);
    let upcasts = [format!("upcast({} = ", old.version - 1), format!(", {} = ", old.version - 1)];
    let ends = |item: &&str| upcasts.iter().any(|upcast| item.contains(upcast.as_str()));
    if old.declared().is_some_and(|declared| declared.event.event.iter().any(ends)) {
        return String::new();
    }
    let (parameters, set) = head(old);
    let replaced = format!("impl{parameters} From<{before}> for {set}");
    let parameters = if kept.ty.contains('<') { parameters } else { String::new() };
    let body = format!("/* what `{replaced}` returned, as a `{}` */", kept.name);
    format!("// in place of `{replaced}`:\n{}\n", implementation(&parameters, &before, &kept.ty, "", &body))
}

/// Whether a type is such a pointer.
fn points(ty: &str, pointer: &str) -> bool {
    let name = ty.split('<').next().unwrap_or(ty);
    ty.contains('<') && name.rsplit("::").next() == Some(pointer)
}

/// The fields of the new version.
fn inits(old: &Old<'_>, now: Now<'_>) -> String {
    let Some(object) = now.object() else { return String::new() };
    if now.parts.is_empty() {
        let init = |field: &Field| format!("{}: {}", ident(&field.name), init(old, now, field, None));
        return object.fields.iter().map(init).collect::<Vec<_>>().join(", ");
    }
    let init = |part: &Part| {
        let field = object.fields.iter().find(|field| field.name == part.name && field.read);
        let value = field.map_or_else(|| default_of(part), |field| init(old, now, field, Some(part)));
        format!("{}: {value}", part.ident)
    };
    now.parts.iter().map(init).collect::<Vec<_>>().join(", ")
}

/// The value of one field of the new version.
fn init(old: &Old<'_>, now: Now<'_>, field: &Field, part: Option<&Part>) -> String {
    let fields = match old.root().0 {
        Form::Object(object) => &object.fields[..],
        _ => &[],
    };
    let is_read_by =
        |stored: &Field, field: &Field| now.field(stored).is_some_and(|it| it.name == field.name);
    let read: Vec<&Field> = fields.iter().filter(|stored| stored.read && is_read_by(stored, field)).collect();
    match read[..] {
        [] => {}
        // Without its code, the type of the old field is known only if the form is the same.
        [stored] if old.is_kept(stored, now) && (part.is_some() || stored.form == field.form) => {
            return format!("old.{}", Old::ident(stored, now));
        }
        _ => {
            let idents: Vec<String> =
                read.iter().map(|stored| format!("`old.{}`", Old::ident(stored, now))).collect();
            return format!("/* what became of {} */", idents.join(" and "));
        }
    }
    // If a former field is missing, this may be the same one under another name.
    let is_new = fields.iter().all(|stored| now.field(stored).is_some());
    match (part, &field.form) {
        (Some(part), _) if is_new && serde_item(part.serde, "default").is_some() => default_of(part),
        (_, Form::Option(_)) if is_new && field.absent == Absent::ByForm => "None".to_owned(),
        _ => "/* what it was */".to_owned(),
    }
}

/// What serde gives a field that is absent or skipped.
fn default_of(part: &Part) -> String {
    let function = serde_item(part.serde, "default").and_then(default_path);
    format!("{}()", function.unwrap_or("Default::default"))
}
