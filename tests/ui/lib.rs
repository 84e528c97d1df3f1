//! What the derives accept (`pass`), and what the compiler says of mistakes in their use (`fail`).

#![cfg(test)]

mod fail;
mod pass;
