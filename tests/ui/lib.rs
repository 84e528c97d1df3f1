//! Uses of the derives that compile (`pass`), compiler errors for their misuse (`fail`), and schema snapshots with
//! `cargo insta` (`workflow`).

#![cfg(test)]

mod fail;
mod pass;
mod workflow;
