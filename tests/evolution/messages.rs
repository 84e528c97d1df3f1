//! Schema changes and their reports.

use eventsource::prelude::*;
use insta::assert_snapshot;

use super::releases::{Package, said};

/// A program in its first release.
mod first {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Opened { name: String, currency: Currency },
        Deposited(Deposit),
        Closed,
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct Deposit {
        pub(super) amount: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) note: Option<String>,
    }

    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) enum Currency {
        Eur,
        Usd,
    }
}

/// A release: the same events, except for the given changes.
macro_rules! release {
    ($name:ident { $($variants:tt)* } $($rest:item)*) => {
        mod $name {
            #[allow(unused_imports, reason = "not every release needs them")]
            use super::{*, first::{Currency, Deposit}};

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event(category = "account")]
            pub(super) enum AccountEvent {
                $($variants)*
            }

            $($rest)*
        }
    };
}

/// A release that has removed a type.
mod removed {
    use super::{
        first::{Currency, Deposit},
        *,
    };

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account", removed("account.closed"))]
    pub(super) enum AccountEvent {
        Opened { name: String, currency: Currency },
        Deposited(Deposit),
    }
}

#[test]
fn a_removed_type_is_part_of_the_schema() {
    assert_snapshot!(
        said::<first::AccountEvent, removed::AccountEvent>().expect("the schema is another one")
    );
    assert_snapshot!(
        "a_removed_type_comes_back",
        said::<removed::AccountEvent, first::AccountEvent>().expect("the schema is another one")
    );
    // From then on it has to stay removed.
    assert_snapshot!(
        "a_removed_type_is_forgotten",
        said::<removed::AccountEvent, removed_type::AccountEvent>().expect("a failure")
    );
}

release! { renamed_field {
    Opened { owner: String, currency: Currency },
    Deposited(Deposit),
    Closed,
} }

#[test]
fn a_renamed_field_says_what_is_refused_and_which_lines_to_write() {
    assert_snapshot!(said::<first::AccountEvent, renamed_field::AccountEvent>().expect("a failure"));
}

release! { renamed_field_with_default {
    Opened { #[serde(default)] owner: String, currency: Currency },
    Deposited(Deposit),
    Closed,
} }

#[test]
fn a_renamed_field_with_a_default_is_silent_and_names_the_alias_to_write() {
    assert_snapshot!(
        said::<first::AccountEvent, renamed_field_with_default::AccountEvent>().expect("a failure")
    );
}

release! { removed_field {
    Opened { name: String },
    Deposited(Deposit),
    Closed,
} }

#[test]
fn a_removed_field_is_silent() {
    assert_snapshot!(said::<first::AccountEvent, removed_field::AccountEvent>().expect("a failure"));
}

release! { nested {
    Opened { name: String, currency: Currency },
    Deposited(Payment),
    Closed,
}
    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct Payment { amount: Amount, note: String }
    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) struct Amount { cents: u64 }
}

#[test]
fn a_changed_newtype_variant_carries_over_what_is_the_same() {
    assert_snapshot!(said::<first::AccountEvent, nested::AccountEvent>().expect("a failure"));
}

release! { narrower_enum {
    Opened { name: String, currency: Money },
    Deposited(Deposit),
    Closed,
}
    #[derive(Debug, Serialize, Deserialize, Schema)]
    pub(super) enum Money { Eur }
}

#[test]
fn a_nested_type_that_changed_is_kept_as_well() {
    assert_snapshot!(said::<first::AccountEvent, narrower_enum::AccountEvent>().expect("a failure"));
}

release! { removed_type {
    Opened { name: String, currency: Currency },
    Deposited(Deposit),
} }

#[test]
fn a_removed_type_is_reported() {
    assert_snapshot!(said::<first::AccountEvent, removed_type::AccountEvent>().expect("a failure"));
}

release! { renamed_type {
    Opened { name: String, currency: Currency },
    #[event(name = "account.paid_in", was("account.deposited"))]
    Deposited(Deposit),
    Closed,
} }

#[test]
fn a_type_that_is_renamed_with_its_former_name_is_compatible() {
    assert_snapshot!(said::<first::AccountEvent, renamed_type::AccountEvent>().expect("a mismatch"));
}

release! { forgotten_name {
    Opened { name: String, currency: Currency },
    #[event(name = "account.paid_in")]
    Deposited(Deposit),
    Closed,
} }

#[test]
fn a_former_name_that_is_no_longer_given_is_reported_as_needed() {
    assert_snapshot!(said::<renamed_type::AccountEvent, forgotten_name::AccountEvent>().expect("a failure"));
}

