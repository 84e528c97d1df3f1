//! `cargo xtask bless`: lets tests rewrite the snapshots and the compile-fail output that they compare with.
//!
//! Golden payloads are not among them: those stand for stored events, and stored events do not change.

use crate::failure::Outcome;
use crate::test::{Options, run_with};

pub(crate) fn run(options: &Options) -> Outcome {
    run_with(options, &[("INSTA_UPDATE", "always"), ("TRYBUILD", "overwrite")])
}
