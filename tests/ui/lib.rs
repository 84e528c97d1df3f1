//! Uses of the derives that compile (`pass`), and compiler errors for their misuse (`fail`).

#![cfg(test)]

mod fail;
mod pass;
