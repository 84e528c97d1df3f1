//! Parsing the output of [`render`](super::render).

mod cursor;

use std::{collections::BTreeMap, iter::Peekable, vec};

use self::cursor::{Cursor, Flag};
use super::{Absent, Enum, EventSchema, Field, Form, LeftOut, Object, Shape, Tag, TypeState, Variant};

/// A text that is not a schema in the format of [`render`](super::render).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct InvalidSchema {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

impl InvalidSchema {
    fn too_deep() -> String {
        format!("the schema is nested deeper than {MAX_DEPTH} levels")
    }
}

/// How deep forms are nested in forms, and lines below lines: as deep as `serde_json` reads the values. The text is
/// input, and each level takes its part of the stack.
const MAX_DEPTH: usize = 128;

type Parsed<T> = Result<T, InvalidSchema>;

/// Parses schemas from their text.
///
/// # Errors
///
/// If the text was not written by [`render`](super::render), or is nested deeper than 128 levels. The error has the
/// line and the reason.
pub fn parse(text: &str) -> Parsed<Vec<EventSchema>> {
    let lines: Vec<Line<'_>> = text
        .lines()
        .enumerate()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(index, text)| {
            let trimmed = text.trim_start();
            Line { number: index + 1, depth: (text.len() - trimmed.len()) / 2, text: trimmed.trim_end() }
        })
        .collect();
    if let Some(line) = lines.iter().find(|line| line.depth > MAX_DEPTH) {
        return Err(InvalidSchema { line: line.number, reason: InvalidSchema::too_deep() });
    }
    let mut lines = lines.into_iter().peekable();
    let mut schemas: Vec<EventSchema> = Vec::new();
    while let Some(line) = lines.next() {
        let schema = event(line, &mut lines)?;
        if schemas.iter().any(|other| other.name == schema.name) {
            let reason = format!("`{}` is there twice; a merge may have done that", schema.name);
            return Err(InvalidSchema { line: line.number, reason });
        }
        schemas.push(schema);
    }
    Ok(schemas)
}

#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    depth: usize,
    text: &'a str,
}

type Lines<'a> = Peekable<vec::IntoIter<Line<'a>>>;

/// The next line, if it belongs to a line of lesser depth.
fn next_below<'a>(lines: &mut Lines<'a>, depth: usize) -> Option<Line<'a>> {
    lines.next_if(|line| line.depth > depth)
}

fn event(head: Line<'_>, lines: &mut Lines<'_>) -> Parsed<EventSchema> {
    let mut cursor = Cursor::new(head);
    let name = cursor.name()?;
    cursor.end()?;
    let mut schema = EventSchema::new(&name, TypeState::Read);
    while let Some(line) = next_below(lines, head.depth) {
        let mut cursor = Cursor::new(line);
        match cursor.word() {
            "was" => {
                schema.aliases.push(cursor.name()?);
                cursor.end()?;
            }
            "version" => {
                let number = version(&mut cursor)?;
                let error =
                    cursor.wrong(format!("version {number} is there twice; a merge may have done that"));
                if schema.versions.insert(number, shape(line, cursor, lines)?).is_some() {
                    return Err(error);
                }
            }
            "formerly" => {
                cursor.expect("version")?;
                let number = version(&mut cursor)?;
                schema.formerly.entry(number).or_default().push(shape(line, cursor, lines)?);
            }
            "writes" => {
                cursor.expect("version")?;
                schema.writes = Some(version(&mut cursor)?);
                cursor.end()?;
            }
            "removed" => {
                schema.state = TypeState::Removed;
                cursor.end()?;
            }
            "no" => {
                cursor.expect("longer read")?;
                schema.state = TypeState::Gone;
                cursor.end()?;
            }
            _ => {
                return Err(cursor.wrong(
                    "expected `was`, `removed`, `no longer read`, `writes`, `version` or `formerly version`",
                ));
            }
        }
    }
    Ok(schema)
}