release! { compatible {
    Opened { #[serde(alias = "name")] owner: String, currency: Currency, #[serde(default)] vip: bool },
    Deposited(Deposit),
    Closed,
    Reopened,
} }

#[test]
fn compatible_changes_only_need_to_be_accepted() {
    assert_snapshot!(said::<first::AccountEvent, compatible::AccountEvent>().expect("a mismatch"));
    assert_eq!(said::<first::AccountEvent, first::AccountEvent>(), None);
}

release! { default_dropped {
    Opened { #[serde(alias = "name")] owner: String, currency: Currency, vip: bool },
    Deposited(Deposit),
    Closed,
    Reopened,
} }

release! { alias_dropped {
    Opened { owner: String, currency: Currency, #[serde(default)] vip: bool },
    Deposited(Deposit),
    Closed,
    Reopened,
} }

#[test]
fn a_default_or_an_alias_that_was_needed_once_stays_needed() {
    let dropped = said::<compatible::AccountEvent, default_dropped::AccountEvent>().expect("a failure");
    assert!(dropped.contains("`vip`: is required, and was not always written"), "{dropped}");
    let dropped = said::<compatible::AccountEvent, alias_dropped::AccountEvent>().expect("a failure");
    assert!(dropped.contains("`owner`: is required, and was not always written"), "{dropped}");
}

release! { second_version {
    #[event(version = 2, from(OpenedV1))]
    Opened { owner: String },
    Deposited(Deposit),
    Closed,
}
    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct OpenedV1 { name: String, currency: Currency }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            let _ = old.currency;
            Self::Opened { owner: old.name }
        }
    }
}

#[test]
fn a_new_version_with_the_type_of_the_old_one_is_compatible() {
    assert_snapshot!(said::<first::AccountEvent, second_version::AccountEvent>().expect("a mismatch"));
}

release! { changed_old_type {
    #[event(version = 2, from(OpenedV1))]
    Opened { owner: String },
    Deposited(Deposit),
    Closed,
}
    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct OpenedV1 { title: String }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.title }
        }
    }
}

#[test]
fn the_type_of_an_older_version_must_not_change() {
    let said = said::<second_version::AccountEvent, changed_old_type::AccountEvent>();
    assert_snapshot!(said.expect("a failure"));
}

#[test]
fn a_removed_version_is_reported_as_needed() {
    assert_snapshot!(said::<second_version::AccountEvent, renamed_field::AccountEvent>().expect("a failure"));
}

release! { third_version {
    Opened { owner: String },
    Deposited(Deposit),
    #[event(version = 3, from(ClosedV1, ClosedV2))]
    Closed { why: String },
}
    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct ClosedV1 {}
    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct ClosedV2 { reason: Option<String> }
    impl From<ClosedV1> for ClosedV2 {
        fn from(_: ClosedV1) -> Self {
            Self { reason: None }
        }
    }
    impl From<ClosedV2> for AccountEvent {
        fn from(old: ClosedV2) -> Self {
            Self::Closed { why: old.reason.unwrap_or_default() }
        }
    }
}

release! { third_version_changed {
    Opened { owner: String },
    Deposited(Deposit),
    #[event(version = 3, from(third_version::ClosedV1, third_version::ClosedV2))]
    Closed { why: u8 },
}
    impl From<third_version::ClosedV2> for AccountEvent {
        fn from(_: third_version::ClosedV2) -> Self {
            Self::Closed { why: 0 }
        }
    }
}

#[test]
fn a_fourth_version_is_spliced_into_the_chain() {
    let said = said::<third_version::AccountEvent, third_version_changed::AccountEvent>();
    assert_snapshot!(said.expect("a failure"));
}

#[test]
fn the_written_schema_of_an_older_version_stays_in_the_snapshot() {
    let package = Package::default();
    package.accept::<first::AccountEvent>();
    // The type of version 1 no longer allows a missing note, but events were written without one.
    assert_snapshot!(package.accept::<second_version::AccountEvent>());
}

#[test]
fn a_snapshot_that_was_edited_by_hand_is_refused_with_the_line() {
    let package = Package::default();
    package.write(
        "account.snap",
        "---\nsource: x\n---\naccount.opened\n  version 1: fields\n    name: strong\n    x: [u8 [default]\n",
    );
    let said = package.check::<first::AccountEvent>().expect("a failure");
    assert!(
        said.contains("restore it from version control: line 4: expected `]` before ` [default]`"),
        "{said}"
    );
}

#[test]
fn the_first_schema_of_a_set_is_left_to_insta() {
    let said = Package::default().check::<first::AccountEvent>();
    assert_eq!(said.as_deref(), Some("the snapshot differs"));
}

#[test]
fn an_accepted_schema_is_compared_by_the_macro_where_the_crate_is() {
    use first::AccountEvent;
    eventsource::assert_event_schema!(AccountEvent);
}

/// A set that joins two enums, in a first and in a second release.
mod joined {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "loan")]
    pub(super) enum LoanEvent {
        Granted { amount: u64 },
    }

    #[derive(EventSet)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(super) enum AccountEvent {
        Account(first::AccountEvent),
        Loan(LoanEvent),
    }
}

mod joined_later {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "loan")]
    pub(super) enum LoanEvent {
        Granted { sum: u64 },
    }

    #[derive(EventSet)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(super) enum AccountEvent {
        Account(first::AccountEvent),
        Loan(LoanEvent),
    }
}

#[test]
fn the_lines_for_a_set_of_several_enums_name_the_enum_with_the_variant() {
    let said = said::<joined::AccountEvent, joined_later::AccountEvent>().expect("a failure");
    assert!(said.contains("impl From<GrantedV1> for LoanEvent {"), "{said}");
}
