//! The types of fields.

use super::{
    Now, Old,
    compare::{is_recursive, same_types},
    declare::Writer,
    formats::known_format,
    krate,
    names::{arguments, module_path, path},
};
use crate::schema::{DeclaredType, Float, Form};

impl<'a> Writer<'a, '_> {
    /// The type of a form, as code in that module.
    pub(super) fn ty(&mut self, form: &Form, module: &'a str) -> String {
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
            Form::Formatted(format) if format == "timestamp" => format!("{}::Timestamp", self.old.library()),
            Form::Formatted(format) => known_format(format).unwrap_or("String").to_owned(),
            Form::Option(inner) => format!("Option<{}>", self.ty(inner, module)),
            Form::List(item) => format!("Vec<{}>", self.item_ty(item, module)),
            // Whether another item can be ordered is not known, and a list reads the same values.
            Form::Set(item) if !is_ordered(item) => format!("Vec<{}>", self.item_ty(item, module)),
            Form::Set(item) => format!("std::collections::BTreeSet<{}>", self.ty(item, module)),
            Form::Array(item, length) => format!("[{}; {length}]", self.ty(item, module)),
            Form::Tuple { items, .. } => {
                let items: Vec<String> = items.iter().map(|item| self.ty(item, module)).collect();
                format!("({}{})", items.join(", "), if items.len() == 1 { "," } else { "" })
            }
            Form::Map(key, value) => {
                self.is_key = true;
                let key = self.item_ty(key, module);
                self.is_key = false;
                format!("std::collections::BTreeMap<{key}, {}>", self.item_ty(value, module))
            }
            Form::Newtype(inner) | Form::Split { written: inner, .. } => self.ty(inner, module),
            Form::Named(name) => {
                let ty = self.named(name, module);
                if self.is_recursive && self.declares(name) && is_recursive(name, &self.old.stored.types) {
                    format!("Box<{ty}>")
                } else {
                    ty
                }
            }
            // Shapes that were parsed from a snapshot have names for these.
            Form::Object(_) | Form::Enum(_) => "serde_json::Value".to_owned(),
        }
    }

    /// The type of an item of a collection, which may contain the collection.
    fn item_ty(&mut self, form: &Form, module: &'a str) -> String {
        match form {
            Form::Named(name) => self.named(name, module),
            form => self.ty(form, module),
        }
    }

    /// A type by its name if it is unchanged; otherwise one more type to declare.
    fn named(&mut self, name: &str, module: &'a str) -> String {
        if let Some(declared) = self.old.unchanged(name) {
            return unchanged_path(declared, module);
        }
        if let Some(std) = self.std_type(name, module) {
            return std;
        }
        let (own, home) = self.declare_later(name);
        path(&own, home, module)
    }

    /// A type of the standard library that serde describes as one of a user.
    fn std_type(&mut self, name: &str, module: &'a str) -> Option<String> {
        let Form::Enum(of) = self.old.stored.types.get(name)? else { return None };
        let [ok, err] = &of.variants[..] else { return None };
        if name.trim_end_matches(char::is_numeric) != "Result" || (ok.name != "Ok" || err.name != "Err") {
            return None;
        }
        let (ok, err) = (ok.content.clone()?, err.content.clone()?);
        Some(format!("Result<{}, {}>", self.ty(&ok, module), self.ty(&err, module)))
    }
}

impl<'a> Old<'a> {
    /// The declaration of a stored type that the program still has.
    fn unchanged(&self, name: &str) -> Option<&'a DeclaredType> {
        let form = Form::Named(name.to_owned());
        let own = self.program.iter().filter(|schema| schema.name == self.event);
        let others = self.program.iter().filter(|schema| schema.name != self.event);
        own.chain(others).find_map(|schema| {
            let declared = schema.declared.as_ref()?;
            let newest_first = schema.versions.iter().zip(&declared.types).rev();
            let same = |types| same_types(&form, &self.stored.types, types);
            newest_first.filter(|(shape, _)| same(&shape.types)).find_map(|(_, types)| types.get(name))
        })
    }

    /// The present type of that name.
    pub(super) fn present_type(&self, name: &str) -> Now<'a> {
        let index = self.version as usize - 1;
        let declared = self.declared().and_then(|event| event.types.get(index)?.get(name));
        Now { form: self.present.types.get(name), parts: self.parts_of(declared), declared }
    }
}

fn unchanged_path(declared: &DeclaredType, module: &str) -> String {
    let arguments = arguments(declared.type_name, module);
    if let Some(declaration) = declared.declaration {
        return format!("{}{arguments}", path(declaration.name, declaration.module, module));
    }
    let full = declared.type_name.split('<').next().unwrap_or_default();
    let (home, name) = full.rsplit_once("::").unwrap_or(("", full));
    let home = match home {
        // Of the standard library: `Duration`, `SystemTime` and `Result`.
        "core::result" => return format!("Result{arguments}"),
        "core::time" | "std::time" => "std::time".to_owned(),
        home if home == module => return format!("{name}{arguments}"),
        home if krate(home) == krate(module) => module_path(home, module),
        home => home.to_owned(),
    };
    format!("{home}::{name}{arguments}")
}

fn is_ordered(form: &Form) -> bool {
    matches!(form, Form::Bool | Form::Int(_) | Form::Char | Form::Text)
}
