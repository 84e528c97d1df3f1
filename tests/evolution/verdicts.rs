//! A verdict is a failure of its own, and is accepted with a reason.

use eventsource::{prelude::*, testing::SchemaTest};
use insta::assert_snapshot;

use super::releases::Package;

macro_rules! release {
    ($name:ident { $($variants:tt)* } $($rest:item)*) => {
        release! { $name, category = "account" => $($variants)*; $($rest)* }
    };
    ($name:ident, $($option:ident = $value:literal),* => $($variants:tt)*) => {
        release! { @ $name [$($option = $value),*] $($variants)* }
    };
    (@ $name:ident [$($option:tt)*] $($variant:ident $({ $($field:tt)* })?),* $(,)?; $($rest:item)*) => {
        mod $name {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event($($option)*)]
            pub(super) enum AccountEvent {
                $($variant $({ $($field)* })?),*
            }

            $($rest)*
        }
    };
}

release! { first { Opened { name: String }, Closed } }
release! { breaking { Opened { owner: String }, Closed } }
release! { silent { Opened {}, Closed } }
release! { compatible { Opened { name: String, #[serde(default)] vip: bool }, Closed, Reopened } }
release! { narrower { Opened { name: Option<String> }, Closed } }

#[test]
fn insta_is_not_asked_about_a_change_that_is_not_compatible() {
    let package = Package::default();
    package.accept::<first::AccountEvent>();
    for said in [
        package.accept_as::<breaking::AccountEvent>(&package.test()).expect_err("insta is not asked"),
        package.accept_as::<silent::AccountEvent>(&package.test()).expect_err("insta is not asked"),
    ] {
        assert!(said.contains("accepted_breaking.txt"), "{said}");
    }
    assert_eq!(package.check::<first::AccountEvent>(), None);
}

/// The line that the message proposes for the file with the reasons.
fn proposed(said: &str) -> String {
    let line = said.lines().find(|line| line.ends_with(": <the reason>")).expect("a line is proposed");
    line.trim().to_owned()
}

#[test]
fn a_change_with_a_reason_is_left_to_insta_with_its_verdict() {
    let package = Package::default();
    package.accept::<first::AccountEvent>();
    let said = package.check::<breaking::AccountEvent>().expect("a failure");
    let line = proposed(&said);
    // As proposed, it has no reason yet.
    package.write("accepted_breaking.txt", &line);
    assert_eq!(package.check::<breaking::AccountEvent>(), Some(said));
    package.write("accepted_breaking.txt", &line.replace("<the reason>", "nothing was released yet\r"));
    assert_snapshot!(package.check::<breaking::AccountEvent>().expect("to be accepted"));
    package.accept_as::<breaking::AccountEvent>(&package.test()).expect("insta is asked");
    assert_eq!(package.check::<breaking::AccountEvent>(), None);
    // The reason counts for that change only.
    assert!(package.check::<silent::AccountEvent>().expect("a failure").contains("<the reason>"));
}

#[test]
fn update_always_accepts_without_a_reason() {
    let package = Package::default();
    package.accept::<first::AccountEvent>();
    let always = SchemaTest { accepts_all: true, ..package.test() };
    let said = package.check_as::<breaking::AccountEvent>(&always).expect("the snapshot differs");
    assert!(said.starts_with("NOT COMPATIBLE: version 1 of `account.opened` has changed"), "{said}");
    assert!(said.contains("accepted: without a reason"), "{said}");
}

#[test]
fn what_the_release_before_cannot_read_is_said() {
    let package = Package::default();
    package.accept::<first::AccountEvent>();
    assert_snapshot!(
        "a_new_type_and_field",
        package.check::<compatible::AccountEvent>().expect("to be accepted")
    );
    assert_snapshot!(
        "a_field_that_may_be_null",
        package.check::<narrower::AccountEvent>().expect("to be accepted")
    );
}

release! { full, category = "account", compatibility = "full" => Opened { name: String }, Closed; }
release! { full_narrower, category = "account", compatibility = "full" => Opened { name: Option<String> }, Closed; }
release! { full_wider, category = "account", compatibility = "full" =>
    Opened { name: String, #[serde(default)] vip: bool }, Closed, Reopened;
}

/// Version 2 of `account.opened`, as it is written or not.
macro_rules! second_version {
    ($name:ident $($written:tt)*) => {
        mod $name {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event(category = "account", compatibility = "full")]
            pub(super) enum AccountEvent {
                #[event(version = 2, from(OpenedV1) $($written)*)]
                Opened { owner: String },
                Closed,
            }

            #[derive(Debug, Serialize, Deserialize, Schema)]
            pub(super) struct OpenedV1 {
                name: String,
            }

            impl From<OpenedV1> for AccountEvent {
                fn from(old: OpenedV1) -> Self {
                    Self::Opened { owner: old.name }
                }
            }

            #[allow(dead_code, reason = "the next release does not use it")]
            fn opened_v1(owner: &str) -> OpenedV1 {
                OpenedV1 { name: owner.to_owned() }
            }
        }
    };
}

second_version!(full_version);
second_version!(expanded, write = 1, downcast = opened_v1);

#[test]
fn with_full_compatibility_a_version_is_deployed_in_two_steps() {
    let package = Package::default();
    package.accept::<full::AccountEvent>();
    let kept = package.accept_as::<expanded::AccountEvent>(&package.test()).expect("nobody writes it yet");
    assert!(kept.contains("account.opened\n  writes version 1\n"), "{kept}");
    let said = package.check::<full_version::AccountEvent>().expect("to be accepted");
    assert!(said.contains("`account.opened` is written at version 2 from now on"), "{said}");
    assert!(!said.contains("programs of the release before"), "{said}");
    // Back to the first step.
    package.accept::<full_version::AccountEvent>();
    let said = package.check::<expanded::AccountEvent>().expect("to be accepted");
    assert!(said.contains("`account.opened` is written at version 1 from now on"), "{said}");
}

#[test]
fn with_full_compatibility_the_release_before_must_read_what_is_written() {
    let package = Package::default();
    package.accept::<first::AccountEvent>();
    let kept = package.accept_as::<full::AccountEvent>(&package.test()).expect("it is compatible");
    assert!(kept.contains("compatibility full"), "{kept}");
    assert_snapshot!("full_null", package.check::<full_narrower::AccountEvent>().expect("a failure"));
    assert_snapshot!("full_version", package.check::<full_version::AccountEvent>().expect("a failure"));
    let said = package.check::<full_wider::AccountEvent>().expect("to be accepted");
    assert!(said.contains("stored events survive it"), "{said}");
    // To give it up is said, too.
    let said = package.check::<first::AccountEvent>().expect("to be accepted");
    assert!(said.contains("need no longer be able to read events of `account`"), "{said}");
}

release! { unreadable {
    Opened { #[serde(skip_serializing_if = "String::is_empty")] name: String },
    Closed { #[serde(rename(serialize = "why"))] reason: String },
} }
release! { unreadable_later {
    Opened { name: String },
    Closed,
    Reopened { #[serde(skip_serializing_if = "String::is_empty")] name: String },
} }

#[test]
fn a_first_form_must_read_what_it_writes() {
    let package = Package::default();
    let said = package.check::<unreadable::AccountEvent>().expect("a failure");
    assert_snapshot!(said);
    package.accept::<first::AccountEvent>();
    let said = package.check::<unreadable_later::AccountEvent>().expect("a failure");
    assert!(said.contains("`account.reopened` version 1 cannot read all that it writes"), "{said}");
}

/// The type of the version that is still written, in another form.
mod expanded_otherwise {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account", compatibility = "full")]
    pub(super) enum AccountEvent {
        #[event(version = 2, from(OpenedV1), write = 1, downcast = opened_v1)]
        Opened {
            owner: String,
        },
        Closed,
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct OpenedV1 {
        #[serde(alias = "name")]
        title: String,
    }

    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.title }
        }
    }

    fn opened_v1(owner: &str) -> OpenedV1 {
        OpenedV1 { title: owner.to_owned() }
    }
}

#[test]
fn the_form_of_an_older_version_that_is_still_written_is_compared_and_kept() {
    let package = Package::default();
    package.accept::<expanded::AccountEvent>();
    let said = package.check::<expanded_otherwise::AccountEvent>().expect("a failure");
    assert!(
        said.contains(
            "programs of the release before cannot decode what this one writes of `account.opened`"
        ),
        "{said}"
    );
    assert!(said.contains("`name`: is required, and was never written"), "{said}");
    let kept = package.accept::<expanded_otherwise::AccountEvent>();
    assert!(kept.contains("      title: string [alias name]\n"), "{kept}");
}

mod removed {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account", compatibility = "full", removed("account.closed"))]
    pub(super) enum AccountEvent {
        Opened { name: String },
    }
}

#[test]
fn a_removed_type_that_returns_is_ignored_by_the_release_before() {
    let package = Package::default();
    package.accept::<full::AccountEvent>();
    package.accept::<removed::AccountEvent>();
    let said = package.check::<first::AccountEvent>().expect("to be accepted");
    assert!(said.contains("they ignore events of `account.closed`, without an error"), "{said}");
    let said = package.check::<full::AccountEvent>().expect("a failure");
    assert!(said.contains("programs of the release before ignore events of `account.closed`"), "{said}");
}
