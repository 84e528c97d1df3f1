//! Each guarantee names the tests that would fail without it, and those tests exist. So do the tests that the text on
//! security names.

use super::Finding;

pub(super) const FILE: &str = "GUARANTEES.md";
pub(super) const SECURITY: &str = "SECURITY.md";

/// Violations in the numbered sentences; `is_test` returns whether the project has a test with this name.
pub(super) fn unproved(guarantees: &str, is_test: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut expected = 1;
    for (line, number) in guarantees.lines().zip(1..) {
        let Some((ordinal, _)) = line.split_once(". ") else { continue };
        let Ok(ordinal) = ordinal.parse::<u32>() else { continue };
        if ordinal != expected {
            found.push(Finding::new(number, format!("the sentence is number {ordinal}: make it {expected}")));
        }
        expected += 1;
        let named: Vec<_> = tests(line).collect();
        if named.is_empty() {
            found.push(Finding::new(number, "the sentence names no test: end it with (`name_of_the_test`)"));
        }
        let missing = named.into_iter().filter(|name| !is_test(name));
        found.extend(missing.map(|name| Finding::new(number, format!("there is no test `{name}`"))));
    }
    if expected == 1 {
        found.push(Finding::new(1, "there are no numbered sentences"));
    }
    found
}

/// The names of tests, in parentheses and in code style, that the project does not have. A name of a test has at least
/// three words.
pub(super) fn missing(text: &str, is_test: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("(`") {
        let parenthesis = text[start..].split(')').next().unwrap_or_default();
        let names = parenthesis.split('`').skip(1).step_by(2).filter(|name| {
            let is_name = |char: char| matches!(char, 'a'..='z' | '0'..='9' | '_');
            name.chars().all(is_name) && name.split('_').count() >= 3
        });
        let number = text[..start].matches('\n').count() + 1;
        let missing = names.filter(|name| !is_test(name));
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

    fn findings(sentences: &str) -> Vec<String> {
        let file = format!("# Guarantees\n\n## Reading\n\n{sentences}\n");
        unproved(&file, |name| name == "known").into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn a_sentence_without_a_test_and_a_missing_test_are_found() {
        assert_eq!(findings("1. `Always`. (`known`)\n\n## Writing\n\n2. Never. (`known`, `known`)"), [""; 0]);
        assert_eq!(findings("1. Always.").len(), 1);
        assert_eq!(findings("1. Always. (`known`, `renamed`)"), ["there is no test `renamed`"]);
    }

    #[test]
    fn a_missing_test_of_another_text_is_found() {
        let text = "# Security\n\nA. (`is_a_test`,\n`is_no_test`) B (`set_to`, `sslmode=verify-full`): (`is_a_test`)\n";
        let found = missing(text, |name| name == "is_a_test");
        assert_eq!(found, [Finding::new(3, "there is no test `is_no_test`")]);
    }

    #[test]
    fn a_wrong_number_and_a_file_without_sentences_are_found() {
        assert_eq!(findings("1. A. (`known`)\n3. B. (`known`)"), ["the sentence is number 3: make it 2"]);
        assert_eq!(findings("none"), ["there are no numbered sentences"]);
    }
}
