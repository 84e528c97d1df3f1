//! Fifty kills.

use std::env;

use checkout::{arguments::Arguments, kill};
use clap::Parser;
use tokio::process::Command;

use crate::Fresh;

const KILLS: u32 = 50;

/// This test binary as a shop: the arguments of the shop follow those of the test.
fn program() -> std::io::Result<Command> {
    let mut program = Command::new(env::current_exe()?);
    program.args(["--exact", "kills::a_child", "--nocapture", "--"]);
    Ok(program)
}

/// Does nothing, unless it was started by [`program`].
#[tokio::test(flavor = "multi_thread")]
async fn a_child() {
    let arguments = env::args().skip_while(|it| it != "--").skip(1);
    let arguments = Vec::from_iter(["checkout".to_owned()].into_iter().chain(arguments));
    if arguments.len() > 1 {
        Arguments::parse_from(arguments).run().await.expect("a shop");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_the_books_add_up_after_fifty_kills() {
    kill::run(&Fresh::sqlite().url, KILLS, program).await.expect("the books add up");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_the_books_add_up_after_fifty_kills() {
    kill::run(&Fresh::postgres().url, KILLS, program).await.expect("the books add up");
}
