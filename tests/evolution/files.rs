//! The files of accepted schemas: their names, and what is in the way of reading them.

use std::fs;

use eventsource::{prelude::*, testing::SchemaTest};
use insta::assert_snapshot;

use super::releases::Package;

macro_rules! events {
    ($name:ident::$set:ident, $category:literal: $($variants:tt)*) => {
        mod $name {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event(category = $category)]
            pub(super) enum $set { $($variants)* }
        }
    };
}

events! { account::Event, "account": Opened { name: String }, Closed }
events! { order::Event, "order": Placed { amount: u64 } }

#[test]
fn enums_of_one_name_have_files_of_their_own() {
    let package = Package::default();
    let of = |written| SchemaTest { written, ..package.test() };
    package.accept_as::<account::Event>(&of("account::Event")).expect("it is the first");
    package.accept_as::<order::Event>(&of("order::Event")).expect("it is the first");
    assert_eq!(package.check_as::<account::Event>(&of("account::Event")), None);
    assert_eq!(package.check_as::<order::Event>(&of("order::Event")), None);
    assert!(
        package.schemas().join("account.snap").is_file() && package.schemas().join("order.snap").is_file()
    );
}

events! { second::Other, "account": Locked }

#[test]
fn a_second_enum_of_a_category_is_refused() {
    let package = Package::default();
    package.accept::<account::Event>();
    assert_snapshot!(package.check::<second::Other>().expect("a failure"));
}

events! { breaking::Event, "account": Opened { owner: String }, Closed }

#[test]
fn lines_of_windows_do_not_change_the_verdict() {
    let package = Package::default();
    package.accept::<account::Event>();
    let file = package.schemas().join("account.snap");
    let text = fs::read_to_string(&file).expect("a file");
    fs::write(&file, format!("\u{feff}{}", text.replace('\n', "\r\n"))).expect("a file");
    assert_eq!(package.check::<account::Event>(), None);
    let said = package.check::<breaking::Event>().expect("a failure");
    assert!(said.contains("could no longer be read"), "{said}");
}

#[test]
fn a_file_that_is_no_snapshot_is_an_error() {
    let package = Package::default();
    package.write("account.snap", "account.opened\n  version 1: fields\n");
    let said = package.check::<account::Event>().expect("a failure");
    assert!(said.contains("account.snap is not a snapshot") && said.contains("version control"), "{said}");
    let file = package.schemas().join("account.snap");
    fs::remove_file(&file).expect("a file");
    package.accept::<account::Event>();
    let text = fs::read_to_string(&file).expect("a file");
    fs::write(&file, text.replace("  version 1", "<<<<<<< HEAD\n  version 1")).expect("a file");
    let said = package.check::<account::Event>().expect("a failure");
    assert!(said.contains("merge conflict"), "{said}");
}

events! { konto::Event, "konto": #[event(name = "account.opened")] Opened { name: String },
    #[event(name = "account.closed")] Closed
}

#[test]
fn a_renamed_category_is_not_compatible() {
    let package = Package::default();
    package.accept::<account::Event>();
    let said = package.check::<konto::Event>().expect("a failure");
    assert_snapshot!(said);
    // With a reason, the past goes along.
    let line = said.lines().find(|line| line.ends_with("<the reason>")).expect("a line");
    package.write(
        "accepted_breaking.txt",
        &line.replace("<the reason>", "the streams were renamed in the database"),
    );
    let kept = package.accept_as::<konto::Event>(&package.test()).expect("it has a reason");
    assert!(kept.starts_with("category konto\n"), "{kept}");
    assert_eq!(package.check::<konto::Event>(), None);
}

#[test]
fn a_renamed_category_is_found_by_the_enum_if_the_types_are_renamed_as_well() {
    mod release {
        use super::*;

        #[derive(Debug, Serialize, Deserialize, Event)]
        #[event(category = "konto")]
        pub(super) enum AccountEvent {
            Opened { name: String },
        }
    }
    let package = Package::default();
    package.accept::<release::AccountEvent>();
    let file = package.schemas().join("konto.snap");
    let text = fs::read_to_string(&file).expect("a file");
    fs::remove_file(file).expect("a file");
    package.write("account.snap", &text.replace("konto", "account"));
    let said = package.check::<release::AccountEvent>().expect("a failure");
    assert!(said.contains("stored in streams of the category `account`"), "{said}");
}

#[test]
fn a_schema_in_a_file_with_the_name_of_the_enum_is_found() {
    let package = Package::default();
    package.write(
        "AccountEvent.snap",
        "---\nsource: x\n---\naccount.opened\n  version 1: fields\n    name: string\n",
    );
    let said = package.check::<account::Event>().expect("a failure");
    assert!(said.contains("git mv …/event-schemas/AccountEvent.snap …/event-schemas/account.snap"), "{said}");
}

