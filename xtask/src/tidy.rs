//! `cargo xtask tidy`: the conventions that neither the compiler nor clippy checks.
//!
//! Every check is a function from a file's text to its findings, so that each check has a test that shows it failing.

mod guarantees;
mod links;
mod migrations;
mod rust;
mod size;
mod sql;
mod words;

use std::fs;
use std::path::Path;

use crate::command::root;
use crate::failure::{Failure, Outcome};

/// A violation in a file: a line number, counted from 1, and what to do.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    text: String,
}

impl Finding {
    fn new(line: usize, text: impl Into<String>) -> Self {
        Self { line, text: text.into() }
    }

    fn at(&self, path: &str) -> String {
        format!("{path}:{}: {}", self.line, self.text)
    }
}

pub(crate) fn run() -> Outcome {
    let mut files = Vec::new();
    collect(root(), &mut files)?;
    files.sort();
    let mut found = size::stale_reasons(&files);
    let retired = words::retired(&read(words::GLOSSARY)?)
        .map_err(|finding| Failure::new(finding.at(words::GLOSSARY)))?;
    let mut code = String::new();
    for path in &files {
        let text = read(path)?;
        found.extend(check(path, &text).iter().map(|finding| finding.at(path)));
        // The retired words occur in the glossary, and in the tests of this check.
        if path != words::GLOSSARY && path != "xtask/src/tidy/words.rs" {
            found.extend(words::used(&text, &retired).iter().map(|finding| finding.at(path)));
        }
        if path.ends_with(".rs") {
            code.push_str(&text);
        }
        if path.ends_with(".md") {
            let exists = |file: &str| root().join(file).exists();
            found.extend(links::broken(path, &text, exists).iter().map(|finding| finding.at(path)));
        }
    }
    for path in &files {
        let Some((crate_folder, _)) = path.split_once("/src/sql/") else { continue };
        let is_code =
            |file: &&String| file.starts_with(&format!("{crate_folder}/src/")) && file.ends_with(".rs");
        let code = files.iter().filter(is_code).map(|file| read(file)).collect::<Result<String, _>>()?;
        let unused = sql::unused(path, &read(path)?, &code);
        found.extend(unused.iter().map(|finding| finding.at(path)));
        let unknown = sql::unknown_rules(&read(path)?, |module, item| {
            let rules = read(&format!("eventsource-core/src/store/rules/{module}.rs")).unwrap_or_default();
            ["fn", "const fn", "struct"].iter().any(|kind| rules.contains(&format!("pub {kind} {item}")))
        });
        found.extend(unknown.iter().map(|finding| finding.at(path)));
    }
    let is_test = |name: &str| ["(", "<"].iter().any(|next| code.contains(&format!("fn {name}{next}")));
    let guarantees = read(guarantees::FILE)?;
    found.extend(
        guarantees::unproved(&guarantees, is_test).iter().map(|finding| finding.at(guarantees::FILE)),
    );
    let security = guarantees::missing(&read(guarantees::SECURITY)?, is_test);
    found.extend(security.iter().map(|finding| finding.at(guarantees::SECURITY)));
    for folder in migrations::FOLDERS {
        let list = format!("{folder}/{}", migrations::LIST);
        let changed = migrations::changed(&root().join(folder))?;
        found.extend(changed.iter().map(|finding| finding.at(&list)));
    }
    if found.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    Err(Failure::new(format!("{} findings:\n{}", found.len(), found.join("\n"))))
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(root().join(path)).map_err(Failure::while_doing(format!("read {path}")))
}

/// The paths of all files that are checked, relative to the root.
fn collect(folder: &Path, files: &mut Vec<String>) -> Outcome {
    let doing = || format!("list {}", folder.display());
    for entry in fs::read_dir(folder).map_err(Failure::while_doing(doing()))? {
        let path = entry.map_err(Failure::while_doing(doing()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, files)?;
            }
        } else if [".rs", ".md", ".sql", ".toml"].iter().any(|kind| name.ends_with(kind)) {
            let relative = path.strip_prefix(root()).unwrap_or(&path);
            files.push(relative.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if path.ends_with(".sql") {
        found.extend(sql::headers(path, text));
    } else {
        found.extend(rust::ignored_fences(text));
    }
    if path.ends_with(".rs") {
        found.extend(size::limit(path, text));
        found.extend(size::module_file(path));
        // The texts that these checks search for occur in their own tests.
        if !path.starts_with("xtask/src/tidy/") {
            found.extend(rust::bare_matches(text));
            found.extend(rust::ignored_tests(text));
            found.extend(rust::unfinished(text));
        }
    }
    found
}
