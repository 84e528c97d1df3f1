//! Words that the project no longer uses, as the glossary lists them.
//!
//! Text is compared word by word, so a phrase is found where a comment wraps its lines, and in the name of a test.

use super::Finding;

/// The file with the tables. It is the only file that may contain the words.
pub(super) const GLOSSARY: &str = "docs/glossary.md";

/// The tables that are checked: their headings, and whether case matters.
const CHECKED: [(&str, bool); 2] = [("## Retired names", true), ("## Retired phrases", false)];

/// A word or a phrase that is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Retired {
    words: Vec<String>,
    exact_case: bool,
    instead: String,
}

/// The retired words of the glossary, or a violation in the glossary itself.
pub(super) fn retired(glossary: &str) -> Result<Vec<Retired>, Finding> {
    let mut retired = Vec::new();
    for (heading, exact_case) in CHECKED {
        let section = glossary.lines().skip_while(|line| *line != heading).skip(1);
        let rows = section.take_while(|line| !line.starts_with("## ")).filter_map(row).skip(1);
        let before = retired.len();
        for (phrases, instead) in rows.filter(|(phrases, _)| !phrases.starts_with("--")) {
            retired.extend(phrases.split(',').map(|phrase| Retired {
                words: words(&folded(phrase, exact_case)).map(|(_, word)| word.to_owned()).collect(),
                exact_case,
                instead: instead.to_owned(),
            }));
        }
        if retired.len() == before {
            return Err(Finding::new(1, format!("there is no table under the heading {heading:?}")));
        }
    }
    match retired.iter().any(|it| it.words.is_empty()) {
        true => Err(Finding::new(1, "a table of retired words has an empty entry")),
        false => Ok(retired),
    }
}

/// Every retired word in a text.
pub(super) fn used(text: &str, retired: &[Retired]) -> Vec<Finding> {
    let mut found = Vec::new();
    for exact_case in [true, false] {
        let text = folded(text, exact_case);
        let all: Vec<_> = words(&text).collect();
        for (index, (start, _)) in all.iter().enumerate() {
            let here = &all[index..];
            let candidates = retired.iter().filter(|it| it.exact_case == exact_case);
            for it in candidates.filter(|it| begins_with(&text, here, &it.words)) {
                let line = text[..*start].matches('\n').count() + 1;
                let word = it.words.join(" ");
                found
                    .push(Finding::new(line, format!("`{word}` is retired, see {GLOSSARY}: {}", it.instead)));
            }
        }
    }
    found.sort_by_key(|finding| finding.line);
    found
}

fn folded(text: &str, exact_case: bool) -> String {
    if exact_case { text.to_owned() } else { text.to_lowercase() }
}

/// The first two cells of a row of a table.
fn row(line: &str) -> Option<(&str, &str)> {
    let (phrases, instead) = line.strip_prefix('|')?.split_once('|')?;
    Some((phrases.trim(), instead.trim_end_matches('|').trim()))
}

/// The words of a text, each with its offset. An underscore separates words, as in the name of a test.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(char::is_alphanumeric)?;
        let length = text[start..].find(|it: char| !it.is_alphanumeric()).unwrap_or(text.len() - start);
        rest = start + length;
        Some((start, &text[start..rest]))
    })
}

/// Whether the text continues with these words, separated only by white space, comment markers and underscores.
fn begins_with(text: &str, here: &[(usize, &str)], wanted: &[String]) -> bool {
    let same =
        here.len() >= wanted.len() && here.iter().zip(wanted).all(|((_, word), wanted)| word == wanted);
    same && here[..wanted.len()].windows(2).all(|pair| {
        let (start, word) = pair[0];
        text[start + word.len()..pair[1].0].chars().all(|it| it.is_whitespace() || "_/!*-#>`".contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "## Retired names\n\n| retired | use |\n|---|---|\n| `Desk` | `Queue` |\n\
                         | `impl Handler for` | `impl EventHandler for` |\n\n\
                         ## Retired phrases\n\n| retired | use |\n|---|---|\n| how it goes | the state |\n\n\
                         ## Other\n\n| `Fine` | it is |\n";

    fn lines(text: &str) -> Vec<usize> {
        let retired = retired(TABLE).expect("a table");
        used(text, &retired).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_retired_word_is_found_as_a_whole_word_in_its_spelling() {
        assert_eq!(lines("a\nstruct Desk;\nDesktop, desk, MyDesk\nDesk_2\n"), [2, 4]);
        assert_eq!(lines("impl Handler for X {}\nimpl EventHandler for X {}\nFine\n"), [1]);
    }

    #[test]
    fn a_phrase_is_found_where_a_comment_wraps_and_not_across_other_text() {
        assert_eq!(lines("/// impl\n    /// Handler for\nimpl, Handler for\n"), [1]);
    }

    #[test]
    fn a_phrase_in_any_case_is_found_in_prose_and_in_the_name_of_a_test() {
        let phrase = |text: &str| Retired {
            words: words(text).map(|(_, word)| word.to_owned()).collect(),
            exact_case: false,
            instead: "inline".to_owned(),
        };
        let retired = [phrase("commits with the events")];
        let text =
            "Commits\n// with the events\nfn it_commits_with_the_events_twice() {}\ncommits with the event\n";
        let found = used(text, &retired);
        assert_eq!(found.iter().map(|it| it.line).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(found[0].text, "`commits with the events` is retired, see docs/glossary.md: inline");
    }

    #[test]
    fn a_glossary_without_its_tables_is_found() {
        assert!(retired("# Glossary\n").is_err());
        assert!(retired("## Retired names\n\n| retired | use |\n|---|---|\n").is_err());
    }
}
