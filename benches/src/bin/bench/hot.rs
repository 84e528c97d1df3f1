//! Commands of 32 tasks on one account: compared with a transaction per command by hand, which is repeated after a
//! conflict.

use eventsource_benches::{
    Aim, ByHand, Error, Fill, Measure, Orders, Pace, ServerOptions, create_table, database,
    print_peak_memory, source, vacuum_and_checkpoint,
};

const BENCH: &str = "hot";
const UNIT: &str = "commands/s";
const FLOOR: &str = "floor: H, transactions";
const TASKS: usize = 32;

/// Measures the rate of commands on one account.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of commands. By hand, a tenth of them is executed.
    #[arg(long, value_name = "N", default_value = "1600")]
    events: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let database = database(&options.server).await?;
    let url = database.url();
    create_table(url, "by_hand").await?;
    // By hand, the cost of a command grows with the length of the account, so the tenth in the middle is executed.
    let (middle, orders) = (on_one_account(5 + options.events * 9 / 20), on_one_account(5));
    middle.accounts.append(url, "by_hand").await?;
    orders.accounts.append(url, "eventsource").await?;
    vacuum_and_checkpoint(url).await?;

    let mut ways = [
        middle.through(FLOOR, ByHand::open(url, "by_hand").await?).one_in(10),
        orders.through("H", source(url).await?),
    ];
    Pace { tasks: TASKS, rounds: 3, pieces: (options.events / 3).max(1) }.alternate(&mut ways).await?;
    let [by_hand, ours] = &ways;
    middle.check(url, "by_hand", by_hand.done()).await?;
    orders.check(url, "eventsource", ours.done()).await?;

    by_hand.print(BENCH, UNIT)?;
    let decisions = "floor: H, decisions";
    Measure::new(BENCH, decisions, by_hand.counted(), "a command").print()?;
    ours.rate(BENCH, UNIT).aim(Aim::at_least(50.0, FLOOR)).print()?;
    for per_cent in [50, 99] {
        ours.percentile(BENCH, per_cent).print()?;
    }
    Measure::new(BENCH, "H, decisions", ours.counted(), "a command").compared_with([decisions]).print()?;
    print_peak_memory(BENCH)
}

/// Orders on an account that has this many events already.
fn on_one_account(events: u64) -> Orders {
    Orders::by_chance(&Fill::new("hot-", 1, events))
}
