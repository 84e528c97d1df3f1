//! Commands, and a read model that follows the log.

use eventsource::{Workers, prelude::*};
use eventsource_benches::{Error, opened};

use super::pace::{self, Measured, Subject};

/// The process in which the commands are executed.
#[derive(Clone, Copy)]
pub(crate) enum Appends {
    /// The process that runs the projection.
    InTheSameProcess,
    /// Another process: simulated by an event source with connections of its own.
    InAnotherProcess,
}

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(category = "number")]
enum NumberEvent {
    Drawn { n: i64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = NumberEvent, id = i64)]
struct Number;

impl Apply<NumberEvent> for Number {
    fn apply(&mut self, _: NumberEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Number)]
struct Draw(#[command(id)] i64);

impl Handle<Draw> for Number {
    type Error = std::convert::Infallible;

    fn handle(&self, draw: &Draw) -> Result<Vec<NumberEvent>, Self::Error> {
        Ok(vec![NumberEvent::Drawn { n: draw.0 }])
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "numbers")]
struct DrawnNumber {
    #[read_model(key)]
    n: i64,
}

impl Fold<NumberEvent> for DrawnNumber {
    fn key(event: &Recorded<NumberEvent>) -> Option<i64> {
        let NumberEvent::Drawn { n } = event.event;
        Some(n)
    }

    fn fold(_: Option<Self>, event: &Recorded<NumberEvent>) -> Change<Self> {
        let NumberEvent::Drawn { n } = event.event;
        Change::Put(Self { n })
    }
}

struct Ours {
    es: EventSource<PostgresStore>,
    appends: EventSource<PostgresStore>,
    _workers: Workers,
}

impl Subject for Ours {
    type Receipt = Position;

    const TABLE: &'static str = DrawnNumber::TABLE;

    async fn append(&self, n: i64) -> Result<Position, Error> {
        Ok(self.appends.execute(Draw(n)).await?.position)
    }

    async fn applied(&self, position: Position) -> Result<(), Error> {
        Ok(self.es.wait_for(DrawnNumber::TABLE, position).await?)
    }
}

pub(crate) async fn measure(url: &str, events: usize, appends: Appends) -> Result<Measured, Error> {
    let es = EventSource::builder(opened(url).await?).projection(DrawnNumber::projection()).build();
    let workers = es.start().await?;
    let appends = match appends {
        Appends::InTheSameProcess => es.clone(),
        Appends::InAnotherProcess => EventSource::new(opened(url).await?),
    };
    pace::measure(url, Ours { es, appends, _workers: workers }, events).await
}
