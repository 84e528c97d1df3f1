//! Headers of SQL files: their purpose and what they rely on.

use super::Finding;

/// A file begins with a comment that says what it does. A statement (any file that is not a migration) also
/// names its binds and the isolation it assumes, and describes every parameter it uses.
pub(super) fn header(path: &str, text: &str) -> Vec<Finding> {
    let header: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("--")).map(str::trim).collect();
    let Some(purpose) = header.first().filter(|line| !line.is_empty()) else {
        return vec![Finding::new(1, "begin with a comment that says what this is for")];
    };
    let mut found = Vec::new();
    if ["Binds:", "Isolation:"].iter().any(|label| purpose.starts_with(label)) {
        found.push(Finding::new(1, "begin with what this is for, then its binds"));
    }
    if path.contains("/migrations/") {
        return found;
    }
    for label in ["Binds:", "Isolation:"] {
        if !header.iter().any(|line| line.contains(label)) {
            found.push(Finding::new(1, format!("the header lacks `{label}`")));
        }
    }
    let body = text.lines().skip(header.len()).collect::<Vec<_>>().join("\n");
    let described = described(&header.join("\n"));
    for number in numbers(&body) {
        if !described.contains(&number) {
            found.push(Finding::new(1, format!("the header does not say what ${number} is")));
        }
    }
    found
}

/// The parameters that a header describes, one by one (`$2`) or as a range (`$1 to $6`).
fn described(header: &str) -> Vec<u32> {
    let mut described = numbers(header);
    let words: Vec<&str> = header.split_whitespace().collect();
    for window in words.windows(3) {
        if let [first, "to", last] = window
            && let ([first], [last]) = (&numbers(first)[..], &numbers(last)[..])
        {
            described.extend(*first..=*last);
        }
    }
    described
}

/// The numbers of the parameters in a text, each once.
fn numbers(text: &str) -> Vec<u32> {
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let mut numbers: Vec<u32> =
        text.split('$').skip(1).filter_map(|rest| digits(rest).parse().ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str, text: &str) -> Vec<String> {
        header(path, text).into_iter().map(|finding| finding.text).collect()
    }

    const STATEMENT: &str = "src/sql/read.sql";

    #[test]
    fn a_file_without_a_header_is_found() {
        for path in [STATEMENT, "a/migrations/0001_events.sql"] {
            let found = texts(path, "select 1\n");
            assert_eq!(found, ["begin with a comment that says what this is for"], "{path}");
        }
    }

    #[test]
    fn a_header_without_purpose_binds_or_isolation_is_found() {
        let found = texts(STATEMENT, "-- Binds: none.\nselect 1\n");
        assert_eq!(found, ["begin with what this is for, then its binds", "the header lacks `Isolation:`"]);
        assert_eq!(
            texts(STATEMENT, "-- Reads.\n-- Isolation: any.\nselect 1"),
            ["the header lacks `Binds:`"]
        );
    }

    #[test]
    fn a_parameter_that_is_not_described_is_found() {
        let text =
            "-- Reads.\n-- Binds: $1 stream, $3 to $5 limits. Isolation: any.\nselect $1, $2, $4, $12\n";
        let found = texts(STATEMENT, text);
        assert_eq!(found, ["the header does not say what $2 is", "the header does not say what $12 is"]);
    }

    #[test]
    fn good_headers_pass() {
        assert_eq!(
            texts(STATEMENT, "-- Reads.\n-- Binds: $1 to $2. Isolation: any.\nselect $1, $2"),
            [""; 0]
        );
        assert_eq!(texts("a/migrations/0001_a.sql", "-- Tables.\ncreate table a (b int);\n"), [""; 0]);
    }
}
