//! Comparing the schema of a set of events with the accepted one.

use std::{
    collections::BTreeSet,
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
        let accepts_all = files::accepts_all();
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
    let accepted = or_fail(accepted(&directory, &file, &present));
    let set = files::set_name(test.written);
    let about = About::of::<E>(&set, test.package, &file);

    let reasons = or_fail(Reasons::read(&directory));
    let Accepted { schema: accepted, is_own, others } = accepted;
    let mut changes = match &accepted {
        Some(accepted) => changes::compare(accepted, &present),
        None => changes::first(&present),
    };
    changes.worse.extend(changes::unreadable(&others, &present));
    let Changes { worse, compatible, ahead } = changes;
    let past = accepted.as_ref().map_or(&[][..], |accepted| &accepted.accepted);
    let reason =
        |change: &Change| reasons.of(&change.id(past)).or(test.accepts_all.then_some("without a reason"));
    let (decided, open): (Vec<Change>, Vec<Change>) = worse.into_iter().partition(|it| reason(it).is_some());
    // Insta is not asked: whatever it is told, it would leave or accept a snapshot without this verdict.
    assert!(open.is_empty(), "{}", explain::worse(&open, past, &about));
    let next = test.bump.as_deref();
    let next = next.and_then(|it| bump::bump(it, &present.events, &about, test.manifest, test.may_write));
    assert!(next.is_none(), "{}", next.unwrap_or_default());
    assert!(is_own || test.may_write, "{}", explain::missing(&about));

    let decided: Vec<_> = decided.iter().map(|it| (it, reason(it).unwrap_or_default())).collect();
    let explanation = explain::survived(&decided, &compatible, &ahead, &about);
    let lines = decided.iter().map(|(change, reason)| format!("{}: {reason}", change.id(past)));
    let lines: Vec<String> = past.iter().cloned().chain(lines).collect();
    let text = Snapshot { accepted: lines, ..kept(accepted.unwrap_or_default(), present) }.render();
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

/// The value, or a failure of the test.
#[track_caller]
pub(super) fn or_fail<T>(result: Result<T, String>) -> T {
    match result {
        Ok(value) => value,
        Err(fault) => panic!("{fault}"),
    }
}

/// The types whose present form is not accepted, because stored events do not survive it.
pub(super) fn refused<E: EventSet>(manifest: &str, written: &str) -> Result<BTreeSet<String>, String> {
    let directory = Path::new(manifest).join("event-schemas");
    let file = files::snapshot(&directory, &files::name_of::<E>(written));
    let Some(accepted) = read(&file)?.filter(|_| !files::accepts_all()) else { return Ok(BTreeSet::new()) };
    let reasons = Reasons::read(&directory)?;
    let changes = changes::compare(&accepted, &Snapshot::of::<E>(&[]));
    let open = changes.worse.iter().filter(|change| reasons.of(&change.id(&accepted.accepted)).is_none());
    let names = open.filter_map(|change| match change {
        Change::Shape { schema, .. } => Some(schema.name.clone()),
        Change::Itself { name, .. } => Some(name.clone()),
        _ => None,
    });
    Ok(names.collect())
}

/// What was accepted of a set.
#[derive(Default)]
struct Accepted {
    /// The schema of the set; without a file of its own, that of the same events in a file of another name.
    schema: Option<Snapshot>,
    /// Whether it is from the file of the set.
    is_own: bool,
    /// Without a file of its own: what other sets say about the same types.
    others: Vec<Snapshot>,
}

fn accepted(directory: &Path, file: &Path, present: &Snapshot) -> Result<Accepted, String> {
    if let Some(accepted) = read(file)? {
        let is_own = accepted.categories.is_empty() || accepted.shares_category(present);
        return if is_own {
            Ok(Accepted { schema: Some(accepted), is_own, others: Vec::new() })
        } else {
            Err(explain::file_of_others(file, &accepted, present))
        };
    }
    let (mut parts, mut others) = (Snapshot::default(), Vec::new());
    for other in snapshots(directory)? {
        let Some(accepted) = read(&other)? else { continue };
        if accepted.categories.is_empty() && accepted.shares_types(present) {
            return Err(explain::other_name(&other, file));
        }
        if accepted.shares_category(present) {
            if accepted.is_part_of(present) { parts.join(accepted) } else { others.push(accepted) }
        } else if accepted.shares_enum(present) || accepted.has_types_of(present) {
            // The category was renamed.
            return Ok(Accepted { schema: Some(accepted), ..Accepted::default() });
        }
    }
    let schema = (!parts.events.is_empty()).then_some(parts);
    Ok(Accepted { schema, is_own: false, others })
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
