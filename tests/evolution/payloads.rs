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

    // An existing file is never overwritten. An example that is in no file is added.
    fs::write(&file, "{\"amount\":6}").expect("a file");
    let again = checked(directory.path()).expect("all is well");
    assert!(again.contains("account.deposited/v2-2.json\n  {\"amount\":6}"), "{again}");
    assert!(again.contains("account.deposited/v2-3.json\n  {\"amount\":18446744073709551615}"), "{again}");
}

/// The payloads in the snapshot, by the names of their files.
fn files(text: &str) -> Vec<(&str, &str)> {
    let mut lines = text.lines().peekable();
    let mut files = Vec::new();
    while let Some(line) = lines.next() {
        if !line.starts_with(' ') {
            files.push((line, lines.next().unwrap_or_default().trim()));
        }
    }
    files
}

/// Runs the check of any set, with insta's assertion accepted.
fn check<E: Event + std::fmt::Debug>(
    crate_of_the_user: &Path,
    set: &str,
    examples: impl IntoIterator<Item = E>,
) -> Result<String, String> {
    let manifest = crate_of_the_user.to_str().expect("UTF-8");
    let mut text = String::new();
    let panic = panic_of(|| {
        check_payloads::<E>(manifest, set, examples, true, |name, payloads| {
            text = payloads.to_owned();
            write(
                crate_of_the_user,
                &format!("{name}.snap"),
                &format!("---\nsource: a/v1\n---\n{payloads}\n"),
            );
        });
    });
    panic.map_or(Ok(text), |panic| Err(panic.replace(manifest, "…")))
}

/// The first release, and others.
mod first {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Opened { owner: String },
        Closed { reasons: Vec<u8> },
    }

    pub(super) fn opened(owner: &str) -> AccountEvent {
        AccountEvent::Opened { owner: owner.to_owned() }
    }
}

mod with_a_new_field {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account", removed("account.closed"))]
    pub(super) enum AccountEvent {
        Opened {
            owner: String,
            #[serde(default)]
            currency: String,
        },
    }
}

mod without_closed {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Opened { owner: String },
    }
}

#[test]
fn an_example_is_kept_by_its_content_and_not_by_its_place_in_the_list() {
    use first::{AccountEvent, opened};
    let directory = tempfile::tempdir().expect("a directory");
    let check = |names: &[&str]| {
        let closed = AccountEvent::Closed { reasons: vec![2, 1] };
        let examples = names.iter().map(|name| opened(name)).chain([closed]);
        check(directory.path(), "AccountEvent", examples).expect("all is well")
    };
    let (closed, ada) = (("account.closed/v1-1.json", "{\"reasons\":[2,1]}"), "{\"owner\":\"Ada\"}");
    assert_eq!(files(&check(&["Ada"])), [closed, ("account.opened/v1-1.json", ada)]);
    let two = check(&["Bob", "Ada", "Bob"]);
    let bob = ("account.opened/v1-2.json", "{\"owner\":\"Bob\"}");
    assert_eq!(files(&two), [closed, ("account.opened/v1-1.json", ada), bob]);
    // Spaces are no content.
    write(directory.path(), "account.opened/v1-1.json", "{ \"owner\" :\"Ada\" }\n");
    assert_eq!(files(&check(&["Ada"])).len(), 3);
    // A number is not used again.
    fs::remove_file(directory.path().join("event-payloads/account.opened/v1-1.json")).expect("there");
    let after = check(&["Ada"]);
    assert_eq!(files(&after), [closed, bob, ("account.opened/v1-3.json", ada)]);
}

#[test]
fn the_current_form_is_kept_next_to_the_old_one_after_a_compatible_change() {
    let directory = tempfile::tempdir().expect("a directory");
    let closed = first::AccountEvent::Closed { reasons: Vec::new() };
    check(directory.path(), "AccountEvent", [first::opened("Ada"), closed]).expect("all is well");
    let opened =
        || with_a_new_field::AccountEvent::Opened { owner: "Ada".to_owned(), currency: "EUR".to_owned() };
    for _ in 0..2 {
        let text = check(directory.path(), "AccountEvent", [opened()]).expect("all is well");
        let expected = [
            ("account.closed/v1-1.json", "{\"reasons\":[]}"),
            ("account.opened/v1-1.json", "{\"owner\":\"Ada\"}"),
            ("account.opened/v1-2.json", "{\"owner\":\"Ada\",\"currency\":\"EUR\"}"),
        ];
        assert_eq!(files(&text), expected);
    }
}

