//! The attributes of old types.

use crate::schema::{Enum, Tag};

/// Where only the former code has the function.
pub(super) const DEFAULT: &str =
    "default = \"/* the function of its former default; remove ` = …` if it had none */\"";

/// A value with its attributes.
pub(super) struct Value {
    pub(super) serde: Vec<String>,
    pub(super) schema: Option<String>,
    pub(super) ty: String,
}

impl Value {
    pub(super) fn on_one_line(self, public: &str) -> String {
        let Self { serde, schema, ty } = self;
        let serde = if serde.is_empty() { String::new() } else { format!("#[serde({})] ", serde.join(", ")) };
        let schema = schema.map(|schema| format!("#[schema({schema})] ")).unwrap_or_default();
        format!("{serde}{schema}{public}{ty}")
    }
}

/// The item of an attribute with that key.
pub(super) fn serde_item(items: &'static [&'static str], key: &str) -> Option<&'static str> {
    let is = |item: &&&str| item.split([' ', '(']).next() == Some(key);
    items.iter().find(is).copied()
}

/// `path` of `default = "path"`.
pub(super) fn default_path(item: &str) -> Option<&str> {
    item.split_once('"')?.1.strip_suffix('"')
}

pub(super) fn enum_attributes(of: &Enum) -> Vec<String> {
    let mut attributes = match &of.tag {
        Tag::External => Vec::new(),
        Tag::Internal(tag) => vec![format!("tag = {tag:?}")],
        Tag::Adjacent { tag, content } => vec![format!("tag = {tag:?}"), format!("content = {content:?}")],
        Tag::Untagged => vec!["untagged".to_owned()],
    };
    if of.closed {
        attributes.push("deny_unknown_fields".to_owned());
    }
    attributes
}

/// The attributes that give a field or a variant its names in JSON.
pub(super) fn renamed(ident: &str, name: &str, reads: &[String]) -> Vec<String> {
    let rename = (ident.trim_start_matches("r#") != name).then(|| format!("rename = {name:?}"));
    let aliases = reads.iter().filter(|read| *read != name).map(|alias| format!("alias = {alias:?}"));
    rename.into_iter().chain(aliases).collect()
}

pub(super) fn attribute_line(attributes: &[impl AsRef<str>], depth: usize) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let attributes: Vec<&str> = attributes.iter().map(AsRef::as_ref).collect();
    format!("{:2$}#[serde({})]\n", "", attributes.join(", "), depth * 4)
}
