//! What was accepted once takes part in every later verdict.

use eventsource::prelude::*;
use insta::assert_snapshot;

use super::releases::Package;

/// One release of a program.
macro_rules! release {
    ($name:ident $(, $option:ident($($value:tt)*))*: $($variants:tt)*) => {
        mod $name {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event(category = "account" $(, $option($($value)*))*)]
            $($variants)*
        }
    };
}

release! { two_fields: pub(super) enum AccountEvent { Moved { x: u64, y: u64 }, Closed } }
release! { one_field: pub(super) enum AccountEvent { Moved { x: u64 }, Closed } }
release! { other_field: pub(super) enum AccountEvent { Moved { x: u64, y: Option<String> }, Closed } }
release! { same_field: pub(super) enum AccountEvent { Moved { x: u64, #[serde(default)] y: u64 }, Closed } }
release! { third_field: pub(super) enum AccountEvent { Moved { x: u64, z: Option<String> }, Closed } }
release! { closed: #[serde(deny_unknown_fields)] pub(super) enum AccountEvent { Moved { x: u64 }, Closed } }

#[test]
fn a_removed_field_stays_in_the_schema() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    assert_snapshot!(package.accept::<one_field::AccountEvent>());
    assert_eq!(package.check::<one_field::AccountEvent>(), None);
    // It stays there when other changes follow.
    let later = package.accept::<third_field::AccountEvent>();
    assert!(later.contains("formerly version 1: fields\n    x: u64\n    y: u64\n"), "{later}");
}

#[test]
fn a_removed_field_that_returns_with_another_type_is_breaking() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    package.accept::<one_field::AccountEvent>();
    assert_snapshot!(package.check::<other_field::AccountEvent>().expect("a failure"));
    let said = package.check::<closed::AccountEvent>().expect("a failure");
    assert!(said.contains("version 1 of `account.moved` has changed, and stored events of that version could no longer be read"), "{said}");
}

#[test]
fn a_removed_field_that_returns_as_it_was_is_compatible_and_forgotten() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    package.accept::<one_field::AccountEvent>();
    let said = package.check::<same_field::AccountEvent>().expect("to be accepted");
    assert!(said.contains("stored events survive it"), "{said}");
    let kept = package.accept::<same_field::AccountEvent>();
    assert!(!kept.contains("formerly"), "{kept}");
    // From then on the field is one like any other.
    let said = package.check::<other_field::AccountEvent>().expect("a failure");
    assert!(said.contains("could no longer be read"), "{said}");
}

/// Variants of an enum within an event.
macro_rules! currencies {
    ($name:ident: $($variants:tt)*) => {
        mod $name {
            use super::*;

            #[derive(Debug, Serialize, Deserialize, Event)]
            #[event(category = "account")]
            pub(super) enum AccountEvent { Opened { currency: Currency } }

            #[derive(Debug, Serialize, Deserialize, Schema)]
            pub(super) enum Currency { $($variants)* }
        }
    };
}

currencies! { three: Eur, Usd, Dem(u8) }
currencies! { two: Eur, Usd }
currencies! { dem_again: Eur, Usd, Dem { amount: u8 } }
currencies! { gbp: Eur, Usd, Gbp }

#[test]
fn a_removed_variant_that_returns_with_another_content_is_breaking() {
    let package = Package::default();
    package.accept::<three::AccountEvent>();
    assert_snapshot!(package.accept::<two::AccountEvent>());
    assert_eq!(package.check::<two::AccountEvent>(), None);
    let said = package.check::<gbp::AccountEvent>().expect("to be accepted");
    assert!(said.contains("stored events survive it"), "{said}");
    let said = package.check::<dem_again::AccountEvent>().expect("a failure");
    assert!(said.contains("currency"), "{said}");
    assert!(said.contains("could no longer be read"), "{said}");
}

release! { without_closed: pub(super) enum AccountEvent { Moved { x: u64, y: u64 } } }
release! { closed_removed, removed("account.closed"): pub(super) enum AccountEvent { Moved { x: u64, y: u64 } } }
release! { closed_for: pub(super) enum AccountEvent { Moved { x: u64, y: u64 }, Closed { reason: String } } }

#[test]
fn a_type_that_is_gone_or_removed_stays_and_is_compared_when_it_returns() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    assert_snapshot!("a_type_that_is_gone", package.accept::<without_closed::AccountEvent>());
    assert_eq!(package.check::<without_closed::AccountEvent>(), None);
    let said = package.check::<closed_for::AccountEvent>().expect("a failure");
    assert!(said.contains("`reason`"), "{said}");
    // As it was, it may return.
    let said = package.check::<two_fields::AccountEvent>().expect("to be accepted");
    assert!(said.contains("`account.closed` is new"), "{said}");

    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    assert_snapshot!("a_type_that_is_removed", package.accept::<closed_removed::AccountEvent>());
    assert_eq!(package.check::<closed_removed::AccountEvent>(), None);
    let said = package.check::<closed_for::AccountEvent>().expect("a failure");
    assert!(said.contains("`reason`"), "{said}");
}

mod versions {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved {
            x: u64,
            y: u64,
        },
        Closed,
    }

    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct MovedV1 {
        sum: u64,
    }

    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved { x: old.sum, y: 0 }
        }
    }
}

mod other_versions {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        #[event(version = 3, from(MovedV1, MovedV2))]
        Moved {
            x: u64,
            y: u64,
        },
        Closed,
    }

    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct MovedV1 {
        x: u64,
        y: u64,
    }

    #[derive(Debug, Deserialize, Schema)]
    pub(super) struct MovedV2 {
        sum: String,
    }

    impl From<MovedV1> for MovedV2 {
        fn from(old: MovedV1) -> Self {
            Self { sum: (old.x + old.y).to_string() }
        }
    }

    impl From<MovedV2> for AccountEvent {
        fn from(old: MovedV2) -> Self {
            Self::Moved { x: old.sum.parse().unwrap_or(0), y: 0 }
        }
    }
}

