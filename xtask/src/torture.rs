//! `cargo xtask torture`: the tests that repeat themselves, as often as they can say something new.
//!
//! By default they do a tenth of it, so that the suite stays fast. What they count with is in one place, the module
//! `torture` of the harness.

use crate::failure::Outcome;
use crate::steps::Steps;
use crate::test::{self, supported};

/// Tells the tests to repeat themselves at their full counts.
const VARIABLE: (&str, &str) = ("EVENTSOURCE_TORTURE", "1");

/// On which servers.
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
