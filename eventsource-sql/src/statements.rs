//! Files of named SQL statements, from which statements are taken at compile time.
//!
//! A statement begins below a line `-- name: claim`, and ends before the next such line:
//!
//! ```sql
//! -- name: claim
//! -- Claims a partition for a worker; returns the epoch.
//! update checkpoints …
//! ```

const MARK: &[u8] = b"-- name: ";

/// The text of the statement of a file that has a name: `statement!("../sql/checkpoints.sql", "claim")`. The path is
/// relative to the file of the call, as that of [`include_str!`]. Several statements of a file become one text, separated
/// by semicolons: `statement!("sql/session.sql", ["rollback", "begin"])`.
///
/// A file without a statement of this name, or with two, does not compile.
#[macro_export]
macro_rules! statement {
    ($file:literal, $name:literal) => {{
        const STATEMENT: &str = $crate::statements::named(include_str!($file), $name);
        STATEMENT
    }};
    ($file:literal, [$($name:literal),+ $(,)?]) => {{
        const STATEMENTS: &[&str] = &[$($crate::statement!($file, $name)),+];
        const JOINED: [u8; $crate::statements::joined_length(STATEMENTS)] =
            $crate::statements::joined(STATEMENTS);
        const TEXT: &str = $crate::statements::text(&JOINED);
        TEXT
    }};
}

/// The statement of this name, with the comments at its beginning.
///
/// ```
/// const CLAIM: &str = eventsource_sql::statements::named("-- name: claim\nselect 1\n", "claim");
/// assert_eq!(CLAIM, "select 1");
/// ```
///
/// A name that the file lacks does not compile:
///
/// ```compile_fail,E0080
/// const CLAIM: &str = eventsource_sql::statements::named("-- name: claim\nselect 1\n", "claimed");
/// ```
///
/// # Panics
///
/// If the file has no statement of this name, or two.
#[must_use]
pub const fn named(file: &'static str, name: &str) -> &'static str {
    let bytes = file.as_bytes();
    let (mut start, mut end, mut is_inside) = (None, bytes.len(), false);
    let mut at = 0;
    while at < bytes.len() {
        let next = at + line_length(bytes.split_at(at).1);
        let line = bytes.split_at(next).0.split_at(at).1;
        if let Some(found) = name_in(line) {
            if is_inside {
                end = at;
            }
            is_inside = is_equal(found, name.as_bytes());
            if is_inside {
                assert!(start.is_none(), "the file has two statements of this name");
                start = Some(next);
            }
        }
        at = next;
    }
    match start {
        Some(start) => file.split_at(end).0.split_at(start).1.trim_ascii(),
        None => panic!("the file has no statement of this name"),
    }
}

/// The length of the first line, with its end.
const fn line_length(text: &[u8]) -> usize {
    let mut length = 0;
    while length < text.len() {
        length += 1;
        if text[length - 1] == b'\n' {
            break;
        }
    }
    length
}

/// The name in a line that begins a statement.
const fn name_in(line: &[u8]) -> Option<&[u8]> {
    match line.split_at_checked(MARK.len()) {
        Some((mark, name)) if is_equal(mark, MARK) => Some(name.trim_ascii()),
        _ => None,
    }
}

const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

const SEPARATOR: &[u8] = b";\n";

/// The length of statements with the separators between them.
#[must_use]
pub const fn joined_length(statements: &[&str]) -> usize {
    let (mut length, mut at) = (0, 0);
    while at < statements.len() {
        length += statements[at].len();
        at += 1;
    }
    length + SEPARATOR.len() * (statements.len() - 1)
}

/// Statements with separators between them.
///
/// # Panics
///
/// If `LENGTH` is not their [`joined_length`].
#[must_use]
pub const fn joined<const LENGTH: usize>(statements: &[&str]) -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    let (mut length, mut at) = (0, 0);
    while at < statements.len() {
        if at > 0 {
            length = copy(SEPARATOR, &mut text, length);
        }
        length = copy(statements[at].as_bytes(), &mut text, length);
        at += 1;
    }
    assert!(length == LENGTH, "the statements have another length");
    text
}

/// Copies a part into a text, and returns where the part ends.
const fn copy(part: &[u8], text: &mut [u8], start: usize) -> usize {
    let mut at = 0;
    while at < part.len() {
        text[start + at] = part[at];
        at += 1;
    }
    start + part.len()
}

/// Joined statements as text.
///
/// # Panics
///
/// If the bytes are not those of a text.
#[must_use]
pub const fn text(joined: &[u8]) -> &str {
    match str::from_utf8(joined) {
        Ok(text) => text,
        Err(_) => panic!("statements are UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "-- Statements.\n\n-- name: claim\n-- Claims.\nselect 1\n-- Why.\n + 1\n\n\
                        -- name: claim_stopped\nselect 2\n\n-- name: stop\nselect 'ü'\n";

    #[test]
    fn a_statement_begins_below_its_name_and_ends_before_the_next_name() {
        assert_eq!(named(FILE, "claim"), "-- Claims.\nselect 1\n-- Why.\n + 1");
        assert_eq!(named(FILE, "claim_stopped"), "select 2");
        assert_eq!(named(FILE, "stop"), "select 'ü'");
        assert_eq!(named("-- name: claim\r\nselect 1\r\n-- name: stop\r\nselect 2", "claim"), "select 1");
        assert_eq!(named("-- name: claim\r\nselect 1\r\n-- name: stop\r\nselect 2", "stop"), "select 2");
    }

    #[test]
    #[should_panic(expected = "the file has no statement of this name")]
    fn the_beginning_of_a_name_is_another_name() {
        let _ = named(FILE, "cla");
    }

    #[test]
    #[should_panic(expected = "the file has no statement of this name")]
    fn a_name_with_more_after_it_is_another_name() {
        let _ = named(FILE, "stopped");
    }

    #[test]
    #[should_panic(expected = "the file has no statement of this name")]
    fn a_name_within_a_line_begins_no_statement() {
        let _ = named("-- name: claim\nselect 1 -- name: stop\nselect 2", "stop");
    }

    #[test]
    #[should_panic(expected = "the file has two statements of this name")]
    fn two_statements_of_one_name_are_refused() {
        let _ = named("-- name: claim\nselect 1\n-- name: stop\nselect 2\n-- name: claim\nselect 3", "claim");
    }

    #[test]
    fn statements_are_joined_by_semicolons() {
        const STATEMENTS: &[&str] = &["rollback", "begin", "select 'ü'"];
        const JOINED: [u8; joined_length(STATEMENTS)] = joined(STATEMENTS);
        assert_eq!(text(&JOINED), "rollback;\nbegin;\nselect 'ü'");
    }
}
