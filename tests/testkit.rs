//! The test kit for commands (given, when, then): its behaviour and its failure messages.

#[path = "testkit/failure.rs"]
mod failure;
#[path = "testkit/written_versions.rs"]
mod written_versions;

use eventsource::{prelude::*, testing::given};
use failure::failure;
use insta::assert_snapshot;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened {
        owner: String,
    },
    Deposited {
        amount: i64,
        // Not stored, so a test must not see it either.
        #[serde(skip)]
        checked: bool,
    },
    Debited {
        amount: i64,
        rate: Rate,
    },
}

/// Cannot be read back when it is infinite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
struct Rate(f64);

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String)]
struct Account {
    open: bool,
    balance: i64,
    checked: bool,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => self.open = true,
            AccountEvent::Deposited { amount, checked } => {
                self.balance += amount;
                self.checked = checked;
            }
            AccountEvent::Debited { amount, .. } => self.balance -= amount,
        }
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum AccountError {
    #[error("the account is not open")]
    NotOpen,
    #[error("the account has only {balance}")]
    Overdrawn { balance: i64 },
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
struct Withdraw {
    #[command(id)]
    account: String,
    amount: i64,
}

impl Handle<Withdraw> for Account {
    type Error = AccountError;

    fn handle(&self, withdraw: &Withdraw) -> Result<Vec<AccountEvent>, AccountError> {
        match withdraw.amount {
            _ if !self.open => Err(AccountError::NotOpen),
            0 => Ok(Vec::new()),
            amount if amount > self.balance => Err(AccountError::Overdrawn { balance: self.balance }),
            amount => Ok(vec![AccountEvent::Debited { amount, rate: Rate(1.0) }]),
        }
    }
}

fn opened() -> AccountEvent {
    AccountEvent::Opened { owner: "Ada".to_owned() }
}

fn deposited(amount: i64) -> AccountEvent {
    AccountEvent::Deposited { amount, checked: true }
}

fn debited(amount: i64) -> AccountEvent {
    AccountEvent::Debited { amount, rate: Rate(1.0) }
}

fn withdraw(amount: i64) -> Withdraw {
    Withdraw { account: "acc-1".to_owned(), amount }
}

#[test]
fn a_decision_is_tested_on_a_history() {
    given::<Account>([opened(), deposited(100)]).when(withdraw(30)).then([debited(30)]);
    given::<Account>([]).when(withdraw(30)).then_rejected(AccountError::NotOpen);
    given::<Account>([opened()]).when(withdraw(0)).then_nothing();
}

#[test]
fn the_events_of_a_command_are_the_history_of_the_next_one() {
    given::<Account>([opened(), deposited(100)])
        .when(withdraw(80))
        .then([debited(80)])
        .when(withdraw(30))
        .then_rejected(AccountError::Overdrawn { balance: 20 })
        .when(withdraw(20))
        .then([debited(20)])
        .when(withdraw(0))
        .then_nothing();
}

#[test]
fn given_events_pass_through_their_stored_form() {
    let account = given::<Account>([opened(), deposited(100)]);
    assert!(!account.state().checked, "a field that serde skips is not restored");
}

#[test]
fn other_events_than_expected_are_a_diff_at_the_line_of_the_test() {
    let line = line!() + 2;
    let (text, file, at) = failure(|| {
        given::<Account>([opened(), deposited(100)]).when(withdraw(30)).then([opened(), debited(31)]);
    });
    assert_snapshot!(text);
    assert_eq!((file.as_str(), at), (file!(), line));
}

#[test]
fn an_unexpected_rejection_says_why() {
    let (text, file, _) = failure(|| {
        given::<Account>([opened()]).when(withdraw(30)).then([debited(30)]);
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}

#[test]
fn another_rejection_than_expected_is_a_diff() {
    let (text, file, _) = failure(|| {
        given::<Account>([opened(), deposited(5)]).when(withdraw(30)).then_rejected(AccountError::NotOpen);
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}

#[test]
fn an_acceptance_where_a_rejection_was_expected_shows_the_events() {
    let (text, file, _) = failure(|| {
        given::<Account>([opened(), deposited(50)]).when(withdraw(30)).then_rejected(AccountError::NotOpen);
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}

#[test]
fn events_where_nothing_was_expected_are_shown() {
    let (text, file, _) = failure(|| {
        given::<Account>([opened(), deposited(50)]).when(withdraw(30)).then_nothing();
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}

#[test]
fn an_event_that_does_not_survive_being_stored_fails_the_test() {
    let (text, file, _) = failure(|| {
        given::<Account>([opened(), AccountEvent::Debited { amount: 1, rate: Rate(f64::INFINITY) }]);
    });
    assert_snapshot!(text);
    assert_eq!(file, file!());
}
