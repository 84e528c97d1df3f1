//! `cargo xtask torture`: what takes too long for every push.
//!
//! Tests that repeat themselves (crash points, cut connections, killed processes) run a tenth of their repetitions by
//! default, and all of them here. The fuzz targets run for a minute each. With `--mutants`, the code is mutated instead,
//! and the tests have to notice.

mod fuzz;
mod mutants;

use crate::failure::Outcome;
use crate::steps::Steps;
use crate::test::{self, supported};

/// The variable that makes the tests use their full counts.
const VARIABLE: (&str, &str) = ("EVENTSOURCE_TORTURE", "1");

/// What to do, and on which servers.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The major versions of PostgreSQL, one after the other. All tests run on the first; those that may see a
    /// difference run on the others too.
    #[arg(long, value_name = "MAJOR", value_delimiter = ',', default_value = "18,15,14", value_parser = supported)]
    postgres: Vec<u32>,

    /// Instead, try a sample of so many mutations of the core, and half as many of the stores.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "200")]
    mutants: Option<usize>,

    /// Which sample of mutations: another number, other mutations.
    #[arg(long, value_name = "SEED", default_value = "0")]
    seed: usize,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let mut steps = Steps::default();
    if let Some(sample) = options.mutants {
        mutants::run(&mut steps, sample, options.seed);
        return steps.finish();
    }
    let workspace = ["--workspace".to_owned()];
    for (index, major) in options.postgres.iter().enumerate() {
        let profile = if index == 0 { "default" } else { "versions" };
        test::on(&mut steps, Some(Some(*major)), profile, &workspace, &[VARIABLE]);
    }
    fuzz::run(&mut steps);
    steps.finish()
}
