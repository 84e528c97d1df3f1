//! Watches that were away for too long or do not read, and those of a program that does not know all events.

use std::{pin::pin, sync::Arc};

use eventsource::{
    prelude::*,
    projections::{Filter, Watch, WatchToken, Watched},
};
use eventsource_conformance::waiting::in_time;
use futures_util::{StreamExt, poll};

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "meter")]
enum MeterEvent {
    Read,
}

/// Those that the read model is folded from.
#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "meter", partial)]
enum PartEvent {
    Read,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = MeterEvent, id = str)]
struct Meter;

impl Apply<MeterEvent> for Meter {
    fn apply(&mut self, _: MeterEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Meter)]
struct Read(#[command(id)] &'static str, usize);

impl Handle<Read> for Meter {
    type Error = std::convert::Infallible;

    fn handle(&self, read: &Read) -> Result<Vec<MeterEvent>, Self::Error> {
        Ok(vec![MeterEvent::Read; read.1])
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "readings")]
struct Reading {
    #[read_model(key)]
    meter: String,
    count: u64,
}

impl Fold<PartEvent> for Reading {
    fn key(event: &Recorded<PartEvent>) -> Option<String> {
        Some(event.context.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<PartEvent>) -> Change<Self> {
        let meter = event.context.aggregate_id().to_owned();
        Change::Put(Self { meter, count: row.map_or(0, |row| row.count) + 1 })
    }
}

/// What is reported up to the first position, and its token.
async fn reported(watch: &mut Watch<Reading>) -> (Vec<String>, WatchToken) {
    let mut reports = Vec::new();
    loop {
        match in_time("a report", watch.next()).await.expect("it does not end").expect("readable") {
            Watched::Reset => reports.push("reset".to_owned()),
            Watched::Row(row) => reports.push(format!("{}={}", row.meter, row.count)),
            Watched::Gone(meter) => reports.push(format!("{meter} gone")),
            Watched::CaughtUp(token) => return (reports, token),
        }
    }
}

/// The events of the next release.
#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "meter")]
enum NextEvent {
    Read,
    Replaced,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = NextEvent, id = str)]
struct NextMeter;

impl Apply<NextEvent> for NextMeter {
    fn apply(&mut self, _: NextEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = NextMeter)]
struct Replace(#[command(id)] &'static str);

impl Handle<Replace> for NextMeter {
    type Error = std::convert::Infallible;

    fn handle(&self, _: &Replace) -> Result<Vec<NextEvent>, Self::Error> {
        Ok(vec![NextEvent::Replaced])
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "readings")]
struct NextReading {
    #[read_model(key)]
    meter: String,
    count: u64,
}

impl Fold<NextEvent> for NextReading {
    fn key(event: &Recorded<NextEvent>) -> Option<String> {
        Some(event.context.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<NextEvent>) -> Change<Self> {
        let meter = event.context.aggregate_id().to_owned();
        let count = match event.event {
            NextEvent::Read => row.map_or(0, |row| row.count) + 1,
            NextEvent::Replaced => 0,
        };
        Change::Put(Self { meter, count })
    }
}

#[tokio::test]
async fn an_event_of_the_next_release_changes_a_row_that_is_watched() {
    let store = Arc::new(MemoryStore::new());
    let es = EventSource::builder(Arc::clone(&store)).projection(Reading::projection()).build();
    let workers = es.start().await.expect("it starts");
    es.execute(Read("b", 1)).await.expect("it is accepted");
    let position = es.execute(Read("a", 3)).await.expect("it is accepted").position;
    es.wait_for(Reading::TABLE, position).await.expect("it is included");
    let mut watch = es.watch::<Reading>(Filter::key("a"));
    assert_eq!(reported(&mut watch).await.0, ["reset", "a=3"]);

    let next = EventSource::builder(store).projection(NextReading::projection()).build();
    let next_workers = next.start().await.expect("it starts");
    let position = next.execute(Replace("a")).await.expect("it is accepted").position;
    let mut shown = Vec::new();
    loop {
        let (reports, token) = reported(&mut watch).await;
        shown.extend(reports);
        if token.position() >= position {
            break;
        }
    }
    assert_eq!(shown.last().map(String::as_str), Some("a=0"), "{shown:?}");
    next_workers.shutdown().await.expect("they end");
    workers.shutdown().await.expect("they end");
}

#[tokio::test]
async fn a_watch_that_was_away_for_too_long_does_not_let_others_begin_again() {
    let es = EventSource::builder(MemoryStore::new()).projection(Reading::projection()).build();
    let workers = es.start().await.expect("it starts");
    let read = async |meter, count| {
        let position = es.execute(Read(meter, count)).await.expect("it is accepted").position;
        es.wait_for(Reading::TABLE, position).await.expect("it is included");
    };
    let now = async || reported(&mut es.watch(Filter::all())).await.1;
    read("a", 1).await;
    let long_ago = now().await;
    for _ in 0..21 {
        read("a", 1_000).await;
    }
    let recently = now().await;
    read("b", 1).await;
    let (mut first, mut second) =
        (es.watch(Filter::all()).after(long_ago), es.watch(Filter::all()).after(recently));
    // Both join before either begins.
    assert!(poll!(pin!(first.next())).is_pending() && poll!(pin!(second.next())).is_pending());
    assert_eq!(reported(&mut first).await.0, ["reset", "a=21001", "b=1"]);
    assert_eq!(reported(&mut second).await.0, ["b=1"]);
    workers.shutdown().await.expect("they end");
}
