//! Comparing the schema of a set of events with the accepted one.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
};

use super::{
    bump,
    changes::{self, Change, Changes},
    explain::{self, About},
    files,
    kept::kept,
    reasons::Reasons,
    snapshot::Snapshot,
};
use crate::{Aggregate, EventSet, StreamId};

/// A call of [`assert_event_schema!`](crate::assert_event_schema).
#[derive(Debug, Clone)]
pub struct SchemaTest<'a> {
    /// The folder of the package with the test.
    pub manifest: &'a str,
    /// The name of that package.
    pub package: &'a str,
    /// The set, as the test writes it.
    pub written: &'a str,
    /// Categories and streams of example ids.
    pub streams: Vec<(String, String)>,
    /// Whether files may be written, and so accepted.
    pub may_write: bool,
    /// Whether every schema is accepted as it is: `INSTA_UPDATE=always`.
    pub accepts_all: bool,
    /// Types whose next version is wanted: `EVENTSOURCE_BUMP`.
    pub bump: Option<String>,
}

impl<'a> SchemaTest<'a> {
    /// A call in a package, in this environment.
    #[must_use]
    pub fn new(
        manifest: &'a str,
        package: &'a str,
        written: &'a str,
        streams: Vec<(String, String)>,
    ) -> Self {
        let accepts_all = env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
        let bump = env::var(bump::VARIABLE).ok().filter(|chosen| !chosen.is_empty());
        Self { manifest, package, written, streams, may_write: files::may_write(), accepts_all, bump }
    }
}

/// The streams of an aggregate with these ids. `E` is the set under test.
#[must_use]
pub fn streams_of<E: EventSet, A: Aggregate<Event = E>>(ids: &[&A::Id]) -> Vec<(String, String)> {
    ids.iter()
        .map(|id| {
            let stream = StreamId::of::<A>(*id).unwrap_or_else(|error| panic!("the id `{id}`: {error}"));
            (stream.category().to_owned(), stream.to_string())
        })
        .collect()
}

/// Implements [`assert_event_schema!`](crate::assert_event_schema). `assert` is insta's assertion, which must be in
/// the crate of the test, because insta derives its file paths from there.
#[track_caller]
pub fn check_schema<E: EventSet>(test: &SchemaTest<'_>, assert: impl FnOnce(&str, &str)) {
    let name = files::name_of::<E>(test.written);
    let directory = Path::new(test.manifest).join("event-schemas");
    let file = files::snapshot(&directory, &name);
    let present = Snapshot::of::<E>(&test.streams);
    let accepted = accepted(&directory, &file, &present).unwrap_or_else(|fault| panic!("{fault}"));
    let set = files::set_name(test.written);
    let about = About::of::<E>(&set, test.package, &file);

    let reasons = Reasons::read(&directory).unwrap_or_else(|fault| panic!("{fault}"));
    let Changes { worse, compatible, ahead } = match &accepted {
        Some(accepted) => changes::compare(accepted, &present),
        None => changes::first(&present),
    };
    let (decided, open): (Vec<Change>, Vec<Change>) =
        worse.into_iter().partition(|change| test.accepts_all || reasons.of(&change.id()).is_some());
    // Insta is not asked: whatever it is told, it would leave or accept a snapshot without this verdict.
    assert!(open.is_empty(), "{}", explain::worse(&open, &about));
    let next = test.bump.as_deref();
    let next = next.and_then(|it| bump::bump(it, &present.events, &about, Path::new(test.manifest)));
    assert!(next.is_none(), "{}", next.unwrap_or_default());
    assert!(accepted.is_some() || test.may_write, "{}", explain::missing(&about));

    let decided: Vec<_> = decided.iter().map(|it| (it, reasons.of(&it.id()))).collect();
    let explanation = explain::survived(&decided, &compatible, &ahead, &about);
    let text = kept(accepted.unwrap_or_default(), present).render();
    let mut settings = files::settings(&directory);
    if let Some(explanation) = &explanation {
        settings.set_description(explanation.verdict.clone());
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| settings.bind(|| assert(&name, &text))));
    let Err(failure) = outcome else { return };
    match explanation {
        Some(explanation) => panic!("{}{}", explanation.verdict, explanation.what_to_do),
        None => resume_unwind(failure),
    }
}

/// The accepted schema of the set; or that of the same events in a file of another name: of another category, or of some
/// of the enums that the set joins.
fn accepted(directory: &Path, file: &Path, present: &Snapshot) -> Result<Option<Snapshot>, String> {
    if let Some(accepted) = read(file)? {
        let is_own = accepted.categories.is_empty() || accepted.shares_category(present);
        return if is_own {
            Ok(Some(accepted))
        } else {
            Err(explain::file_of_others(file, &accepted, present))
        };
    }
    let mut parts = Snapshot::default();
    for other in snapshots(directory)? {
        let Some(accepted) = read(&other)? else { continue };
        let of_same_types =
            accepted.events.iter().any(|old| present.events.iter().any(|new| new.reads(&old.name)));
        if accepted.categories.is_empty() && of_same_types {
            return Err(explain::other_name(&other, file));
        }
        if !accepted.shares_category(present) && (of_same_types || accepted.shares_enum(present)) {
            return Ok(Some(accepted));
        }
        if accepted.is_part_of(present) {
            parts.join(accepted);
        }
    }
    Ok((!parts.events.is_empty()).then_some(parts))
}

fn read(file: &Path) -> Result<Option<Snapshot>, String> {
    let Some(text) = files::accepted(file)? else { return Ok(None) };
    let parsed = Snapshot::parse(&text);
    parsed.map(Some).map_err(|error| {
        format!(
            "{} was changed by hand, or has a merge conflict; restore it from version control: {error}",
            file.display()
        )
    })
}

/// All snapshots in the folder.
fn snapshots(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(Vec::new()) };
    let cannot = |error| format!("cannot read {}: {error}", directory.display());
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(cannot)?.path();
        if file.extension().is_some_and(|it| it == "snap") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
