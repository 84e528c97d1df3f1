//! Misuse of the derives, and the compiler errors for it.
//!
//! The expected output belongs to the toolchain in `rust-toolchain.toml`. `TRYBUILD=overwrite` rewrites it; read
//! the diff as user interface.

#[test]
fn mistakes_are_reported_on_the_right_token_with_what_to_write() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
