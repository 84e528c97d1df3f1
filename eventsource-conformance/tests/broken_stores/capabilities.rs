//! Stores that cannot do what they declare, or do what they do not declare.

use async_trait::async_trait;
use eventsource::{
    MemoryStore,
    store::{BoxError, Capabilities, Capability, EventStore, ImportError, ImportEvent, Imported},
};
use eventsource_conformance::{Fresh, tests, waiting::LIMIT};

use crate::{
    broken::{Broken, Defect},
    verdict::{self, BRIEFLY, rejected},
};

rejected! {
    a_store_that_imports_and_does_not_declare_it: Declares(&[]) => [
        an_import_is_stored_if_imports_are_declared_and_refused_otherwise,
    ],
    a_store_that_declares_imports_and_has_none: NoImport { declares: true } => [
        an_import_is_stored_if_imports_are_declared_and_refused_otherwise,
    ],
    a_durable_store_that_the_suite_cannot_open_again: Declares(&[Capability::Durable]) => [
        a_durable_store_has_its_events_when_it_is_opened_again_and_no_other_has,
    ],
    a_store_of_several_processes_that_the_suite_cannot_open_again: Declares(&[Capability::SeveralProcesses]) => [
        several_processes_open_the_store_if_that_is_declared_and_not_otherwise,
    ],
}

/// Declares these, and does what the reference store does.
struct Declares(&'static [Capability]);

impl Defect for Declares {
    fn capabilities(&self, _: &MemoryStore) -> Capabilities {
        Capabilities::of(self.0.iter().copied())
    }
}

struct NoImport {
    declares: bool,
}

#[async_trait]
impl Defect for NoImport {
    fn capabilities(&self, _: &MemoryStore) -> Capabilities {
        match self.declares {
            true => Capabilities::of([Capability::Import]),
            false => Capabilities::default(),
        }
    }

    async fn import(&self, _: &MemoryStore, _: &[ImportEvent]) -> Result<Imported, ImportError> {
        Err(ImportError::Unsupported)
    }
}

#[test]
fn a_store_without_imports_is_accepted() {
    let failed = verdict::failed_tests(LIMIT, || NoImport { declares: false }, |_| true);
    assert!(failed.is_empty(), "{failed:?}");
}

const DURABLE: &str = "a_durable_store_has_its_events_when_it_is_opened_again_and_no_other_has";
const SEVERAL: &str = "several_processes_open_the_store_if_that_is_declared_and_not_otherwise";

/// What a second process finds.
#[derive(Clone, Copy)]
enum Again {
    /// The same events.
    Same,
    /// No events.
    Empty,
    /// That it cannot open the store.
    Refused,
}

#[test]
fn a_store_that_is_opened_again_has_what_it_declares_and_no_more() {
    use Again::{Empty, Refused, Same};
    use Capability::{Durable, SeveralProcesses};
    for (test, declared, again, is_accepted) in [
        (DURABLE, &[Durable][..], Same, true),
        (DURABLE, &[Durable], Empty, false),
        (DURABLE, &[Durable], Refused, false),
        (DURABLE, &[], Same, false),
        (DURABLE, &[], Empty, true),
        (SEVERAL, &[SeveralProcesses], Same, true),
        (SEVERAL, &[SeveralProcesses], Empty, false),
        (SEVERAL, &[SeveralProcesses], Refused, false),
        (SEVERAL, &[], Same, false),
        (SEVERAL, &[], Refused, true),
    ] {
        let store = MemoryStore::new();
        let same = store.clone();
        let open = move || {
            let opened: Result<_, BoxError> = match again {
                Same => Ok(Broken::on(same.clone(), Declares(declared))),
                Empty => Ok(Broken::new(Declares(declared))),
                Refused => Err("it is in use".into()),
            };
            std::future::ready(opened)
        };
        let fresh = Fresh::new(Broken::on(store, Declares(declared))).opened_again_by(open);
        let run = tests().iter().find(|it| it.name == test).expect("it is in the list");
        let failed = verdict::failed_runs(BRIEFLY, [(test, run.run(fresh))].into_iter());
        assert_eq!(failed.is_empty(), is_accepted, "{test} {declared:?}");
    }
}

#[test]
fn the_reference_store_declares_what_it_can_do() {
    let declared = MemoryStore::new().capabilities();
    let expected = Capability::ALL
        .iter()
        .copied()
        .filter(|capability| !matches!(capability, Capability::Durable | Capability::SeveralProcesses));
    assert_eq!(declared, Capabilities::of(expected));
}
