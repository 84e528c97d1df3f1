//! A read model that fails on every second key, and parks those events. Compared with the same read model that fails on
//! none.

use std::{borrow::Cow, time::Instant};

use eventsource::{
    FailurePolicy, OnFailure, Projection, ProjectionError, async_trait, postgres::PgTransaction, prelude::*,
    projections::ReadModelProjection,
};
use eventsource_benches::{
    AccountBalance, AccountEvent, Aim, Error, Fill, Measure, ServerOptions, database, opened,
    print_peak_memory, vacuum_and_checkpoint,
};

const BENCH: &str = "parking";
/// The first letters of the accounts on which the read model fails.
const FAILING: &str = "failing-";

/// Measures how long it takes to park the events of many keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of events of failing keys, one each. There are as many of good keys.
    #[arg(long, value_name = "N", default_value = "100000")]
    events: u64,
}

/// The balances of accounts.
struct Balances {
    rows: ReadModelProjection<AccountBalance, AccountEvent>,
    fails: bool,
}

#[async_trait]
impl Projection<PostgresStore> for Balances {
    type Event = AccountEvent;
    const NAME: &'static str = AccountBalance::TABLE;

    fn key<'a>(&self, event: &'a Recorded<AccountEvent>) -> Option<Cow<'a, str>> {
        Some(Cow::Borrowed(event.aggregate_id()))
    }

    async fn setup(&self, transaction: &mut PgTransaction) -> Result<(), ProjectionError> {
        Projection::<PostgresStore>::setup(&self.rows, transaction).await
    }

    async fn apply(
        &self,
        events: &[Recorded<AccountEvent>],
        transaction: &mut PgTransaction,
    ) -> Result<(), ProjectionError> {
        if self.fails && events.iter().any(|event| event.aggregate_id().starts_with(FAILING)) {
            return Err(ProjectionError::new("no balance"));
        }
        Projection::<PostgresStore>::apply(&self.rows, events, transaction).await
    }

    fn on_failure(&self) -> FailurePolicy {
        FailurePolicy::default().then(OnFailure::Park)
    }
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    for (name, fails) in [("floor: no key fails", false), ("every second key fails", true)] {
        let database = database(&options.server).await?;
        let url = database.url();
        let store = opened(url).await?;
        // The events of each kind of account are next to each other: it fails on all of the second kind in a row.
        for prefix in ["good-", FAILING] {
            Fill::new(prefix, options.events, 1).append(url, "eventsource").await?;
        }
        vacuum_and_checkpoint(url).await?;
        let rows = AccountBalance::projection();
        let es = EventSource::builder(store).projection(Balances { rows, fails }).build();
        let since = Instant::now();
        let workers = es.start().await?;
        let horizon = es.status().await?.horizon;
        es.wait_for(AccountBalance::TABLE, horizon).timeout(std::time::Duration::MAX).await?;
        let time = since.elapsed();
        let status = es.status().await?;
        let parked = status.live(AccountBalance::TABLE).map(|it| it.parked);
        let expected = if fails { options.events } else { 0 };
        if parked != Some(expected) {
            return Err(format!("{parked:?} events are parked, and not {expected}").into());
        }
        workers.shutdown().await?;
        let measure = Measure::new(BENCH, name, time.as_secs_f64(), "s");
        if fails {
            measure.compared_with(["floor: no key fails"]).aim(Aim::Below(60.0)).print()?;
        } else {
            measure.print()?;
        }
    }
    print_peak_memory(BENCH)
}
