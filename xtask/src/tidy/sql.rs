//! SQL files: what their headers say, and whether each statement is used.

use super::Finding;

/// The line above a statement of a file of several.
const NAME: &str = "-- name: ";

/// A file begins with a comment that says what it is for. So does a statement: a file that is not a migration, or what
/// is below a line with a name. A statement also names its binds and the isolation it assumes, and describes every
/// parameter it uses.
pub(super) fn headers(path: &str, text: &str) -> Vec<Finding> {
    let statements = statements(text);
    let mut found = Vec::from_iter(purpose(1, text));
    if !path.contains("/migrations/") && statements.is_empty() {
        found.extend(statement(1, text));
    }
    for Statement { line, text, .. } in statements {
        found.extend(purpose(line, &text));
        found.extend(statement(line, &text));
    }
    found
}

/// Statements with a name that is in no call of `statement!` with this file. The code is that of the crate.
pub(super) fn unused(path: &str, text: &str, code: &str) -> Vec<Finding> {
    let (_, file) = path.rsplit_once('/').unwrap_or_default();
    let calls = code.split("statement!(").skip(1).filter_map(|call| call.split(')').next());
    let calls: Vec<&str> = calls.filter(|call| call.contains(&format!("/{file}\""))).collect();
    let is_used = |name: &str| calls.iter().any(|call| call.contains(&format!("\"{name}\"")));
    let unused = statements(text).into_iter().filter(|statement| !is_used(&statement.name));
    let advice = |name| format!("no code uses the statement {name}: remove it");
    unused.map(|statement| Finding::new(statement.line, advice(statement.name))).collect()
}

/// A statement of a file of several.
struct Statement {
    /// The line of its name.
    line: usize,
    name: String,
    /// What is below its name.
    text: String,
}

fn statements(text: &str) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        if let Some(name) = content.strip_prefix(NAME) {
            statements.push(Statement { line, name: name.to_owned(), text: String::new() });
        } else if let Some(statement) = statements.last_mut() {
            statement.text.push_str(content);
            statement.text.push('\n');
        }
    }
    statements
}

fn header(text: &str) -> Vec<&str> {
    text.lines().map_while(|line| line.strip_prefix("--")).map(str::trim).collect()
}

fn purpose(line: usize, text: &str) -> Option<Finding> {
    match header(text).first() {
        None | Some(&"") => Some(Finding::new(line, "begin with a comment that says what this is for")),
        Some(purpose) if ["Binds:", "Isolation:", "name:"].iter().any(|label| purpose.starts_with(label)) => {
            Some(Finding::new(line, "begin with what this is for, then its binds"))
        }
        Some(_) => None,
    }
}

fn statement(line: usize, text: &str) -> Vec<Finding> {
    let header = header(text);
    let lacks = |label: &&str| !header.iter().any(|line| line.contains(label));
    let lacking = ["Binds:", "Isolation:"].into_iter().filter(lacks);
    let mut found: Vec<Finding> =
        lacking.map(|label| Finding::new(line, format!("the header lacks `{label}`"))).collect();
    let body = text.lines().skip(header.len()).collect::<Vec<_>>().join("\n");
    let described = described(&header.join("\n"));
    let unknown = numbers(&body).into_iter().filter(|number| !described.contains(number));
    found.extend(
        unknown.map(|number| Finding::new(line, format!("the header does not say what ${number} is"))),
    );
    found
}

/// The rules of the store contract that a statement says it expresses, and that do not exist. `exists` is called with the
/// module and the item of a rule.
pub(super) fn unknown_rules(text: &str, exists: impl Fn(&str, &str) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let rules = line.strip_prefix("-- Rule: ").map(|rules| rules.trim_end_matches('.').split(" and "));
        for rule in rules.into_iter().flatten() {
            let (module, item) = rule.split_once("::").unwrap_or_default();
            if !exists(module, item.split("::").next().unwrap_or_default()) {
                found.push(Finding::new(
                    number,
                    format!("there is no rule `{rule}` in the core's `store::rules`"),
                ));
            }
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
        headers(path, text).into_iter().map(|finding| finding.text).collect()
    }

    const STATEMENT: &str = "src/sql/read.sql";

    #[test]
    fn a_file_without_a_header_is_found() {
        for path in [STATEMENT, "a/migrations/0001_events.sql"] {
            let found = texts(path, "select 1\n");
            assert_eq!(found[0], "begin with a comment that says what this is for", "{path}");
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
    fn each_statement_of_a_file_needs_a_header() {
        let good = "-- name: read\n-- Reads.\n-- Binds: $1. Isolation: any.\nselect $1\n";
        assert_eq!(headers(STATEMENT, &format!("-- Reading.\n\n{good}")), []);
        let found = headers(STATEMENT, &format!("-- Reading.\n\n{good}\n-- name: write\nselect $1\n"));
        let lines: Vec<_> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [8; 4], "{found:?}");
        let found = texts(STATEMENT, good);
        assert_eq!(found, ["begin with what this is for, then its binds"], "the file has no purpose");
    }

    #[test]
    fn a_statement_that_nothing_uses_is_found() {
        let text = "-- Reading.\n\n-- name: read\nselect 1\n\n-- name: read_all\nselect 2\n";
        let used = |code: &str| unused("a/src/sql/log.sql", text, code);
        assert_eq!(used(r#"statement!("sql/log.sql", "read"), statement!("sql/log.sql", "read_all")"#), []);
        assert_eq!(used(r#"statement!("../sql/log.sql", ["read_all", "read"])"#), []);
        assert_eq!(used("statement!(\n    \"../sql/log.sql\",\n    \"read\"\n)")[0].line, 6);
        let unused =
            used(r#"statement!("sql/other_log.sql", "read"), statement!("sql/log.sql", "read_all")"#);
        assert_eq!(unused, [Finding::new(3, "no code uses the statement read: remove it")]);
    }

    #[test]
    fn good_headers_pass() {
        assert_eq!(
            texts(STATEMENT, "-- Reads.\n-- Binds: $1 to $2. Isolation: any.\nselect $1, $2"),
            [""; 0]
        );
        assert_eq!(texts("a/migrations/0001_a.sql", "-- Tables.\ncreate table a (b int);\n"), [""; 0]);
    }

    #[test]
    fn a_rule_that_does_not_exist_is_found() {
        let text = "-- name: claim\n-- Rule: leases::may_claim and parking::ParkedKey::park.\nselect 1\n";
        let found = |known: &str| unknown_rules(text, |module, item| format!("{module} {item}") == known);
        assert_eq!(found("leases may_claim").len(), 1);
        assert_eq!(found("parking ParkedKey")[0].line, 2);
        assert_eq!(unknown_rules(text, |_, _| true), []);
    }
}
