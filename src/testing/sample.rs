//! A payload that a shape writes, as an example to be edited.

use serde_json::{Map, Value, json};

use crate::schema::{Enum, Form, LeftOut, Object, Shape, Tag, Variant};

/// A value of a shape. `None` if it would not end, in a type that contains itself without a way out, or has a text in a
/// format that is not known here.
pub(super) fn sample(shape: &Shape) -> Option<Value> {
    Sample { shape, open: None }.value(&shape.form)
}

#[derive(Clone, Copy)]
struct Sample<'s> {
    shape: &'s Shape,
    /// The types that this one is in.
    open: Option<&'s Open<'s>>,
}

/// A type that has been begun, and the one that it is in.
struct Open<'s> {
    name: &'s str,
    within: Option<&'s Self>,
}

impl Sample<'_> {
    fn value(self, form: &Form) -> Option<Value> {
        Some(match form {
            Form::Any | Form::Null => Value::Null,
            Form::Bool => json!(true),
            Form::Int(_) => json!(1),
            Form::Float(_) => json!(1.5),
            Form::Char => json!("x"),
            Form::Text => json!("text"),
            Form::Formatted(format) => json!(formatted(format)?),
            // Rather a value than none; but a type may contain itself here.
            Form::Option(inner) => self.value(inner).unwrap_or_default(),
            Form::List(item) | Form::Set(item) => self.value(item).map_or(json!([]), |item| json!([item])),
            Form::Array(item, length) => Value::Array(vec![self.value(item)?; *length]),
            Form::Tuple { items, .. } => {
                Value::Array(items.iter().map(|item| self.value(item)).collect::<Option<_>>()?)
            }
            Form::Map(key, value) => match (self.value(key)?, self.value(value)) {
                (_, None) => json!({}),
                (Value::String(key), Some(value)) => json!({ key: value }),
                (key, Some(value)) => json!({ key.to_string(): value }),
            },
            Form::Newtype(inner) | Form::Split { written: inner, .. } => self.value(inner)?,
            Form::Object(object) => Value::Object(self.object(object)?),
            Form::Enum(of) => self.enumeration(of)?,
            Form::Named(name) => {
                let mut open = std::iter::successors(self.open, |open| open.within);
                if open.any(|open| open.name == name) {
                    return None;
                }
                let open = Open { name, within: self.open };
                Sample { shape: self.shape, open: Some(&open) }.value(self.shape.types.get(name)?)?
            }
        })
    }

    fn object(self, object: &Object) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        if let Some((tag, text)) = &object.tag {
            fields.insert(tag.clone(), json!(text));
        }
        for field in object.fields.iter().filter(|field| field.written) {
            match self.value(&field.form) {
                Some(Value::Object(inner)) if field.flat => fields.extend(inner),
                Some(Value::Null) if field.flat || field.left_out == LeftOut::IfNone => {}
                Some(value) => drop(fields.insert(field.name.clone(), value)),
                None if field.left_out == LeftOut::Never => return None,
                None => {}
            }
        }
        Some(fields)
    }

    /// The first variant that ends.
    fn enumeration(self, of: &Enum) -> Option<Value> {
        of.variants.iter().filter(|variant| variant.written).find_map(|variant| self.variant(of, variant))
    }

    fn variant(self, of: &Enum, variant: &Variant) -> Option<Value> {
        let name = &variant.name;
        let content = match &variant.content {
            Some(form) => Some(self.value(form)?),
            None => None,
        };
        if variant.untagged {
            return Some(content.unwrap_or_default());
        }
        Some(match (&of.tag, content) {
            (Tag::External, None) => json!(name),
            (Tag::External, Some(content)) => json!({ name: content }),
            (Tag::Untagged, content) => content.unwrap_or_default(),
            (Tag::Internal(tag), Some(Value::Object(mut fields))) => {
                fields.insert(tag.clone(), json!(name));
                Value::Object(fields)
            }
            (Tag::Internal(tag), _) => json!({ tag: name }),
            (Tag::Adjacent { tag, .. }, None) => json!({ tag: name }),
            (Tag::Adjacent { tag, content }, Some(value)) => json!({ tag: name, content: value }),
        })
    }
}

/// A text in the format.
fn formatted(format: &str) -> Option<&'static str> {
    Some(match format {
        "uuid" => "01890a5d-ac96-774b-bcce-b302099a8057",
        "timestamp" => "2020-02-29T12:00:00Z",
        "decimal" => "1.5",
        "ip" | "ipv4" => "127.0.0.1",
        "ipv6" => "::1",
        "socket address" | "ipv4 socket address" => "127.0.0.1:80",
        "ipv6 socket address" => "[::1]:80",
        _ => return None,
    })
}
