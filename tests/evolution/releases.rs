//! Two releases of one program: the accepted schema of the first, and the report on the second.

use std::{
    any::Any,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use eventsource::{
    EventSet,
    schema::{EventSchema, render},
    testing::check_schema,
};

/// The report when `New` replaces `Old`, whose schema was accepted; `None` if the test still passes.
pub(crate) fn said<Old: EventSet, New: EventSet>() -> Option<String> {
    let crate_of_the_user = tempfile::tempdir().expect("a directory");
    accept::<Old>(crate_of_the_user.path());
    check::<New>(crate_of_the_user.path())
}

/// Accepts the schema of a set, as `cargo insta accept` would.
pub(crate) fn accept<E: EventSet>(manifest: &Path) {
    let schemas: Vec<EventSchema> = EventSchema::of::<E>();
    accept_text(manifest, &render(&schemas));
}

pub(crate) fn accept_text(manifest: &Path, schema: &str) {
    let directory = manifest.join("event-schemas");
    fs::create_dir_all(&directory).expect("a directory");
    let text = format!("---\nsource: tests/schema.rs\n---\n{schema}");
    fs::write(directory.join("AccountEvent.snap"), text).expect("a file");
}

/// Runs the check as in a user's test, with an assertion that writes no files instead of insta's.
pub(crate) fn check<E: EventSet>(manifest: &Path) -> Option<String> {
    let file = manifest.join("event-schemas/AccountEvent.snap");
    panic_of(|| {
        check_schema::<E>(manifest.to_str().expect("UTF-8"), "AccountEvent", |_, text| {
            let accepted = fs::read_to_string(&file).unwrap_or_default();
            let content = accepted.split_once("\n---\n").map_or("", |(_, content)| content);
            assert!(content == text, "the snapshot differs");
        });
    })
}

/// The text of a panic, if there was one.
pub(crate) fn panic_of(test: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(test)).err()?;
    Some(text_of(&*payload))
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned())).expect("a panic with a text")
}
