//! Links between files of the repository, which no compiler checks.

use std::path::Path;

use super::Finding;

/// Links of a Markdown file to files that do not exist. `exists` is called with a path relative to the root.
pub(super) fn broken(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Finding> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        for target in targets(line) {
            let file = target.split('#').next().unwrap_or_default();
            match resolved(folder, file) {
                Some(file) if exists(&file) => {}
                _ => found.push(Finding::new(number, format!("the linked file `{target}` does not exist"))),
            }
        }
    }
    found
}

/// The targets in a line that are paths of files, of `[text](target)` and of `[text]: target`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
    inline.chain(definition).filter(|target| {
        let is_path = target.contains('/') || target.ends_with(".md") || target.contains(".md#");
        is_path && !target.contains("::") && !target.contains("://")
    })
}

/// A path with its `..` resolved, if it stays within the root.
fn resolved(folder: &Path, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.iter().filter_map(|part| part.to_str()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let exists = |file: &str| ["README.md", "docs/guide/events.md", "docs"].contains(&file);
        broken(path, text, exists).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn links_to_missing_files_are_found() {
        let text = "[a](docs/guide/events.md#top) [b](docs/) [c](README.md)\n[d](docs/gone.md), [a](README.md)\n\
                    [e]: gone.md\n[f]: ../README.md\n";
        assert_eq!(lines("CHANGELOG.md", text), [2, 3, 4]);
    }

    #[test]
    fn links_are_relative_to_their_file() {
        assert_eq!(
            lines("docs/guide/read_models.md", "[a](events.md)\n[b]: ../../README.md\n[c](README.md)\n"),
            [3]
        );
    }

    #[test]
    fn urls_and_rust_items_are_ignored() {
        assert_eq!(
            lines("a.md", "[a](https://x.org/y.md) [b](crate::c) [d](macro@Event)\n[e]: crate::f\n"),
            []
        );
    }
}