#[test]
fn payloads_of_a_type_that_no_set_has_are_reported() {
    let directory = tempfile::tempdir().expect("a directory");
    let closed = first::AccountEvent::Closed { reasons: Vec::new() };
    check(directory.path(), "AccountEvent", [first::opened("Ada"), closed]).expect("all is well");
    let opened = || [without_closed::AccountEvent::Opened { owner: "Ada".to_owned() }];
    let said = check(directory.path(), "AccountEvent", opened()).expect_err("nothing reads `account.closed`");
    assert_eq!(
        said,
        "some payloads are of an event type that no set of this crate has:\n\n  event-payloads/account.closed: if such \
         events may be stored, restore the variant, name the type in `was(\"account.closed\")` of the variant that \
         replaced it, or write `removed(\"account.closed\")` on the enum, for its events to be ignored; if none is stored \
         anywhere, delete the folder"
    );
    // A snapshot of another set lists it, accepted or not.
    for snapshot in ["Other.snap", "Other.snap.new"] {
        write(
            directory.path(),
            snapshot,
            "---\nsource: x\n---\naccount.closed/v1-1.json\n  {}\n  => Closed\n",
        );
        check(directory.path(), "AccountEvent", opened()).expect("it belongs to another set");
        fs::remove_file(directory.path().join("event-payloads").join(snapshot)).expect("there");
    }
    check(directory.path(), "AccountEvent", opened()).expect_err("no other set is left");
    fs::remove_dir_all(directory.path().join("event-payloads/account.closed")).expect("there");
    check(directory.path(), "AccountEvent", opened()).expect("all is well");
}

#[test]
fn the_files_of_a_new_type_are_written_after_the_snapshot_that_lists_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let manifest = directory.path().to_str().expect("UTF-8");
    let folder = directory.path().join("event-payloads/account.opened");
    let example = without_closed::AccountEvent::Opened { owner: "Ada".to_owned() };
    let failed = panic_of(|| {
        check_payloads(manifest, "AccountEvent", [example], true, |_, text| {
            assert!(text.starts_with("account.opened/v1-1.json") && !folder.exists());
            panic!("the snapshot is not accepted");
        });
    });
    assert_eq!(failed.as_deref(), Some("the snapshot is not accepted"));
    assert!(folder.join("v1-1.json").exists());
}

/// Types that declare another shape than they have.
mod misdeclared {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        #[event(version = 2, from(ClosedV1))]
        Closed {
            #[schema(as = "u32")]
            reason: String,
            lines: Vec<Line>,
        },
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct Line {
        #[schema(as = "uuid::Uuid")]
        pub(super) id: String,
    }

    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct ClosedV1 {
        #[schema(as = "Option<bool>")]
        #[serde(alias = "because")]
        reason: Option<u8>,
    }

    impl From<ClosedV1> for AccountEvent {
        fn from(old: ClosedV1) -> Self {
            Self::Closed { reason: format!("{:?}", old.reason), lines: Vec::new() }
        }
    }

    pub(super) fn closed(reason: &str, id: &str) -> AccountEvent {
        AccountEvent::Closed { reason: reason.to_owned(), lines: vec![Line { id: id.to_owned() }] }
    }
}

#[test]
fn a_payload_that_is_not_as_its_type_declares_it_is_reported() {
    use misdeclared::closed;
    let directory = tempfile::tempdir().expect("a directory");
    write(directory.path(), "account.closed/v1-1.json", "{\"unknown\":1}\n");
    let said = check(directory.path(), "AccountEvent", [closed("other", "x")]).expect_err("a text");
    assert_eq!(
        said,
        "some payloads are not as their type declares itself, so that `assert_event_schema!` compares something else \
         than what is stored; correct `#[schema(as = \"…\")]` or the `Schema` that is written by hand:\n\n  \
         …/event-payloads/account.closed/v2-1.json: `reason`: the text \"other\" was found, a number (`u32`) is \
         declared\n    {\"reason\":\"other\",\"lines\":[{\"id\":\"x\"}]}"
    );
    write(directory.path(), "account.closed/v1-2.json", "{\"because\":7}\n");
    let said = check(directory.path(), "AccountEvent", [closed("7", "x")]).expect_err("a number");
    assert!(
        said.contains("account.closed/v1-2.json: `because`: the number 7 was found, a `bool` is declared"),
        "{said}"
    );
    assert!(!said.contains("v1-1.json"), "{said}");
    assert!(!directory.path().join("event-payloads/account.closed/v2-1.json").exists());
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

/// A form that stored events do not survive.
mod refused {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Opened { name: String },
    }
}

#[test]
fn no_payload_is_written_of_a_form_that_stored_events_do_not_survive() {
    let package = super::releases::Package::default();
    package.accept::<without_closed::AccountEvent>();
    let examples = [refused::AccountEvent::Opened { name: "Ada".to_owned() }];
    let said = check(package.path(), "AccountEvent", examples).expect_err("it is refused");
    assert!(said.contains("no payload of it is written"), "{said}");
    assert!(!package.path().join("event-payloads/account.opened").exists());
}
