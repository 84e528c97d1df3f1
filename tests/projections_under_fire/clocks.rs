//! Programs whose clocks are an hour off, on a store with a clock of its own.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use eventsource::postgres::sqlx::{self, PgConnection};

use super::{
    child::{Process, Role},
    support::{connect, database, number, quick, store, until, until_all_advance, until_followed},
    truth::Truth,
};

const HOUR: &str = "3600";
const HOUR_AGO: &str = "-3600";

/// The library that sets the clock of a process.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("clocks.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/projections_under_fire/clocks.c");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(built.expect("a C compiler, as the build of SQLite needs").success());
    library
}

fn process(role: Role, url: &str, library: &Path, offset: &str) -> Process {
    let variables = [("LD_PRELOAD", library.as_os_str()), ("CLOCK_OFFSET", OsStr::new(offset))];
    Process::start_with(role, url, &variables)
}

/// How many minutes the clock of a process is ahead of that of the server, by the ids that the process makes: they begin
/// with its time.
async fn ahead(connection: &mut PgConnection) -> Vec<i64> {
    let minutes = "select distinct round(extract(epoch from
                 to_timestamp(('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
                 - recorded_at) / 60)::bigint
              from eventsource.events where category = 'account' order by 1";
    sqlx::query_scalar(minutes).fetch_all(connection).await.expect("the ids can be read")
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_whose_clocks_are_an_hour_off_share_the_work_and_fire_timers_in_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path());
    let database = database().await;
    let url = database.url();
    let mut connection = connect(url).await;
    let mut processes = [HOUR, HOUR_AGO]
        .map(|offset| process(Role::All, url, &library, offset))
        .into_iter()
        .collect::<Vec<_>>();
    until("both to execute commands", async || {
        let ahead = ahead(&mut connection).await;
        if ahead == [-60, 60] { Ok(()) } else { Err(ahead) }
    })
    .await;
    until_all_advance(url).await;
    // The partitions of the one that is killed are taken over by the other, whose clock is two hours behind.
    processes[0].kill();
    until_all_advance(url).await;
    // Each third step of an instance sets a timer that is due at once.
    let rung = "select count(*) from eventsource.events where event_type = 'savings.rang'";
    let before = number(&mut connection, rung).await;
    until("timers to fire", async || {
        let now = number(&mut connection, rung).await;
        if now > before { Ok(()) } else { Err(now) }
    })
    .await;
    processes[1].kill();

    let es = Role::All.program(store(url).await, url);
    let workers = es.start_with(quick()).await.expect("started");
    until_followed(url).await;
    workers.shutdown().await.expect("ended");
    Truth::read(url).await.assert_all().await;
    assert_in_time(&mut connection).await;
}

/// Timers that fired are at most some minutes late, by the clock of the server: none has waited for an hour to pass, and
/// none was fired an hour early.
async fn assert_in_time(connection: &mut PgConnection) {
    let late = "select count(*), count(*) filter (
                    where rang.recorded_at - set_by.recorded_at not between interval '0' and interval '30 minutes')
              from eventsource.events rang
              join eventsource.events set_by
                on set_by.category = 'account' and set_by.stream_id = rang.stream_id
               and set_by.version = (rang.payload ->> 'number')::bigint
             where rang.event_type = 'savings.rang'";
    let (all, wrong): (i64, i64) =
        sqlx::query_as(late).fetch_one(connection).await.expect("they can be read");
    assert!(all > 0);
    assert_eq!(wrong, 0, "of {all} timers");
}
