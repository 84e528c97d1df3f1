//! `cargo xtask bless`: lets tests rewrite the snapshots and the compile-fail output that they compare with.
//!
//! Golden payloads are not among them: those stand for stored events, and stored events do not change.

use crate::failure::Outcome;
use crate::steps::Steps;
use crate::test::{Options, steps_of};

pub(crate) fn run(options: &Options) -> Outcome {
    let mut steps = Steps::default();
    steps_of(options, &[("INSTA_UPDATE", "always"), ("TRYBUILD", "overwrite")], &mut steps);
    steps.finish()
}
