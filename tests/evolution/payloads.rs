//! Golden payloads: written once, decoded by every later release.

use std::{fs, path::Path};

use eventsource::{prelude::*, testing::check_payloads};
use insta::assert_snapshot;

use super::releases::panic_of;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    #[event(version = 2, from(OpenedV1))]
    Opened { owner: String },
    #[event(was("account.paid_in"), upcast(1 = split))]
    #[event(version = 2, from(DepositedV1))]
    Deposited { amount: u64 },
}

#[derive(Debug, Deserialize, Schema)]
struct OpenedV1 {
    name: String,
}

impl From<OpenedV1> for AccountEvent {
    fn from(old: OpenedV1) -> Self {
        Self::Opened { owner: old.name }
    }
}

#[derive(Debug, Deserialize, Schema)]
struct DepositedV1 {
    amounts: Vec<u64>,
}

fn split(old: DepositedV1, _: &EventContext) -> Vec<AccountEvent> {
    old.amounts.into_iter().map(|amount| AccountEvent::Deposited { amount }).collect()
}

fn examples() -> Vec<AccountEvent> {
    vec![
        AccountEvent::Opened { owner: "Ada".to_owned() },
        AccountEvent::Deposited { amount: 5 },
        AccountEvent::Deposited { amount: u64::MAX },
    ]
}

fn write(crate_of_the_user: &Path, file: &str, payload: &str) {
    let file = crate_of_the_user.join("event-payloads").join(file);
    fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
    fs::write(file, payload).expect("a file");
}

/// Runs the check with old versions written by hand. Returns the text to compare, or the failure.
fn checked(crate_of_the_user: &Path) -> Result<String, String> {
    checked_where(crate_of_the_user, true)
}

fn checked_where(crate_of_the_user: &Path, may_write: bool) -> Result<String, String> {
    let mut text = String::new();
    let manifest = crate_of_the_user.to_str().expect("UTF-8");
    let panic = panic_of(|| {
        check_payloads(manifest, "AccountEvent", examples(), may_write, |_, payloads| {
            text = payloads.to_owned()
        })
    });
    panic.map_or(Ok(text), |panic| Err(panic.replace(manifest, "…")))
}

fn with_old_versions() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    write(directory.path(), "account.opened/v1-1.json", "{\"name\":\"Grace\"}\n");
    write(directory.path(), "account.paid_in/v1-1.json", "{\"amounts\":[1,2]}\n");
    write(directory.path(), "account.paid_in/v1-2.json", "{\"amounts\":[]}\n");
    directory
}

#[test]
fn payloads_are_written_once_and_decoded_through_the_chain() {
    let directory = with_old_versions();
    assert_snapshot!(checked(directory.path()).expect("all is well"));
    let file = directory.path().join("event-payloads/account.deposited/v2-2.json");
    assert_eq!(fs::read_to_string(&file).expect("written"), "{\"amount\":18446744073709551615}\n");

    // An existing file is never overwritten, whatever the example is by now.
    fs::write(&file, "{\"amount\":6}").expect("a file");
    let again = checked(directory.path()).expect("all is well");
    assert!(again.contains("account.deposited/v2-2.json\n  {\"amount\":6}"), "{again}");
}

#[test]
fn a_file_that_is_edited_or_removed_changes_the_snapshot() {
    let directory = with_old_versions();
    let before = checked(directory.path()).expect("all is well");
    write(directory.path(), "account.opened/v1-1.json", "{\"name\":\"Grace\", \"x\":1}");
    let edited = checked(directory.path()).expect("all is well");
    assert_ne!(before, edited);
    fs::remove_file(directory.path().join("event-payloads/account.paid_in/v1-2.json")).expect("there");
    assert_ne!(edited, checked(directory.path()).expect("all is well"));
}

#[test]
fn an_old_version_without_a_payload_says_which_file_to_write() {
    let directory = tempfile::tempdir().expect("a directory");
    assert_snapshot!(checked(directory.path()).expect_err("two versions have none"));
}

#[test]
fn a_file_that_may_not_be_written_is_reported_as_missing() {
    let directory = with_old_versions();
    let said = checked_where(directory.path(), false).expect_err("three are missing");
    assert_eq!(said.matches(" is missing: run the test where files may be written").count(), 3, "{said}");
    assert!(!directory.path().join("event-payloads/account.deposited").exists());
}

#[test]
fn a_payload_that_can_no_longer_be_decoded_is_named() {
    let directory = with_old_versions();
    write(directory.path(), "account.opened/v1-1.json", "{\"nom\":\"Grace\"}\n");
    assert_snapshot!(checked(directory.path()).expect_err("it has no name"));
}

#[test]
fn a_payload_of_an_unknown_version_is_named() {
    let directory = with_old_versions();
    write(directory.path(), "account.opened/v3-1.json", "{}\n");
    assert_snapshot!(checked(directory.path()).expect_err("there is no version 3"));
    fs::remove_file(directory.path().join("event-payloads/account.opened/v3-1.json")).expect("there");
    write(directory.path(), "account.opened/notes.txt", "");
    let said = checked(directory.path()).expect_err("it is not a payload");
    assert_eq!(said, "…/event-payloads/account.opened/notes.txt is not named `v<version>-<number>.json`");
}

#[test]
fn a_type_without_an_example_is_named() {
    let directory = with_old_versions();
    let manifest = directory.path().to_str().expect("UTF-8");
    let said = panic_of(|| check_payloads::<AccountEvent>(manifest, "AccountEvent", [], true, |_, _| {}));
    assert_snapshot!(said.expect("a failure"));
}

#[test]
fn payloads_are_compared_by_the_macro_where_the_crate_is() {
    eventsource::assert_event_payloads!(AccountEvent, examples());
}
