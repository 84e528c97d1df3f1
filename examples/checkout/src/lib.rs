//! A shop on eventsource. Placing an order is a request with an answer; everything that follows is done by independent
//! consumers of events.
//!
//! | where | what |
//! |---|---|
//! | [`domain`] | the aggregates, with their events and commands |
//! | [`consumers`] | what follows from the events: a file each |
//! | [`http`] | the requests |
//! | [`outside`] | small fakes of the services outside: payments and mail |
//! | [`shop`] | all of it put together |
//! | [`books`] | whether everything adds up |
//! | [`scenario`], [`load`], [`kill`] | what may happen: unhappy paths, spikes, crashes |

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]
#![expect(missing_docs, reason = "nobody depends on an example")]

pub mod arguments;
pub mod books;
pub mod consumers;
pub mod domain;
pub mod http;
pub mod kill;
pub mod load;
pub mod outside;
pub mod scenario;
pub mod shop;

use std::{error::Error, process::ExitCode};

use clap::Parser;

use self::arguments::Arguments;

pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new();
    let outcome = runtime.map_err(Into::into).and_then(|it| it.block_on(Arguments::parse().run()));
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// The chapter of the guide is compiled and run where its program is.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/checkout.md")]
struct Guide;
