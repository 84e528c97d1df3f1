//! Benchmarks: each measure is compared with a floor, which is the same work done by hand in the same run.
//!
//! `cargo xtask bench` starts a server that is set up as in production and runs the programs of this package
//! several times. Each prints one JSON [`Measure`] to a line.

#[expect(dead_code, reason = "only its domain and its reader are used here")]
#[path = "../../examples/loan_applications/main.rs"]
mod loan_applications;

mod aim;
mod bank;
mod by_hand;
mod decoded;
mod file_by_hand;
mod fill;
mod log;
mod measure;
mod numbers;
mod pace;
mod read_model;
mod server;
mod teller;

pub use aim::Aim;
pub use bank::{Account, AccountEvent, Deposit, Entry, Open, Opening, Refusal, Withdraw, decisions};
pub use by_hand::{Autocommit, ByHand, create_table};
pub use decoded::{Decoded, Payload};
pub use file_by_hand::FileByHand;
pub use fill::Fill;
pub use log::{Log, vacuum_and_checkpoint};
pub use measure::{Measure, peak_memory, print_peak_memory};
pub use numbers::{Latencies, median};
pub use pace::{Pace, Way, percentile_of};
pub use read_model::{AccountBalance, ApplicationProgress};
pub use server::{ServerOptions, database, opened, retrying, source, source_without_cache};
pub use teller::{Choice, Orders, Teller};

pub use loan_applications::domain::ApplicationEvent;

/// Any failure: these programs only report it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
