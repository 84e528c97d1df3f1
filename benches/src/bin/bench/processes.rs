//! Commands of two processes on one database, each on its own accounts: compared with one process alone.

mod worker;

use std::time::Instant;

use eventsource_benches::{
    Aim, Choice, Error, Fill, Measure, Orders, ServerOptions, database, median, print_peak_memory,
    vacuum_and_checkpoint,
};
use worker::Worker;

const BENCH: &str = "processes";
const ROUNDS: usize = 5;

/// Measures the total rate of commands of two processes.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    server: ServerOptions,
    /// The number of commands of each process, alone and together with the other.
    #[arg(long, value_name = "N", default_value = "10000")]
    events: u64,
    /// Run as one of the processes, on this database.
    #[arg(long, value_name = "URL", hide = true)]
    work: Option<String>,
    /// The number of the process.
    #[arg(long, value_name = "N", hide = true, default_value = "0")]
    number: usize,
}

/// The measurements of one or two processes: the rate of each round, and the number of conflicts.
#[derive(Default)]
struct Together {
    rates: Vec<f64>,
    conflicts: u64,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    if let Some(url) = &options.work {
        return worker::run(url, &orders(options.number)).await;
    }
    let database = database(&options.server).await?;
    let url = database.url();
    for number in 0..2 {
        orders(number).accounts.append(url, "eventsource").await?;
    }
    vacuum_and_checkpoint(url).await?;

    let mut workers = [Worker::start(&options.server, url, 0)?, Worker::start(&options.server, url, 1)?];
    let commands = (options.events / ROUNDS as u64).max(1);
    let (mut alone, mut both) = (Together::default(), Together::default());
    for round in 0..ROUNDS {
        alone.round(&mut workers[round % 2..][..1], commands)?;
        both.round(&mut workers, commands)?;
    }
    for (number, worker) in workers.into_iter().enumerate() {
        orders(number).check(url, "eventsource", worker.finish()?).await?;
    }

    alone.print("alone: D", None)?;
    both.print("D", Some(Aim::at_least(0.9, "alone: D")))?;
    print_peak_memory(BENCH)
}

/// The orders of one of the processes. No two concurrent orders go to the same account, so that only the processes could
/// conflict with each other.
fn orders(number: usize) -> Orders {
    Orders { accounts: Fill::new(&format!("process-{number}-"), 500, 5), choice: Choice::InTurn }
}

impl Together {
    /// Lets each of these workers execute this many commands, concurrently.
    fn round(&mut self, workers: &mut [Worker], commands: u64) -> Result<(), Error> {
        let started = Instant::now();
        for worker in &mut *workers {
            worker.begin(commands)?;
        }
        for worker in &mut *workers {
            self.conflicts += worker.conflicts()?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
        let commands = (commands * workers.len() as u64) as f64;
        self.rates.push(commands / started.elapsed().as_secs_f64());
        Ok(())
    }

    fn print(&self, name: &str, aim: Option<Aim>) -> Result<(), Error> {
        let rate = Measure::new(BENCH, name, median(&self.rates), "commands/s");
        match aim {
            Some(aim) => rate.aim(aim).print()?,
            None => rate.print()?,
        }
        #[expect(clippy::cast_precision_loss, reason = "there are few")]
        let conflicts = self.conflicts as f64;
        Ok(Measure::new(BENCH, format!("{name}, conflicts"), conflicts, "commands")
            .aim(Aim::Below(1.0))
            .print()?)
    }
}