#[test]
fn a_schema_that_was_never_accepted_fails_where_it_cannot_be() {
    let package = Package::default();
    let ci = SchemaTest { may_write: false, ..package.test() };
    let said = package.accept_as::<account::Event>(&ci).expect_err("insta is not asked");
    assert_snapshot!(said);
}

#[test]
fn a_test_in_another_package_is_told_where_it_belongs() {
    let package = Package::default();
    let elsewhere = SchemaTest { package: "service", ..package.test() };
    package.accept::<account::Event>();
    let said = package.check_as::<breaking::Event>(&elsewhere).expect("a failure");
    let hint = "The events are declared in the package `eventsource-cqrs`. If it is yours, move this test";
    assert!(said.contains(hint), "{said}");
    assert!(!package.check::<breaking::Event>().expect("a failure").contains("move this test"));
}

events! { numbered::Event, "numbered account": Opened }

mod ids {
    use std::fmt;

    use super::*;

    #[derive(Default, Aggregate)]
    #[aggregate(event = numbered::Event, id = Number)]
    pub(super) struct Account;

    impl Apply<numbered::Event> for Account {
        fn apply(&mut self, _: numbered::Event) {}
    }

    pub(super) struct Number(pub(super) u32, pub(super) usize);

    impl fmt::Display for Number {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:01$}", self.0, self.1)
        }
    }
}

#[test]
fn a_change_in_how_an_id_is_written_is_not_compatible() {
    use eventsource::testing::streams_of;
    use ids::{Account, Number};

    let package = Package::default();
    let of = |width| {
        let streams = streams_of::<numbered::Event, Account>(&[&Number(7, width), &Number(123_456, width)]);
        SchemaTest { streams, ..package.test() }
    };
    let kept = package.accept_as::<numbered::Event>(&of(1)).expect("it is the first");
    assert!(kept.contains("  stream numbered account/7\n  stream numbered account/123456\n"), "{kept}");
    assert_eq!(package.check_as::<numbered::Event>(&of(1)), None);
    assert_snapshot!(package.check_as::<numbered::Event>(&of(5)).expect("a failure"));
    // Without examples, it is no longer tested.
    assert!(package.check::<numbered::Event>().expect("a failure").contains("the test names no ids"));
}

#[test]
fn the_streams_of_ids_are_part_of_the_schema_by_the_macro() {
    use ids::{Account, Number};
    use numbered::Event;
    eventsource::assert_event_schema!(Event, Account => [&Number(7, 1)]);
}

/// A partial set of the category of `account::Event`.
mod partial {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account", partial)]
    pub(super) enum Openings {
        Opened {},
    }

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account", partial)]
    pub(super) enum Wrong {
        Opened { name: u64 },
    }
}

#[test]
fn a_partial_set_may_read_less_and_must_read_what_is_stored() {
    let package = Package::default();
    package.accept::<account::Event>();
    let of = |written| SchemaTest { written, ..package.test() };
    package.accept_as::<partial::Openings>(&of("partial::Openings")).expect("it reads what is stored");
    assert!(package.schemas().join("account.Openings.snap").is_file());
    assert_eq!(package.check::<account::Event>(), None);
    let said = package.check_as::<partial::Wrong>(&of("partial::Wrong")).expect("a failure");
    assert!(said.contains("version 1 of `account.opened` has changed"), "{said}");
}

events! { renamed::Event, "konto": Opened { name: String }, Closed }

#[test]
fn types_that_are_renamed_with_their_category_are_reported_with_it() {
    let package = Package::default();
    package.accept::<account::Event>();
    let text = fs::read_to_string(package.schemas().join("account.snap")).expect("a file");
    // The same enum: the file is as it would be if the enum had not been moved in this test.
    let place = "evolution::evolution::files::";
    let text = text.replace(&format!("{place}account::Event"), &format!("{place}renamed::Event"));
    package.write("account.snap", &text);
    let said = package.check::<renamed::Event>().expect("a failure");
    assert!(said.contains("stored in streams of the category `account`"), "{said}");
    // Once that has a reason, the types are still gone.
    let line = said.lines().find(|line| line.trim().starts_with("category")).expect("a line");
    package.write("accepted_breaking.txt", &line.replace("<the reason>", "the streams were renamed"));
    let said = package.check::<renamed::Event>().expect("a failure");
    assert!(
        said.contains("`account.opened` is gone") && !said.contains("every aggregate would load"),
        "{said}"
    );
}
