//! A cursor in a line of a schema.

use std::{borrow::Cow, mem};

use super::{InvalidSchema, Line, MAX_DEPTH, Parsed};
use crate::schema::{Float, Form, Int, render::WORDS};

/// The words between two commas of the bracketed list at the end of a line.
pub(super) struct Flag(Vec<String>);

impl Flag {
    pub(super) fn words(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

/// A place in a line.
pub(super) struct Cursor<'a> {
    line: usize,
    pub(super) rest: &'a str,
    /// How many forms are open here.
    depth: usize,
    /// How many forms lie one in another, at most, in those that were read in the form that is open here.
    height: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: Line<'a>) -> Self {
        Self { line: line.number, rest: line.text, depth: 0, height: 0 }
    }

    pub(super) fn wrong(&self, reason: impl Into<String>) -> InvalidSchema {
        InvalidSchema { line: self.line, reason: reason.into() }
    }

    pub(super) fn unknown(&self, Flag(words): &Flag) -> InvalidSchema {
        self.wrong(format!("`{}` is not known here", words.join(" ")))
    }

    /// Consumes this text, if it comes next and does not end within a word.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.trim_start();
        let word = text.ends_with(|c: char| c.is_alphanumeric());
        match rest.strip_prefix(text) {
            Some(after) if !(word && after.starts_with(is_in_word)) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    pub(super) fn expect(&mut self, text: &str) -> Parsed<()> {
        if self.take(text) {
            Ok(())
        } else {
            Err(self.wrong(format!("expected `{text}` before `{}`", self.rest)))
        }
    }

    pub(super) fn end(&self) -> Parsed<()> {
        if self.rest.trim().is_empty() {
            Ok(())
        } else {
            Err(self.wrong(format!("`{}` is unexpected", self.rest)))
        }
    }

    /// Letters, digits and similar characters, possibly none.
    pub(super) fn word(&mut self) -> &'a str {
        let rest = self.rest.trim_start();
        let (word, after) = rest.split_at(rest.find(|c| !is_in_word(c)).unwrap_or(rest.len()));
        self.rest = after;
        word
    }

    /// A word, or a text in quotes.
    pub(super) fn name(&mut self) -> Parsed<String> {
        let rest = self.rest.trim_start();
        if rest.starts_with('"') {
            let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let text =
                texts.next().and_then(Result::ok).ok_or_else(|| self.wrong("a quote is not closed"))?;
            self.rest = &rest[texts.byte_offset()..];
            return Ok(text);
        }
        match self.word() {
            "" => Err(self.wrong(format!("expected a name before `{}`", self.rest))),
            word => Ok(word.to_owned()),
        }
    }

    fn number<N: std::str::FromStr>(&mut self) -> Parsed<N> {
        self.word().parse().map_err(|_| self.wrong("expected a number"))
    }

    pub(super) fn flags(&mut self) -> Parsed<Vec<Flag>> {
        let mut flags = Vec::new();
        if !self.take("[") {
            return Ok(flags);
        }
        loop {
            let mut words = vec![self.name()?];
            while !self.rest.starts_with([',', ']']) {
                words.push(self.name()?);
            }
            flags.push(Flag(words));
            if self.take("]") {
                return Ok(flags);
            }
            self.expect(",")?;
        }
    }

    pub(super) fn form(&mut self) -> Parsed<Form> {
        let beside = mem::take(&mut self.height);
        self.depth += 1;
        self.check_depth()?;
        let is_new = self.take("new");
        let mut form = if is_new { Form::newtype(self.form()?) } else { self.unmarked()? };
        self.height += 1;
        while !is_new && self.take("?") {
            form = Form::Option(Box::new(form));
            self.height += 1;
            self.check_depth()?;
        }
        self.depth -= 1;
        self.height = self.height.max(beside);
        Ok(form)
    }

    fn check_depth(&self) -> Parsed<()> {
        if self.depth + self.height > MAX_DEPTH {
            return Err(self.wrong(InvalidSchema::too_deep()));
        }
        Ok(())
    }

    /// A form without what stands before or behind it.
    fn unmarked(&mut self) -> Parsed<Form> {
        let form = if self.take("[") {
            let item = Box::new(self.form()?);
            if self.take(";") { Form::Array(item, self.number()?) } else { Form::List(item) }
                .closed(self, "]")?
        } else if self.take("(") {
            self.brackets()?
        } else if self.take("{") {
            let key = Box::new(self.form()?);
            self.expect(":")?;
            Form::Map(key, Box::new(self.form()?)).closed(self, "}")?
        } else {
            self.named()?
        };
        Ok(form)
    }

    /// A tuple, a form that is written and another that is read, or a form in parentheses.
    fn brackets(&mut self) -> Parsed<Form> {
        if self.take("write") {
            let written = Box::new(self.form()?);
            self.expect("read")?;
            return Form::Split { written, read: Box::new(self.form()?) }.closed(self, ")");
        }
        let (mut items, mut required) = (Vec::new(), 0);
        while !self.take(")") {
            items.push(self.form()?);
            let default = self.take("=");
            if default {
                self.expect("default")?;
            } else {
                required = items.len();
            }
            if !self.take(",") {
                self.expect(")")?;
                if let (1, false) = (items.len(), default) {
                    return items.pop().ok_or_else(|| self.wrong("empty brackets"));
                }
                break;
            }
        }
        Ok(Form::Tuple { items, required })
    }

    fn named(&mut self) -> Parsed<Form> {
        if self.rest.trim_start().starts_with('"') {
            return Ok(Form::Named(self.name()?));
        }
        let form = match self.name()?.as_str() {
            "any" => Form::Any,
            "null" => Form::Null,
            "bool" => Form::Bool,
            "char" => Form::Char,
            "f32" => Form::Float(Float::F32),
            "f64" => Form::Float(Float::F64),
            "string" if self.rest.starts_with('(') => {
                self.expect("(")?;
                let format = if self.rest.starts_with('"') {
                    self.name()?
                } else {
                    let (format, after) = self
                        .rest
                        .split_at(self.rest.find(')').ok_or_else(|| self.wrong("a bracket is not closed"))?);
                    self.rest = after;
                    format.to_owned()
                };
                Form::Formatted(Cow::Owned(format)).closed(self, ")")?
            }
            "string" => Form::Text,
            "set" => {
                self.expect("[")?;
                Form::Set(Box::new(self.form()?)).closed(self, "]")?
            }
            "nonzero" => {
                let word = self.word();
                Form::Int(Int { nonzero: true, ..self.int(word)? })
            }
            word if WORDS.contains(&word) => Form::Int(self.int(word)?),
            word => Form::Named(word.to_owned()),
        };
        Ok(form)
    }

    fn int(&self, word: &str) -> Parsed<Int> {
        let signed = word.starts_with('i');
        let bits = word.get(1..).and_then(|bits| bits.parse().ok());
        let bits = bits.filter(|bits| matches!(bits, 8 | 16 | 32 | 64 | 128) && word.starts_with(['i', 'u']));
        let bits = bits.ok_or_else(|| self.wrong(format!("`{word}` is not a form")))?;
        Ok(Int { signed, bits, nonzero: false })
    }
}

impl Form {
    fn closed(self, cursor: &mut Cursor<'_>, bracket: &str) -> Parsed<Self> {
        cursor.expect(bracket).map(|()| self)
    }
}

fn is_in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}
