//! `cargo xtask bless`: lets tests rewrite their snapshots and compile-fail outputs.
//!
//! Golden payloads are not rewritten: they represent stored events, and stored events do not change.

use crate::failure::Outcome;
use crate::steps::Steps;
use crate::test::{Options, steps_of};

pub(crate) fn run(options: &Options) -> Outcome {
    let mut steps = Steps::default();
    steps_of(options, &[("INSTA_UPDATE", "always"), ("TRYBUILD", "overwrite")], &mut steps);
    steps.finish()
}
