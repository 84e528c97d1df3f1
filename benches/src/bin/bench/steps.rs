//! Instances of a process manager with six steps and one timer each, compared with a loop by hand that appends an event and
//! moves its checkpoint in one transaction per step.

use std::time::{Duration, Instant};

use eventsource::{
    prelude::*,
    reacting::{Correlate, Due, Effects, Fx, Input, On, OnTimer, Process},
    store::StartAt,
};
use eventsource_benches::{
    Account, AccountEvent, Aim, ByHand, Deposit, Entry, Error, Fill, Measure, ServerOptions, create_table,
    database, opened, print_peak_memory, vacuum_and_checkpoint,
};

const BENCH: &str = "steps";
const FLOOR: &str = "floor: by hand";
/// The steps of an instance.
const STEPS: u64 = 6;
/// The first letters of the accounts that the process writes to.
const BONUS: &str = "bonus-";

/// Measures steps per second.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of instances.
    #[arg(long, value_name = "N", default_value = "10000")]
    instances: u64,
}

/// Pays a bonus for the third movement of an account, and ends with the sixth.
#[derive(Debug, Default, Aggregate, Process)]
#[aggregate(event = BonusEvent, id = String)]
#[process(name = "bonus", on(AccountEvent))]
struct Bonus {
    movements: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "bonus")]
enum BonusEvent {
    Begun,
    Moved { number: u64 },
    Earned { account: String },
    TimePassed,
    Ended,
}

impl Apply<BonusEvent> for Bonus {
    fn apply(&mut self, event: BonusEvent) {
        match event {
            BonusEvent::Begun | BonusEvent::Moved { .. } | BonusEvent::Earned { .. } | BonusEvent::Ended => {
                self.movements += 1
            }
            BonusEvent::TimePassed => {}
        }
    }
}

impl On<AccountEvent> for Bonus {
    fn correlate(input: Input<'_, AccountEvent>) -> Correlate<String> {
        match input.aggregate_id().starts_with(BONUS) {
            true => Correlate::Ignore,
            false => Correlate::StartOrContinue(input.aggregate_id().to_owned()),
        }
    }

    fn on(&self, input: Input<'_, AccountEvent>) -> Vec<BonusEvent> {
        vec![match self.movements + 1 {
            1 => BonusEvent::Begun,
            3 => BonusEvent::Earned { account: format!("{BONUS}{}", input.aggregate_id()) },
            STEPS => BonusEvent::Ended,
            number => BonusEvent::Moved { number },
        }]
    }
}

impl OnTimer for Bonus {
    fn on_timer(&self, _: Due<'_>) -> Vec<BonusEvent> {
        vec![BonusEvent::TimePassed]
    }
}

impl Effects for Bonus {
    fn effects(event: &BonusEvent, fx: &mut Fx<'_, Self>) {
        match event {
            BonusEvent::Begun => fx.timer("too late", Duration::from_secs(3_600)),
            BonusEvent::Earned { account } => {
                let opening = eventsource_benches::Opening {
                    owner: "Ada Lovelace".to_owned(),
                    at: "2026-01-01T00:00:00Z".parse().expect("a time"),
                };
                fx.must_execute(eventsource_benches::Open { account: account.clone(), opening });
                fx.must_execute(Deposit { account: account.clone(), entry: Entry::ordered(1) });
            }
            BonusEvent::Moved { .. } | BonusEvent::TimePassed | BonusEvent::Ended => {}
        }
    }

    fn is_completed(&self) -> bool {
        self.movements == STEPS
    }
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let instances = options.instances.max(1);
    let steps = instances * STEPS;
    let database = database(&options.server).await?;
    let url = database.url();
    let store = opened(url).await?;
    by_hand(url, instances, steps).await?;

    Fill::new("acc-", instances, STEPS).append(url, "eventsource").await?;
    vacuum_and_checkpoint(url).await?;
    let es = EventSource::builder(store).process::<Bonus>(StartAt::Beginning).build();
    let since = Instant::now();
    let workers = es.start().await?;
    let last = es.status().await?.horizon;
    es.wait_for(Bonus::NAME, last).timeout(Duration::MAX).await?;
    let time = since.elapsed();
    for instance in [0, instances - 1] {
        let id = format!("acc-{instance}");
        let bonus = es.load::<Account>(&format!("{BONUS}{id}")).await?;
        if es.load::<Bonus>(&id).await?.state.movements != STEPS || bonus.version.get() != 2 {
            return Err(format!("the instance `{id}` has not made its steps").into());
        }
        if !es.timers_of(Bonus::NAME, &id).await?.is_empty() {
            return Err(format!("the instance `{id}` has ended, and has a timer").into());
        }
    }
    let made = Measure::rate(BENCH, "steps", steps, time);
    made.aim(Aim::at_least(5.0, FLOOR)).print()?;
    workers.shutdown().await?;
    print_peak_memory(BENCH)
}

/// A tenth of the steps: the loop takes the same time for each.
async fn by_hand(url: &str, instances: u64, steps: u64) -> Result<(), Error> {
    create_table(url, "by_hand").await?;
    let hand = ByHand::open(url, "by_hand").await?;
    hand.create_checkpoint().await?;
    let count = (steps / 10).max(1);
    let since = Instant::now();
    for number in 0..count {
        let event = AccountEvent::Deposited(Entry::ordered(number));
        hand.react(&format!("acc-{}", number % instances), &event, number).await?;
    }
    Ok(Measure::rate(BENCH, FLOOR, count, since.elapsed()).print()?)
}
