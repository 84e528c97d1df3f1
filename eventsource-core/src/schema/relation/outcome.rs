//! The outcome of reading some values.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// One reason why a value is refused or changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Finding {
    /// Where in the value, such as `lines[].amount`; empty for the whole value.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

/// Types that contain themselves have errors at an unlimited number of places.
const MOST_FINDINGS: usize = 50;

/// The outcome of reading a set of values.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    /// Why some of them are refused; empty if none is.
    pub(super) faults: Vec<Finding>,
    /// The data that is lost in some of them.
    pub(super) losses: Vec<Finding>,
    /// Whether every one of them is refused.
    pub(super) hopeless: bool,
    /// The fields of the object that were not read, by their number; and the field of the reader that may be the same
    /// one under another name.
    pub(super) unseen: BTreeMap<usize, Option<String>>,
}

impl Outcome {
    /// Accepted unchanged.
    pub(super) fn accepted() -> Self {
        Self::default()
    }

    /// None of the values is accepted.
    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self { hopeless: true, ..Self::partly_refused(reason) }
    }

    /// Some of the values are not accepted.
    pub(super) fn partly_refused(reason: impl Into<String>) -> Self {
        Self { faults: vec![Finding::whole(reason)], ..Self::default() }
    }

    /// Accepted, with a loss of data.
    pub(super) fn lossy(reason: impl Into<String>) -> Self {
        Self { losses: vec![Finding::whole(reason)], ..Self::default() }
    }

    /// Moves the findings into a part of a value.
    pub(super) fn at(mut self, part: &str) -> Self {
        for finding in self.faults.iter_mut().chain(&mut self.losses) {
            finding.move_into(part);
        }
        self
    }

    /// A part that is sometimes absent: without it, the value may be accepted.
    pub(super) fn maybe(self) -> Self {
        Self { hopeless: false, ..self }
    }

    /// Adds the outcome of a part of the same values.
    pub(super) fn and(&mut self, part: Self) {
        self.faults.extend(part.faults);
        self.losses.extend(part.losses);
        self.hopeless |= part.hopeless;
    }

    /// The combined outcome of several sets of values; of no values at all, if there are no sets.
    pub(super) fn of_all(sets: impl IntoIterator<Item = Self>) -> Self {
        let mut all: Option<Self> = None;
        for set in sets {
            match &mut all {
                None => all = Some(set),
                Some(all) => {
                    all.faults.extend(set.faults);
                    all.losses.extend(set.losses);
                    all.hopeless &= set.hopeless;
                    all.unseen.extend(set.unseen);
                }
            }
        }
        all.unwrap_or_default()
    }

    /// The findings that the other outcome does not have.
    pub(super) fn beyond(mut self, known: &Self) -> Self {
        let seen = |findings: &[Finding]| findings.iter().cloned().collect::<BTreeSet<_>>();
        let (faults, losses) = (seen(&known.faults), seen(&known.losses));
        self.faults.retain(|finding| !faults.contains(finding));
        self.losses.retain(|finding| !losses.contains(finding));
        self
    }

    /// Drops repetitions, because alternatives of one value often have the same findings, and drops findings beyond a
    /// readable number.
    pub(super) fn tidy(&mut self) {
        for findings in [&mut self.faults, &mut self.losses] {
            let mut seen = BTreeSet::new();
            findings.retain(|finding| seen.insert(finding.clone()));
            findings.truncate(MOST_FINDINGS);
        }
    }
}

impl Finding {
    /// A finding on the whole value.
    pub(in crate::schema) fn whole(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    /// The finding, if the value is this part of another one.
    pub(in crate::schema) fn at(mut self, part: &str) -> Self {
        self.move_into(part);
        self
    }

    fn move_into(&mut self, part: &str) {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{part}{dot}{}", self.path);
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, reason } = self;
        if path.is_empty() { f.write_str(reason) } else { write!(f, "`{path}`: {reason}") }
    }
}