#[test]
fn a_version_that_is_gone_stays_and_is_compared_when_it_returns() {
    let package = Package::default();
    package.accept::<versions::AccountEvent>();
    // Version 2 is given up, and version 1 has its form.
    assert_snapshot!(package.accept::<two_fields::AccountEvent>());
    let said = package.check::<other_versions::AccountEvent>().expect("a failure");
    assert!(said.contains("version 2 of `account.moved` has changed"), "{said}");
}

mod renamed {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Moved {
            x: u64,
            y: u64,
        },
        #[event(was("account.closed"))]
        Ended,
    }
}

mod forgotten {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Moved { x: u64, y: u64 },
        Ended,
    }
}

mod reused {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Moved {
            x: u64,
            y: u64,
        },
        Ended,
        #[event(was("account.closed"))]
        Shut {
            by: String,
        },
    }
}

#[test]
fn a_former_name_that_is_gone_stays_and_is_compared_when_it_returns() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    package.accept::<renamed::AccountEvent>();
    let kept = package.accept::<forgotten::AccountEvent>();
    assert!(kept.contains("account.closed\n  no longer read\n  formerly version 1: fields\n"), "{kept}");
    assert_eq!(package.check::<forgotten::AccountEvent>(), None);
    let said = package.check::<reused::AccountEvent>().expect("a failure");
    assert!(said.contains("`by`"), "{said}");
}

mod moved {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Moved {
            x: u64,
            y: u64,
        },
        Ended,
        #[event(was("account.closed"))]
        Locked {
            by: String,
        },
    }
}

#[test]
fn a_former_name_that_moves_to_another_type_is_compared_with_it() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    package.accept::<renamed::AccountEvent>();
    let said = package.check::<moved::AccountEvent>().expect("a failure");
    assert!(said.contains("version 1 of `account.locked` has changed"), "{said}");
    assert!(said.contains("`by`: is required, and was never written"), "{said}");
}

mod lowered {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(super) enum AccountEvent {
        Moved { sum: String },
        Closed,
    }
}

#[test]
fn a_version_that_is_gone_does_not_hide_a_change_of_another_one() {
    let package = Package::default();
    package.accept::<versions::AccountEvent>();
    let said = package.check::<lowered::AccountEvent>().expect("a failure");
    assert!(said.contains("version 2 of `account.moved` is gone"), "{said}");
    assert!(said.contains("version 1 of `account.moved` has changed"), "{said}");
}

#[test]
fn a_reason_counts_once_where_a_change_is_made_back_and_again() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    let said = package.check::<one_field::AccountEvent>().expect("a failure");
    let line = said.lines().find(|line| line.ends_with("<the reason>")).expect("a line");
    package.write("accepted_breaking.txt", &line.replace("<the reason>", "y was always 0"));
    package.accept_as::<one_field::AccountEvent>(&package.test()).expect("it has a reason");
    package.accept_as::<same_field::AccountEvent>(&package.test()).expect("it is compatible");
    let said = package.check::<one_field::AccountEvent>().expect("a failure");
    assert!(said.contains("<the reason>"), "{said}");
}

/// Sets that join the events of one or two categories.
mod joined {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "loan")]
    pub(super) enum LoanEvent {
        Granted { amount: u64 },
    }

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "loan")]
    pub(super) enum OtherLoanEvent {
        Granted { sum: u64 },
    }

    #[derive(EventSet)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(super) enum One {
        Loan(LoanEvent),
    }

    #[derive(EventSet)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(super) enum Two {
        Account(two_fields::AccountEvent),
        Loan(OtherLoanEvent),
    }
}

release! { both_removed, removed("account.ended", "account.closed"): pub(super) enum AccountEvent { Moved { x: u64, y: u64 } } }

#[test]
fn a_former_name_that_is_removed_is_compared_when_it_returns() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    package.accept::<renamed::AccountEvent>();
    package.accept_as::<both_removed::AccountEvent>(&package.test()).expect("it is compatible");
    let said = package.check::<closed_for::AccountEvent>().expect("a failure");
    assert!(said.contains("`reason`"), "{said}");
}

#[test]
fn a_reason_does_not_count_again_for_a_type_that_is_removed_again() {
    let package = Package::default();
    package.accept::<two_fields::AccountEvent>();
    let said = package.check::<without_closed::AccountEvent>().expect("a failure");
    let line = said.lines().find(|line| line.ends_with("<the reason>")).expect("a line");
    package.write("accepted_breaking.txt", &line.replace("<the reason>", "it was never released"));
    let kept = package.accept_as::<without_closed::AccountEvent>(&package.test()).expect("it has a reason");
    assert!(
        kept.contains("accepted account.closed gone") && kept.contains(": it was never released\n"),
        "{kept}"
    );
    package.accept_as::<two_fields::AccountEvent>(&package.test()).expect("it returns");
    let said = package.check::<without_closed::AccountEvent>().expect("a failure");
    assert!(said.contains("`account.closed` is gone") && said.contains("<the reason>"), "{said}");
}

#[test]
fn a_set_that_joins_one_more_enum_is_compared_with_what_it_was() {
    let package = Package::default();
    package.accept::<joined::One>();
    let said = package.check::<joined::Two>().expect("a failure");
    assert!(said.contains("version 1 of `loan.granted` has changed"), "{said}");
    package.accept::<joined::Two>();
    assert!(package.schemas().join("account+loan.snap").is_file());
    assert_eq!(package.check::<joined::Two>(), None);
}