fn version(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    cursor.word().parse().map_err(|_| cursor.wrong("a version is a number"))
}

fn shape(line: Line<'_>, mut cursor: Cursor<'_>, lines: &mut Lines<'_>) -> Parsed<Shape> {
    cursor.expect(":")?;
    let mut shape = Shape { form: Form::Null, types: BTreeMap::new() };
    let fields = cursor.take("fields");
    let mut object = Object::new();
    if fields {
        let flags = cursor.flags()?;
        object = object_flags(object, &flags, &cursor)?;
    } else {
        shape.form = cursor.form()?;
    }
    cursor.end()?;
    while let Some(line) = next_below(lines, line.depth) {
        let mut cursor = Cursor::new(line);
        if line.text.starts_with("type ") {
            cursor.word();
            let name = cursor.name()?;
            let (form, flags) = body(line, &mut cursor, lines)?;
            no_flags(&flags, &cursor)?;
            shape.types.insert(name, form);
        } else if fields {
            object.fields.push(field(cursor)?);
        } else {
            return Err(cursor.wrong("expected `type`"));
        }
    }
    if fields {
        shape.form = Form::Object(object);
    }
    Ok(shape)
}

/// Parses the text after a name: a form in this line, or fields or variants in the lines below; and the flags that do
/// not belong to the form.
fn body<'a>(line: Line<'a>, cursor: &mut Cursor<'a>, lines: &mut Lines<'a>) -> Parsed<(Form, Vec<Flag>)> {
    cursor.expect(":")?;
    if cursor.take("fields") {
        let flags = cursor.flags()?;
        let (own, others) =
            flags.into_iter().partition(|flag: &Flag| matches!(flag.words()[..], ["tag", ..] | ["closed"]));
        let own: Vec<Flag> = own;
        let mut object = object_flags(Object::new(), &own, cursor)?;
        cursor.end()?;
        while let Some(line) = next_below(lines, line.depth) {
            object.fields.push(field(Cursor::new(line))?);
        }
        return Ok((Form::Object(object), others));
    }
    if cursor.take("variants") {
        let flags = cursor.flags()?;
        let mut of = Enum::new(Tag::External);
        for flag in &flags {
            of = match flag.words()[..] {
                ["tag", tag] => Enum { tag: Tag::internal(tag), ..of },
                ["content", content] => match of.tag {
                    Tag::Internal(tag) => Enum { tag: Tag::adjacent(&tag, content), ..of },
                    _ => return Err(cursor.wrong("`content` must follow `tag`")),
                },
                ["untagged"] => Enum { tag: Tag::Untagged, ..of },
                ["closed"] => of.closed(),
                _ => return Err(cursor.unknown(flag)),
            };
        }
        cursor.end()?;
        while let Some(line) = next_below(lines, line.depth) {
            of.variants.push(variant(line, lines)?);
        }
        return Ok((Form::Enum(of), Vec::new()));
    }
    let form = cursor.form()?;
    let flags = cursor.flags()?;
    cursor.end()?;
    Ok((form, flags))
}

fn object_flags(mut object: Object, flags: &[Flag], cursor: &Cursor<'_>) -> Parsed<Object> {
    for flag in flags {
        object = match flag.words()[..] {
            ["tag", tag, text] => object.tagged(tag, text),
            ["closed"] => object.closed(),
            _ => return Err(cursor.unknown(flag)),
        };
    }
    Ok(object)
}

fn field(mut cursor: Cursor<'_>) -> Parsed<Field> {
    let name = cursor.name()?;
    cursor.expect(":")?;
    let mut field = Field::new(&name, cursor.form()?);
    for flag in cursor.flags()? {
        match flag.words()[..] {
            ["read", "as", name] => field.reads = vec![name.to_owned()],
            ["alias", name] => field.reads.push(name.to_owned()),
            ["default"] => field.absent = Absent::Default,
            ["required"] => field.absent = Absent::Refused,
            ["left", "out", "at", "times"] => field.left_out = LeftOut::AtTimes,
            ["left", "out", "if", "none"] => field.left_out = LeftOut::IfNone,
            ["never", "written"] => field.written = false,
            ["never", "read"] => field.read = false,
            ["flattened"] => field.flat = true,
            _ => return Err(cursor.unknown(&flag)),
        }
    }
    cursor.end()?;
    Ok(field)
}

