//! `cargo xtask bench`: runs the benchmarks of `benches/` on a throw-away server and summarises their measures.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use eventsource_harness::{Cluster, Settings};

use crate::command::{capture, cargo, run as run_command, target};
use crate::failure::{Failure, Outcome};
use crate::postgres::{self, Postgres};

/// The benchmarks, in the order they are run.
const BENCHMARKS: [&str; 16] = [
    "commands",
    "appends",
    "hot",
    "batches",
    "import",
    "loads",
    "growth",
    "processes",
    "replay",
    "lag",
    "parking",
    "policies",
    "steps",
    "timers",
    "handlers",
    "memory",
];

/// The benchmarks that can replay a given log.
const WITH_DATA: [&str; 2] = ["replay", "memory"];

/// The benchmarks to run, and how.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only this benchmark.
    #[arg(long, value_name = "NAME", value_parser = BENCHMARKS)]
    only: Option<String>,

    /// Replay the log in this file: the loan applications of the bank, as CSV or gzipped CSV.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// The number of events, for all benchmarks.
    #[arg(long, value_name = "N")]
    events: Option<usize>,

    /// How often each benchmark is run; the result is the median.
    #[arg(long, value_name = "TIMES", default_value = "3")]
    repeat: usize,

    /// Print JSON, one measure per line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let Postgres { binaries, version } = postgres::provide(None)?;
    run_command(&mut cargo(["build", "--release", "--quiet", "--package", "eventsource-benches"]))?;
    // fsync, synchronous_commit and full_page_writes are on, as they are by default.
    let cluster = Cluster::start_from(binaries, Settings::durable().set("max_wal_size", "4GB"))?;
    eprintln!("measuring on {version}, with commits flushed to the disk");
    let programs = BENCHMARKS.iter().filter(|name| options.only.as_deref().is_none_or(|only| only == **name));
    let programs: Vec<&str> = programs.copied().collect();
    let mut measures = String::new();
    // Round by round, so that other load of the machine affects all benchmarks.
    for round in 1..=options.repeat {
        for name in &programs {
            eprintln!("{name}, {round} of {}", options.repeat);
            measures += &capture(&mut measuring(name, options, &cluster))?;
        }
    }
    println!();
    summarise(&measures, options.json)
}

fn summarise(measures: &str, json: bool) -> Outcome {
    let mut summary = program("summary");
    summary.args(json.then_some("--json")).stdin(Stdio::piped());
    let doing = || Failure::while_doing("summarise the measures");
    let mut summary = summary.spawn().map_err(doing())?;
    if let Some(mut stdin) = summary.stdin.take() {
        stdin.write_all(measures.as_bytes()).map_err(doing())?;
    }
    match summary.wait().map_err(doing())? {
        status if status.success() => Ok(()),
        status => Err(Failure::new(format!("the measures could not be summarised ({status})"))),
    }
}

fn measuring(name: &str, options: &Options, cluster: &Cluster) -> Command {
    let mut program = program(name);
    program.args(["--server", &cluster.url("postgres")]);
    if let Some(events) = options.events {
        program.args(["--events", &events.to_string()]);
    }
    if let Some(data) = options.data.as_ref().filter(|_| WITH_DATA.contains(&name)) {
        program.arg("--data").arg(data);
    }
    program
}

/// The built benchmark program, with this subcommand.
fn program(name: &str) -> Command {
    let mut program = Command::new(target().join("release/bench"));
    program.arg(name);
    program
}
