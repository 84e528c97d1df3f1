//! The types as Rust.

use std::fmt::Write;

use super::{Body, Def, Field};

pub(super) fn print(all: &[Def]) -> String {
    let mut text = String::from(
        "//! Types in families, made up by `generate.rs`. Do not edit: run the test with `EVENTSOURCE_BLESS=1`.\n\n\
         use super::prelude::*;\n",
    );
    for def in all {
        let _ =
            write!(text, "\n#[derive(Debug, Clone, Serialize, Deserialize, Schema)]\n{}", serde(&def.attrs));
        let name = &def.name;
        let _ = match &def.body {
            Body::Enum(variants) => {
                let parts: Vec<String> = variants
                    .iter()
                    .map(|variant| {
                        format!("    {}{}{},\n", serde(&variant.attrs), variant.name, body(&variant.body))
                    })
                    .collect();
                write!(text, "pub(crate) enum {name} {{\n{}}}\n", parts.concat())
            }
            other => {
                let semicolon = if let Body::Struct(_) = other { "" } else { ";" };
                writeln!(text, "pub(crate) struct {name}{}{semicolon}", body(other))
            }
        };
        let sampled = match &def.body {
            Body::Enum(variants) => {
                let parts: Vec<String> = variants
                    .iter()
                    .map(|variant| format!("    {name}::{} {};\n", variant.name, parts(&variant.body)))
                    .collect();
                format!("{name};\n{}", parts.concat())
            }
            other => format!("{name};\n    {name} {};\n", parts(other)),
        };
        let _ = writeln!(text, "samples! {{ {sampled}}}");
    }
    text.push_str("\n/// All of them.\npub(crate) fn cases() -> Vec<Case> {\n    vec![\n");
    for def in all {
        let _ = writeln!(text, "        Case::of::<{0}>(\"{0}\"),", def.name);
    }
    text.push_str("    ]\n}\n");
    text
}

fn serde(attrs: &[String]) -> String {
    if attrs.is_empty() { String::new() } else { format!("#[serde({})]\n", attrs.join(", ")) }
}

fn body(body: &Body) -> String {
    match body {
        Body::Unit | Body::Enum(_) => String::new(),
        Body::Tuple(elements) => {
            let types: Vec<&str> = elements.iter().map(|element| element.ty.as_str()).collect();
            format!("({})", types.join(", "))
        }
        Body::Struct(fields) => {
            let field = |field: &Field| format!("{}{}: {}", serde(&field.attrs), field.name, field.ty);
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!(" {{ {} }}", fields.join(", "))
        }
    }
}

/// How the parts are named in the call of `samples!`.
fn parts(body: &Body) -> String {
    let named = |fields: &[Field]| {
        let fields: Vec<String> =
            fields.iter().map(|field| format!("{}: {}", field.name, field.ty)).collect();
        fields.join(", ")
    };
    match body {
        Body::Unit | Body::Enum(_) => String::new(),
        Body::Tuple(elements) => format!("({})", named(elements)),
        Body::Struct(fields) => format!("{{ {} }}", named(fields)),
    }
}
