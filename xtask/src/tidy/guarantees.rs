//! Each guarantee of the README names the tests that would fail without it, and those tests are there.

use super::Finding;

const HEADING: &str = "## What is guaranteed";

/// What is wrong with the numbered sentences under the heading; `is_test` knows the tests of the project.
pub(super) fn unproved(readme: &str, is_test: impl Fn(&str) -> bool) -> Vec<Finding> {
    let lines = readme.lines().zip(1..);
    let mut section = lines.skip_while(|(line, _)| *line != HEADING).skip(1).peekable();
    if section.peek().is_none() {
        return vec![Finding::new(1, format!("the heading {HEADING:?} is gone, and with it the guarantees"))];
    }
    let mut found = Vec::new();
    for (line, number) in section.take_while(|(line, _)| !line.starts_with("## ")) {
        if !line.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        let named: Vec<_> = tests(line).collect();
        if named.is_empty() {
            found.push(Finding::new(number, "the sentence names no test: end it with (`name_of_the_test`)"));
        }
        let missing = named.into_iter().filter(|name| !is_test(name));
        found.extend(missing.map(|name| Finding::new(number, format!("there is no test `{name}`"))));
    }
    found
}

/// The names in code style within the last parenthesis of a line.
fn tests(line: &str) -> impl Iterator<Item = &str> {
    let parenthesis = line.rfind("(`").map_or("", |start| &line[start..]);
    parenthesis.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(section: &str) -> Vec<String> {
        let readme = format!("# x\n\n{HEADING}\n\n{section}\n\n## Next\n\n9. no guarantee\n");
        unproved(&readme, |name| name == "known").into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn a_sentence_without_a_test_and_a_test_that_is_gone_are_found() {
        assert_eq!(findings("1. `Always`. (`known`)\n2. Never. (`known`, `known`)"), [""; 0]);
        assert_eq!(findings("1. Always.").len(), 1);
        assert_eq!(findings("1. Always. (`known`, `renamed`)"), ["there is no test `renamed`"]);
        assert_eq!(unproved("# x\n", |_| true).len(), 1);
    }
}
