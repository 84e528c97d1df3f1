//! `cargo xtask torture`: the repeating tests with their full counts.
//!
//! By default they run a tenth of their repetitions, so that the suite stays fast. The counts are computed in one place,
//! the module `torture` of the harness.

use crate::failure::Outcome;
use crate::steps::Steps;
use crate::test::{self, supported};

/// The variable that makes the tests use their full counts.
const VARIABLE: (&str, &str) = ("EVENTSOURCE_TORTURE", "1");

/// The servers to test on.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The major versions of PostgreSQL, one after the other; all tests run on the first, on the others those that
    /// may see a difference.
    #[arg(long, value_name = "MAJOR", value_delimiter = ',', default_value = "18,15,14", value_parser = supported)]
    postgres: Vec<u32>,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let mut steps = Steps::default();
    let workspace = ["--workspace".to_owned()];
    for (index, major) in options.postgres.iter().enumerate() {
        let profile = if index == 0 { "default" } else { "versions" };
        test::on(&mut steps, Some(Some(*major)), profile, &workspace, &[VARIABLE]);
    }
    steps.finish()
}
