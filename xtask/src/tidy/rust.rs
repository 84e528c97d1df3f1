//! Rust code and documentation examples that look like a check but check nothing.

use super::Finding;

/// Examples that are neither compiled nor run. They are the first to rot.
pub(super) fn ignored_fences(text: &str) -> Vec<Finding> {
    let is_ignored = |line: &str| {
        let words = without_doc_marker(line).strip_prefix("```").unwrap_or_default();
        words.split([',', ' ', '{', '}']).any(|word| word == "ignore" || word.starts_with("ignore-"))
    };
    lines_where(text, is_ignored, "an ignored example is never compiled: make it run, or fence it as `text`")
}

/// Ignored tests.
pub(super) fn ignored_tests(text: &str) -> Vec<Finding> {
    let is_ignored = |line: &str| {
        let line = code(line);
        line.contains("#[ignore") || line.contains("cfg_attr") && line.contains("ignore")
    };
    lines_where(text, is_ignored, "an ignored test: fix it or remove it")
}

/// Unfinished code.
pub(super) fn unfinished(text: &str) -> Vec<Finding> {
    let is_unfinished = |line: &str| {
        let line = code(line);
        line.contains("todo!(") || line.contains("unimplemented!(")
    };
    lines_where(text, is_unfinished, "unfinished code: finish it, or return an error that says so")
}

/// `matches!(…)` as a statement: it computes a truth value and drops it, and so asserts nothing.
pub(super) fn bare_matches(text: &str) -> Vec<Finding> {
    const NAME: &str = "matches!(";
    let mut found = Vec::new();
    let mut before = '{';
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let start = code(without_doc_marker(line)).trim();
        let begins_a_statement = matches!(before, '{' | '}' | ';' | '`');
        if start.starts_with(NAME) && begins_a_statement {
            let inside = text[offset..].split_once(NAME).map_or("", |(_, inside)| inside);
            if after_parenthesis(inside).starts_with(';') {
                found.push(Finding::new(index + 1, "this asserts nothing: wrap it in `assert!(…)`"));
            }
        }
        before = start.chars().next_back().unwrap_or(before);
        offset += line.len();
    }
    found
}

fn lines_where(text: &str, is_wrong: impl Fn(&str) -> bool, finding: &str) -> Vec<Finding> {
    let numbered = text.lines().enumerate().filter(|(_, line)| is_wrong(line));
    numbered.map(|(index, _)| Finding::new(index + 1, finding)).collect()
}

/// A line of a doc comment without the comment's marker; any other line is unchanged.
fn without_doc_marker(line: &str) -> &str {
    let line = line.trim();
    let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
    text.unwrap_or(line).trim()
}

/// A line up to a comment in it. Rough: `//` in a string counts as one, which hides nothing that matters here.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

/// The text after the parenthesis that closes one opened just before `text`. Parentheses in strings and in
/// character literals do not count.
fn after_parenthesis(text: &str) -> &str {
    let mut depth = 1;
    let mut in_string = false;
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '"' => in_string = !in_string,
            '\'' if !in_string && text[index + 1..].chars().nth(1) == Some('\'') => drop(characters.nth(1)),
            '(' if !in_string => depth += 1,
            ')' if !in_string => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text[index + 1..].trim_start();
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(found: Vec<Finding>) -> Vec<usize> {
        found.into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn ignored_examples_are_found_and_others_are_not() {
        let bad = "/// ```ignore\n/// x\n/// ```\n//! ```rust,ignore\n```ignore-wasm32\n";
        assert_eq!(lines(ignored_fences(bad)), [1, 4, 5]);
        assert_eq!(lines(ignored_fences("/// ```\n/// ignore\n/// ```\n```rust\n```text\nignore\n")), []);
    }

    #[test]
    fn ignored_tests_are_found() {
        let bad = "#[test]\n#[ignore]\nfn a() {}\n#[ignore = \"slow\"]\n#[cfg_attr(miri, ignore)]\n";
        assert_eq!(lines(ignored_tests(bad)), [2, 4, 5]);
        assert_eq!(lines(ignored_tests("// no #[ignore] here\nfn ignore() {}\n")), []);
    }

    #[test]
    fn unfinished_code_is_found() {
        assert_eq!(lines(unfinished("fn a() { todo!() }\nfn b() {\n    unimplemented!(\"b\")\n}\n")), [1, 3]);
        assert_eq!(lines(unfinished("// never todo!()\nlet todo = 1;\n")), []);
    }

    #[test]
    fn a_bare_matches_is_found_on_one_line_on_several_and_in_an_example() {
        let bad = "fn a() {\n    matches!(x, Some(_));\n    matches!(\n        f(\")\", ')'),\n        Y(_)\n    );\n}\n\
                   /// ```\n/// matches!(x, Y);\n/// ```\n";
        assert_eq!(lines(bare_matches(bad)), [2, 3, 9]);
    }

    #[test]
    fn a_matches_whose_value_is_used_passes() {
        let good = "fn a() -> bool {\n    assert!(matches!(x, Y));\n    let b =\n        matches!(x, Y(1));\n    \
                    f(\n        1,\n        matches!(x, Y),\n    );\n    // matches!(x, Y);\n    matches!(x, Y)\n}\n";
        assert_eq!(lines(bare_matches(good)), []);
    }
}
