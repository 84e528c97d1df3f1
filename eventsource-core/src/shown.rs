//! What errors, logs and the status show of data: control characters are escaped, and values are left out unless a
//! program asks for them.

use std::{
    borrow::Cow,
    fmt::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

static VALUES: AtomicBool = AtomicBool::new(false);

/// From now on, errors of this process show values: those of payloads, states and rows that cannot be decoded, encoded
/// or stored. For development only, because errors go to logs, and as the reason of a stop or of a parked event into
/// the store. By default, errors show paths, types and keys.
///
/// It applies to the whole process, because events are also decoded without an `EventSource`, and it cannot be undone.
///
/// ```
/// if cfg!(debug_assertions) {
///     eventsource::show_values_in_errors();
/// }
/// ```
pub fn show_values_in_errors() {
    VALUES.store(true, Ordering::Relaxed);
}

pub(crate) fn are_values_shown() -> bool {
    VALUES.load(Ordering::Relaxed)
}

/// A value as an error of a store shows it: `a value`, unless the program has called
/// [`show_values_in_errors`](crate::show_values_in_errors).
#[must_use]
pub fn value_in_error(value: &str) -> Cow<'_, str> {
    if are_values_shown() { Escaped(value).to_string().into() } else { "a value".into() }
}

/// Shows a text with each control character escaped, so that an id can neither forge a line of a log nor control a
/// terminal: `\n`, `\u{1b}`. The characters that separate lines or change the direction of a text are escaped too, and
/// letters, marks and quotes of any language are not.
///
/// The result is for people. Two texts may be shown equally, so it is not a key.
///
/// ```
/// use eventsource::store::Escaped;
/// assert_eq!(Escaped("o'brien\n日本").to_string(), "o'brien\\n日本");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Escaped<T>(pub T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, control)) = rest.char_indices().find(|(_, char)| is_control(*char)) {
            self.0.write_str(rest.get(..at).unwrap_or_default())?;
            write!(self.0, "{}", control.escape_debug())?;
            rest = rest.get(at + control.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

/// Whether a terminal or an editor acts on the character instead of showing it.
fn is_control(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            // The Arabic letter mark, and the marks of direction.
            '\u{61c}' | '\u{200e}' | '\u{200f}'
            // The line and paragraph separators, and the embeddings and overrides of direction.
            | '\u{2028}'..='\u{202e}'
            // The isolates of direction, and the byte order mark.
            | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        for (text, shown) in [
            ("a\nb\r", "a\\nb\\r"),
            ("\u{1b}[31m\u{7}", "\\u{1b}[31m\\u{7}"),
            ("\u{7f}\u{85}\u{9b}", "\\u{7f}\\u{85}\\u{9b}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            ("a\u{202e}b\u{2066}c\u{2069}", "a\\u{202e}b\\u{2066}c\\u{2069}"),
            ("\u{200e}\u{200f}\u{61c}\u{feff}", "\\u{200e}\\u{200f}\\u{61c}\\u{feff}"),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
    }

    #[test]
    fn other_characters_are_shown_as_they_are() {
        for text in ["o'brien \"x\" \\n", "日本語", "é e\u{301}", "می‌خواهم", "👩‍👩‍👧 🦀", "שלום", ""]
        {
            assert_eq!(Escaped(text).to_string(), text);
        }
    }
}
