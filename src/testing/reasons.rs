//! Changes that were accepted although they are not compatible, each with a reason, in
//! `event-schemas/accepted_breaking.txt`.

use std::{fs, io::ErrorKind, path::Path};

pub(super) const FILE: &str = "accepted_breaking.txt";
/// In the proposed line, in place of the reason.
pub(super) const PLACE: &str = "<the reason>";

/// The lines of the file.
#[derive(Debug, Default)]
pub(super) struct Reasons(Vec<String>);

impl Reasons {
    pub(super) fn read(directory: &Path) -> Result<Self, String> {
        let file = directory.join(FILE);
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Self(text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("cannot read {}: {error}", file.display())),
        }
    }

    /// Why the change was accepted, if it was.
    pub(super) fn of(&self, change: &str) -> Option<&str> {
        let reason = |line: &'_ String| -> Option<usize> {
            let rest = line.trim_start().strip_prefix(change)?.strip_prefix(':')?;
            let reason = rest.trim();
            // The place for the reason in the proposed line is no reason.
            (!reason.is_empty() && reason != PLACE).then(|| line.len() - rest.trim_start().len())
        };
        self.0.iter().find_map(|line| reason(line).map(|start| line[start..].trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_belongs_to_its_change_and_is_not_the_placeholder() {
        let text =
            ["# why", "a.b v1 12345678: never released ", "a.c v1 12345678: <the reason>", "a.d v1 1:"];
        let reasons = Reasons(text.map(str::to_owned).to_vec());
        assert_eq!(reasons.of("a.b v1 12345678"), Some("never released"));
        assert_eq!(reasons.of("a.b v1 1234"), None);
        assert_eq!(reasons.of("a.c v1 12345678"), None);
        assert_eq!(reasons.of("a.d v1 1"), None);
    }
}
