//! The test kit for read models (given events, then rows): its behaviour and its failure messages.

#[path = "testkit/failure.rs"]
mod failure;

use eventsource::{Metadata, prelude::*, testing::project};
use failure::failure;
use insta::assert_snapshot;

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened { owner: String },
    Deposited { amount: i64 },
    Closed,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(category = "customer")]
enum CustomerEvent {
    Moved { town: String },
}

#[derive(Debug, EventSet)]
enum BankEvent {
    Account(AccountEvent),
    Customer(CustomerEvent),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "account_balances")]
struct AccountBalance {
    #[read_model(key)]
    account: String,
    owner: String,
    balance: f64,
    last: Timestamp,
}

impl Fold<AccountEvent> for AccountBalance {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        match (&event.event, row) {
            (AccountEvent::Opened { owner }, _) if owner.is_empty() => Change::Put(Self {
                account: "nobody's".to_owned(),
                owner: owner.clone(),
                balance: 0.0,
                last: event.context.recorded_at,
            }),
            (AccountEvent::Opened { owner }, _) => Change::Put(Self {
                account: event.aggregate_id().to_owned(),
                owner: owner.clone(),
                balance: 0.0,
                last: event.context.recorded_at,
            }),
            (AccountEvent::Deposited { amount: i64::MAX }, Some(row)) => {
                Change::Put(Self { balance: f64::INFINITY, ..row })
            }
            (AccountEvent::Deposited { amount }, Some(row)) => {
                let amount = f64::from(i32::try_from(*amount).expect("small"));
                Change::Put(Self { balance: row.balance + amount, last: event.context.recorded_at, ..row })
            }
            (AccountEvent::Deposited { .. }, None) => Change::Keep,
            (AccountEvent::Closed, _) => Change::Delete,
        }
    }
}

/// Keyed by a person, not by a stream; the person is in the metadata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "activity")]
struct Activity {
    #[read_model(key)]
    by: String,
    #[read_model(key)]
    category: String,
    events: u64,
    last: String,
}

impl Fold<BankEvent> for Activity {
    fn key(event: &Recorded<BankEvent>) -> Option<(String, String)> {
        Some((event.context.metadata.value("by")?.to_owned(), event.context.stream.category().to_owned()))
    }

    fn fold(row: Option<Self>, event: &Recorded<BankEvent>) -> Change<Self> {
        let Some((by, category)) = Self::key(event) else { return Change::Keep };
        let events = row.map_or(0, |row| row.events) + 1;
        let last = match &event.event {
            BankEvent::Account(event) => format!("{event:?}"),
            BankEvent::Customer(CustomerEvent::Moved { town }) => town.clone(),
        };
        let last = format!(
            "{last} in {}, {} of {}",
            event.context.stream, event.context.version, event.context.position
        );
        Change::Put(Self { by, category, events, last })
    }
}

fn opened() -> AccountEvent {
    AccountEvent::Opened { owner: "Ada".to_owned() }
}

fn deposited(amount: i64) -> AccountEvent {
    AccountEvent::Deposited { amount }
}

fn balance(account: &str, balance: f64) -> AccountBalance {
    let last = Timestamp::from_microsecond(0).expect("1970");
    AccountBalance { account: account.to_owned(), owner: "Ada".to_owned(), balance, last }
}

#[test]
fn rows_follow_from_the_events_of_several_streams() {
    let noon: Timestamp = "2026-11-21T12:00:00Z".parse().expect("a time");
    project::<AccountBalance>()
        .given("acc-2", [opened(), deposited(5)])
        .given("acc-3", [opened()])
        .given("acc-1", [opened(), deposited(100)])
        .row("acc-1", |row| assert_eq!(row.balance, 100.0))
        .rows([balance("acc-2", 5.0), balance("acc-3", 0.0), balance("acc-1", 100.0)])
        .at(noon)
        .given("acc-1", [deposited(20)])
        .given("acc-2", [AccountEvent::Closed])
        .given("acc-3", [AccountEvent::Closed])
        .no_row("acc-2")
        .no_row("acc-4")
        .rows([AccountBalance { last: noon, ..balance("acc-1", 120.0) }]);
}

#[test]
fn a_set_of_events_is_given_by_the_events_of_each_aggregate() {
    let row = |by: &str, category: &str, events, last: &str| Activity {
        by: by.to_owned(),
        category: category.to_owned(),
        events,
        last: last.to_owned(),
    };
    project::<Activity>()
        .given_as::<BankEvent>("acc-1", [opened()])
        .with_metadata(Metadata::new().with("by", "ada"))
        .given_as::<BankEvent>("acc-1", [AccountEvent::Closed])
        .given_as::<BankEvent>("ada", [CustomerEvent::Moved { town: "London".to_owned() }])
        .given_as::<BankEvent>("acc-1", [opened(), AccountEvent::Closed])
        .row(("ada".to_owned(), "account".to_owned()), |row| assert_eq!(row.events, 3))
        .rows([
            row("ada", "customer", 1, "London in customer/ada, 1 of 3"),
            row("ada", "account", 3, "Closed in account/acc-1, 4 of 5"),
        ]);
}

#[test]
fn other_rows_than_expected_are_a_diff_at_the_line_of_the_test() {
    let line = line!() + 2;
    let (text, file, at) = failure(|| {
        project::<AccountBalance>().given("acc-1", [opened(), deposited(9)]).rows([balance("acc-1", 8.0)]);
    });
    assert_snapshot!(text);
    assert_eq!((file.as_str(), at), (file!(), line));
}

#[test]
fn a_missing_row_is_a_failure_that_says_which_there_are() {
    let (text, file, _) = failure(|| {
        project::<AccountBalance>().given("b", [opened()]).given("a", [opened()]).row("c", |_| ());
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}

#[test]
fn a_row_that_should_not_be_there_is_shown() {
    let (text, file, _) = failure(|| {
        project::<AccountBalance>().given("a", [opened()]).no_row("a");
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}

#[test]
fn a_row_that_does_not_survive_being_stored_fails_the_test() {
    let (text, file, _) = failure(|| {
        project::<AccountBalance>().given("a", [opened(), deposited(i64::MAX)]).row("a", |_| ());
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}

#[test]
fn a_row_with_another_key_than_that_of_the_event_fails_the_test() {
    let (text, file, _) = failure(|| {
        drop(project::<AccountBalance>().given("a", [AccountEvent::Opened { owner: String::new() }]));
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}
