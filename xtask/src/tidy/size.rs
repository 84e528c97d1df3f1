//! Files that one can read in one sitting, and find.

use super::Finding;

const MOST_LINES: usize = 400;

/// Longer files, each with the reason why it is not split.
const LONGER: [(&str, &str); 1] = [("tests/schema_relation/corpus.rs", "made by generate.rs beside it")];

pub(super) fn limit(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let is_listed = LONGER.iter().any(|(listed, _)| *listed == path);
    (lines > MOST_LINES && !is_listed).then(|| {
        let advice = format!("{lines} lines are too many, split it below {MOST_LINES}");
        Finding::new(lines, format!("{advice}, or give a reason in xtask/src/tidy/size.rs"))
    })
}

pub(super) fn module_file(path: &str) -> Option<Finding> {
    let is_module_file = path == "mod.rs" || path.ends_with("/mod.rs");
    is_module_file
        .then(|| Finding::new(1, "a module `foo` lives in `foo.rs`, beside its folder and not in it"))
}

/// Reasons for files that are no longer there.
pub(super) fn stale_reasons(files: &[String]) -> Vec<String> {
    let stale = LONGER.iter().filter(|(path, _)| !files.iter().any(|file| file == path));
    stale.map(|(path, _)| format!("{path}: is gone, remove its reason from xtask/src/tidy/size.rs")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_found_and_one_at_the_limit_is_not() {
        assert_eq!(limit("a.rs", &"x\n".repeat(MOST_LINES)), None);
        let finding = limit("a.rs", &"x\n".repeat(MOST_LINES + 1)).expect("one line too many");
        assert!(finding.text.starts_with("401 lines"), "{}", finding.text);
    }

    #[test]
    fn a_mod_file_is_found() {
        assert!(module_file("src/foo/mod.rs").is_some());
        assert_eq!(module_file("src/foo/amod.rs"), None);
    }
}
