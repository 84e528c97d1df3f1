//! Payloads of a release that still writes an older version, and of the next one.

use std::{fmt::Debug, fs, path::Path};

use eventsource::{prelude::*, testing::check_payloads};

use super::releases::panic_of;

macro_rules! release {
    ($module:ident $($written:tt)*) => {
        mod $module {
            use eventsource::prelude::*;

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event(category = "account")]
            pub(super) enum AccountEvent {
                #[event(version = 2, from(OpenedV1) $($written)*)]
                Opened { owner: String, currency: String },
            }

            #[derive(Debug, Serialize, Deserialize, Schema)]
            pub(super) struct OpenedV1 {
                owner: String,
            }

            impl From<OpenedV1> for AccountEvent {
                fn from(old: OpenedV1) -> Self {
                    Self::Opened { owner: old.owner, currency: "EUR".to_owned() }
                }
            }

            #[allow(dead_code, reason = "the next release does not use it")]
            fn opened_v1(owner: &str, _: &str) -> OpenedV1 {
                OpenedV1 { owner: owner.to_owned() }
            }

            pub(super) fn examples() -> [AccountEvent; 1] {
                [AccountEvent::Opened { owner: "Ada".to_owned(), currency: "EUR".to_owned() }]
            }
        }
    };
}

release!(expanded, write = 1, downcast = opened_v1);
release!(contracted);

fn checked<E: Event + Debug>(
    crate_of_the_user: &Path,
    examples: impl IntoIterator<Item = E>,
) -> Result<(), String> {
    let manifest = crate_of_the_user.to_str().expect("UTF-8");
    let panic = panic_of(|| check_payloads(manifest, "AccountEvent", examples, true, |_, _| {}));
    panic.map_or(Ok(()), Err)
}

fn payload(crate_of_the_user: &Path, version: u32) -> Option<String> {
    let file = format!("event-payloads/account.opened/v{version}-1.json");
    fs::read_to_string(crate_of_the_user.join(file)).ok()
}

#[test]
fn an_example_is_kept_in_the_version_that_the_release_writes() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    checked(folder, expanded::examples()).expect("version 2 is not stored yet");
    assert_eq!(payload(folder, 1).as_deref(), Some("{\"owner\":\"Ada\"}\n"));
    assert_eq!(payload(folder, 2), None);
    checked(folder, contracted::examples()).expect("both versions have a payload");
    assert_eq!(payload(folder, 2).as_deref(), Some("{\"owner\":\"Ada\",\"currency\":\"EUR\"}\n"));
    // The release before reads them too.
    checked(folder, expanded::examples()).expect("both versions are read");
}

#[test]
fn the_version_that_is_written_needs_an_example() {
    let directory = tempfile::tempdir().expect("a directory");
    let said = checked::<expanded::AccountEvent>(directory.path(), []).expect_err("there is none");
    assert!(said.contains("`account.opened`: add an event of this type to the list in the test"), "{said}");
}
