//! Mistakes in the use of the derives, and what the compiler says of them.
//!
//! The expected output belongs to the toolchain in `rust-toolchain.toml`. `TRYBUILD=overwrite` rewrites it; the
//! difference is to be read as user interface.

#[test]
fn mistakes_are_reported_on_the_right_token_with_what_to_write() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
