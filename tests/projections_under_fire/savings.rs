//! A process manager that notes each event of an account, with a command that is rejected now and then, and with timers.

use std::time::Duration;

use eventsource::{
    postgres::sqlx::{self, PgConnection},
    prelude::*,
    reacting::{Correlate, Due, Effects, Fx, Input, On, OnRejected, OnTimer, Process},
};

use super::bank::AccountEvent;

/// Each event with a number that this divides is rejected by the ledger.
const REFUSED: u64 = 7;
/// Each event with a number that this divides sets a timer.
const TIMED: u64 = 3;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "savings")]
pub(crate) enum SavingsEvent {
    Noted { account: String, number: u64 },
    Refused { number: u64 },
    Rang { number: u64 },
}

#[derive(Debug, Default, Aggregate, Process)]
#[aggregate(event = SavingsEvent, id = String)]
#[process(name = "savings", on(AccountEvent), partitions = 3)]
pub(crate) struct Savings {
    noted: u64,
}

impl Apply<SavingsEvent> for Savings {
    fn apply(&mut self, event: SavingsEvent) {
        if let SavingsEvent::Noted { number, .. } = event {
            self.noted = number;
        }
    }
}

impl On<AccountEvent> for Savings {
    fn correlate(input: Input<'_, AccountEvent>) -> Correlate<String> {
        Correlate::StartOrContinue(input.aggregate_id().to_owned())
    }

    fn on(&self, input: Input<'_, AccountEvent>) -> Vec<SavingsEvent> {
        vec![SavingsEvent::Noted { account: input.aggregate_id().to_owned(), number: self.noted + 1 }]
    }
}

impl OnTimer for Savings {
    fn on_timer(&self, timer: Due<'_>) -> Vec<SavingsEvent> {
        vec![SavingsEvent::Rang { number: timer.name.parse().expect("a number") }]
    }
}

impl OnRejected<Book> for Savings {
    fn on_rejected(&self, book: &Book, _: &Refused) -> Vec<SavingsEvent> {
        vec![SavingsEvent::Refused { number: book.number }]
    }
}

impl Effects for Savings {
    fn effects(event: &SavingsEvent, fx: &mut Fx<'_, Self>) {
        let SavingsEvent::Noted { account, number } = event else { return };
        fx.execute(Book { account: account.clone(), number: *number });
        if number % TIMED == 0 {
            fx.timer(number.to_string(), Duration::from_millis(number % 50));
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "ledger")]
pub(crate) enum LedgerEvent {
    Booked { number: u64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = LedgerEvent, id = String)]
pub(crate) struct Ledger;

impl Apply<LedgerEvent> for Ledger {
    fn apply(&mut self, _: LedgerEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Ledger)]
pub(crate) struct Book {
    #[command(id)]
    account: String,
    number: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("not with this number")]
pub(crate) struct Refused;

impl Handle<Book> for Ledger {
    type Error = Refused;

    fn handle(&self, book: &Book) -> Result<Vec<LedgerEvent>, Refused> {
        match book.number % REFUSED {
            0 => Err(Refused),
            _ => Ok(vec![LedgerEvent::Booked { number: book.number }]),
        }
    }
}

/// Asserts that each event of an account had its step once and in order: what the process has recorded, what the ledger has
/// booked, and the timers, each of which has fired once or is still set.
pub(crate) async fn assert_savings(connection: &mut PgConnection) {
    let query = format!(
        "with events as (
             select e.stream_id as account, e.version as number, e.event_id as cause
               from eventsource.events e where e.category = 'account'),
         own as (
             select e.stream_id as account, (e.payload ->> 'number')::bigint as number, e.event_type as type,
                    e.causation_id as cause, row_number() over (partition by e.stream_id, e.event_type order by e.version) as nth
               from eventsource.events e where e.category in ('savings', 'ledger')),
         kept as (
             select t.key as account, t.name::bigint as number
               from eventsource.timers t join eventsource.generations g using (generation) where g.name = 'savings'),
         expected as (
             select account, number, 'savings.noted' as type, cause from events
             union all select account, number, 'savings.refused', cause from events where number % {REFUSED} = 0
             union all select account, number, 'ledger.booked', cause from events where number % {REFUSED} <> 0
             union all
             select account, number, 'savings.rang', cause from events
              where number % {TIMED} = 0 and (account, number) not in (select account, number from kept)),
         found as (select account, number, type, cause from own)
         select 'missing', * from (select * from expected except all select * from found) m
         union all
         select 'too much', * from (select * from found except all select * from expected) t
         union all
         select 'out of order', account, number, type, cause from own where type = 'savings.noted' and nth <> number
         order by 2, 3 limit 20"
    );
    let wrong: Vec<(String, String, i64, String, Option<uuid::Uuid>)> =
        sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(connection).await.expect("the log can be read");
    assert!(wrong.is_empty(), "steps of the process: {wrong:#?}");
}