fn variant<'a>(line: Line<'a>, lines: &mut Lines<'a>) -> Parsed<Variant> {
    let mut cursor = Cursor::new(line);
    let name = cursor.name()?;
    let (content, flags) = if cursor.rest.trim_start().starts_with(':') {
        let (form, flags) = body(line, &mut cursor, lines)?;
        (Some(form), flags)
    } else {
        let flags = cursor.flags()?;
        cursor.end()?;
        (None, flags)
    };
    let mut variant = Variant::new(&name, content);
    for flag in flags {
        match flag.words()[..] {
            ["read", "as", name] => variant.reads = vec![name.to_owned()],
            ["alias", name] => variant.reads.push(name.to_owned()),
            ["never", "written"] => variant.written = false,
            ["never", "read"] => variant.read = false,
            ["other"] => variant.other = true,
            ["untagged"] => variant.untagged = true,
            _ => return Err(cursor.unknown(&flag)),
        }
    }
    Ok(variant)
}

fn no_flags(flags: &[Flag], cursor: &Cursor<'_>) -> Parsed<()> {
    flags.first().map_or(Ok(()), |flag| Err(cursor.unknown(flag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is made of a form, with what stands before and behind it so often.
    fn parsed(before: &str, behind: &str, count: usize) -> Parsed<Vec<EventSchema>> {
        parse(&format!("a\n  version 1: {}u8{}\n", before.repeat(count), behind.repeat(count)))
    }

    /// An enum in a variant of an enum, and so on.
    fn nested_lines(count: usize) -> String {
        let mut text = "a\n  version 1: null\n    type x: variants\n".to_owned();
        for depth in 3..3 + count {
            text += &format!("{}v: variants\n", "  ".repeat(depth));
        }
        text
    }

    const PAIRS: [(&str, &str); 8] = [
        ("[", "]"),
        ("[", "; 2]"),
        ("set[", "]"),
        ("(", ")"),
        ("(u8, ", ")"),
        ("{string: ", "}"),
        ("(write u8 read ", ")"),
        ("new ", ""),
    ];

    #[test]
    fn a_schema_that_is_nested_too_deeply_is_an_error() {
        let is_too_deep = |parsed: Parsed<Vec<EventSchema>>, line| {
            let error = parsed.expect_err("it is too deep");
            assert_eq!(
                error.to_string(),
                format!("line {line}: the schema is nested deeper than 128 levels")
            );
        };
        for (before, behind) in PAIRS {
            is_too_deep(parsed(before, behind, 10_000), 2);
            is_too_deep(parsed(before, behind, MAX_DEPTH), 2);
        }
        is_too_deep(parsed("", "?", 1_000_000), 2);
        is_too_deep(parsed("[", "]?", 64), 2);
        is_too_deep(parsed("[", &format!("{}]", "?".repeat(100)), 100), 2);
        is_too_deep(parse(&nested_lines(2_000)), MAX_DEPTH + 2);
    }

    #[test]
    fn a_schema_may_be_as_deep_as_values_are() {
        for (before, behind) in PAIRS {
            parsed(before, behind, MAX_DEPTH - 1).unwrap_or_else(|error| panic!("{before}{behind}: {error}"));
        }
        assert!(parsed("[", "]?", 63).is_ok());
        assert!(parse(&nested_lines(MAX_DEPTH - 2)).is_ok());
        // Side by side they are no deeper.
        assert!(parse(&format!("a\n  version 1: ({})\n", "u8?, ".repeat(10_000))).is_ok());
    }
}
