//! A store that is used on a second runtime after the first one has ended, with the connections of the first in its pool.

use std::ops::ControlFlow;

use async_trait::async_trait;
use eventsource::{
    EventSet, EventSource, Position, Projection, ProjectionError, Recorded, StartError, Version,
    event::{Decoded, EventType, StoredEvent, Undecodable},
    schema::TypeSchema,
    store::{Direction, EventStore, LogFilter, ProjectionStore},
};
use eventsource_harness::TestDatabase;
use eventsource_postgres::{PgTransaction, PostgresStore};
use tokio::runtime::{Builder, Runtime};

use crate::support::{append_to, database, open, stream};

#[derive(Debug)]
struct Nothing;

impl EventSet for Nothing {
    const CATEGORIES: &'static [&'static str] = &[];
    const TYPES: &'static [EventType] = &[];

    fn decode(_: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
        Err(Undecodable::UnknownType)
    }

    fn schema() -> Vec<TypeSchema> {
        Vec::new()
    }
}

struct Amounts;

#[async_trait]
impl Projection<PostgresStore> for Amounts {
    type Event = Nothing;
    const NAME: &'static str = "amounts";

    async fn apply(&self, _: &[Recorded<Nothing>], _: &mut PgTransaction) -> Result<(), ProjectionError> {
        Ok(())
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A store with several connections that the ended runtime has opened.
fn used_before() -> (TestDatabase, PostgresStore) {
    let first = runtime();
    let (database, store) = first.block_on(async {
        let database = database().await;
        let store = open(database.url()).await;
        store.append(append_to("a")).await.expect("appended");
        let reads = (0..6).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.read_log(Position::START, &LogFilter::all(), 10).await })
        });
        for read in reads.collect::<Vec<_>>() {
            read.await.expect("no panic").expect("read");
        }
        (database, store)
    });
    drop(first);
    (database, store)
}

macro_rules! first_calls {
    ($($name:ident: |$store:ident| $call:expr,)*) => {
        $(
            #[test]
            fn $name() {
                let (database, $store) = used_before();
                runtime().block_on(async { $call.await }).map(drop).expect("the first call on the second runtime");
                drop(database);
            }
        )*
    };
}

first_calls! {
    the_first_append_on_a_second_runtime_succeeds: |store| store.append(append_to("a")),
    the_first_history_on_a_second_runtime_succeeds: |store| async {
        let mut visitor = |_: Version, _: StoredEvent<'_>| ControlFlow::Continue(());
        store.read_history(&stream("a"), Version::EMPTY, &mut visitor).await
    },
    the_first_read_of_a_stream_on_a_second_runtime_succeeds: |store| async {
        store.read_stream(&stream("a"), Direction::Forward { after: Version::EMPTY }, 10).await
    },
    the_first_snapshot_on_a_second_runtime_succeeds: |store| async { store.load_snapshot(&stream("a")).await },
    the_first_page_on_a_second_runtime_succeeds: |store| async {
        store.read_log(Position::START, &LogFilter::all(), 10).await
    },
    the_first_list_of_generations_on_a_second_runtime_succeeds: |store| store.generations(),
    the_first_start_on_a_second_runtime_succeeds: |store| async {
        let es = EventSource::builder(store.clone()).projection(Amounts).build();
        es.start().await?.shutdown().await.expect("ended");
        Ok::<_, StartError>(())
    },
}
