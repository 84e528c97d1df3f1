use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::available_parallelism,
};

use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use tokio::sync::Notify;

use super::{
    EventStream, ReadError,
    decoding::{PART, PART_BYTES},
    pages::FIRST,
};
use crate::{
    Decoded, EventContext, EventId, EventSet, EventSource, EventType, Metadata, Position, Recorded,
    RecordedEvent, Snapshot, StoredEvent, StreamId, Timestamp, Undecodable, Version,
    schema::TypeSchema,
    store::{
        Append, AppendError, Capabilities, Direction, EventStore, LogFilter, LogPage, Receipt, StoreError,
        StoredSnapshot, StoredType,
    },
};

/// An event that has only a position. Each test defines how it is decoded.
#[derive(Debug)]
struct Plain(u64);

trait Decoding: Sized + Send + Sync + 'static {
    fn decode(position: u64) -> Result<Self, Undecodable>;
}

impl Decoding for Plain {
    fn decode(position: u64) -> Result<Self, Undecodable> {
        Ok(Self(position))
    }
}

/// An event set of one type, which decodes as [`Decoding`] says.
macro_rules! event_set {
    ($type:ident) => {
        impl EventSet for $type {
            const TYPES: &'static [EventType] =
                &[EventType { name: "noted", aliases: &[], category: "note", version: 1, writes: 1 }];
            const CATEGORIES: &'static [&'static str] = &["note"];

            fn decode(stored: StoredEvent<'_>) -> Result<Decoded<Self>, Undecodable> {
                <$type as Decoding>::decode(stored.context()?.position.get()).map(Decoded::One)
            }

            fn schema() -> Vec<TypeSchema> {
                Vec::new()
            }
        }
    };
}

event_set!(Plain);

/// A log whose events are generated while it is read.
struct Log {
    events: u64,
    payload: fn(u64) -> usize,
    /// The 1-based number of the page that cannot be read, and of the page whose read never ends.
    fails_at: usize,
    hangs_at: usize,
    calls: AtomicUsize,
    limits: Mutex<Vec<usize>>,
    /// The bytes of payload that were read.
    bytes: AtomicUsize,
    /// Notified when the read that never ends begins, and when it is dropped.
    waiting: Notify,
    cancelled: Notify,
}

impl Log {
    fn of(events: u64) -> Self {
        Self {
            events,
            payload: |_| 2,
            fails_at: 0,
            hangs_at: 0,
            calls: AtomicUsize::new(0),
            limits: Mutex::default(),
            bytes: AtomicUsize::new(0),
            waiting: Notify::new(),
            cancelled: Notify::new(),
        }
    }

    fn event(&self, position: u64) -> RecordedEvent {
        let context = EventContext {
            stream: StreamId::new("note", "1").expect("valid"),
            version: Version::new(position),
            position: Position::new(position),
            id: EventId::new(),
            event_type: "noted".into(),
            schema_version: 1,
            metadata: Metadata::new(),
            recorded_at: Timestamp::now(),
        };
        Recorded { context, event: "x".repeat((self.payload)(position)).into() }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Notifies when it is dropped.
struct NotifiesOnDrop<'a>(&'a Notify);

impl Drop for NotifiesOnDrop<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl EventStore for Log {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn read_log(&self, after: Position, _: &LogFilter, limit: usize) -> Result<LogPage, StoreError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.limits.lock().expect("not poisoned").push(limit);
        if call == self.fails_at {
            *FAILED.0.lock().expect("not poisoned") = true;
            FAILED.1.notify_all();
            let source = "the cable is out".into();
            return Err(StoreError::Unavailable { action: "reading the log", source });
        }
        if call == self.hangs_at {
            let _notifies = NotifiesOnDrop(&self.cancelled);
            self.waiting.notify_one();
            std::future::pending::<()>().await;
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        for position in after.get() + 1..=self.events {
            if events.len() == limit || bytes >= LogPage::BYTES {
                break;
            }
            events.push(self.event(position));
            bytes += (self.payload)(position);
        }
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
        let horizon = events.last().map_or(after, |event| event.context.position);
        Ok(LogPage { events, horizon, at_head: horizon.get() == self.events })
    }

    async fn append(&self, _: Append) -> Result<Vec<Receipt>, AppendError> {
        unreachable!("only the log is read")
    }

    async fn find_receipt(&self, _: &StreamId, _: &str) -> Result<Option<Receipt>, StoreError> {
        unreachable!("only the log is read")
    }

    async fn read_stream(
        &self,
        _: &StreamId,
        _: Direction,
        _: usize,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        unreachable!("only the log is read")
    }

    async fn load_snapshot(&self, _: &StreamId) -> Result<Option<StoredSnapshot>, StoreError> {
        unreachable!("only the log is read")
    }

    async fn save_snapshot(&self, _: Snapshot) -> Result<(), StoreError> {
        unreachable!("only the log is read")
    }

    async fn stored_types(&self, _: usize) -> Result<Vec<StoredType>, StoreError> {
        unreachable!("only the log is read")
    }
}

fn replay<E: EventSet>(log: Log) -> (Arc<Log>, EventStream<E>) {
    let log = Arc::new(log);
    let events = EventSource::new(Arc::clone(&log)).replay(Position::START);
    (log, events)
}

/// The positions of the events up to an error, and the error.
async fn drain<E>(events: &mut EventStream<E>) -> (Vec<u64>, Option<ReadError>) {
    let mut read = Vec::new();
    loop {
        match events.try_next().await {
            Ok(Some(event)) => read.push(event.context.position.get()),
            Ok(None) => return (read, None),
            Err(error) => return (read, Some(error)),
        }
    }
}

/// The first part that is decoded on a task waits until one after it is done.
#[derive(Debug)]
struct LastFirst(u64);

static LATER_IS_DONE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

impl Decoding for LastFirst {
    fn decode(position: u64) -> Result<Self, Undecodable> {
        let (done, changed) = &LATER_IS_DONE;
        let part = PART as u64;
        if position == FIRST as u64 + 1 {
            let done = done.lock().expect("not poisoned");
            drop(changed.wait_while(done, |done| !*done).expect("not poisoned"));
        } else if position == FIRST as u64 + 2 * part {
            *done.lock().expect("not poisoned") = true;
            changed.notify_all();
        }
        // Some events take a thousand times as long as others.
        let rounds = if position.is_multiple_of(97) { 20_000 } else { position % 20 };
        Ok(Self((0..rounds).fold(position, |sum, round| std::hint::black_box(sum ^ round ^ round))))
    }
}

event_set!(LastFirst);

#[tokio::test]
async fn events_are_returned_in_the_order_of_the_log_whichever_are_decoded_first() {
    let (_, events) = replay::<LastFirst>(Log::of(20_000));
    let events: Vec<_> = events
        .map_ok(|event| (event.context.position.get(), event.event.0))
        .try_collect()
        .await
        .expect("read");
    assert!(events.iter().copied().eq((1..=20_000).map(|n| (n, n))), "{} events", events.len());
}

/// Cannot be decoded from the 5,556th event on.
#[derive(Debug)]
struct Unknown;

impl Decoding for Unknown {
    fn decode(position: u64) -> Result<Self, Undecodable> {
        if position > 5_555 { Err(Undecodable::UnknownType) } else { Ok(Self) }
    }
}

event_set!(Unknown);

#[tokio::test]
async fn the_error_of_an_undecodable_event_is_returned_once_and_last() {
    let (_, mut events) = replay::<Unknown>(Log::of(20_000));
    let (read, error) = drain(&mut events).await;
    assert!(read.into_iter().eq(1..=5_555));
    let error = error.expect("an error").to_string();
    assert!(error.contains("position 5556"), "{error}");
    assert!(events.next().await.is_none() && events.next().await.is_none());
}

#[derive(Debug)]
struct Panics;

impl Decoding for Panics {
    fn decode(position: u64) -> Result<Self, Undecodable> {
        assert!(position <= 5_555, "no upcaster for {position}");
        Ok(Self)
    }
}

event_set!(Panics);

#[tokio::test]
async fn a_panic_of_an_upcaster_is_resumed_in_the_caller() {
    let (_, mut events) = replay::<Panics>(Log::of(20_000));
    for position in 1..=5_555 {
        let event = events.try_next().await.expect("read").expect("an event");
        assert_eq!(event.context.position.get(), position);
    }
    let panic = std::panic::AssertUnwindSafe(events.next()).catch_unwind().await.expect_err("panics");
    assert_eq!(panic.downcast_ref::<String>().expect("a message"), "no upcaster for 5556");
    assert!(events.next().await.is_none());
}

/// The second page waits until the store has failed to read the third.
#[derive(Debug)]
struct Later;

static FAILED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

impl Decoding for Later {
    fn decode(position: u64) -> Result<Self, Undecodable> {
        if position == FIRST as u64 + 1 {
            let failed = FAILED.0.lock().expect("not poisoned");
            drop(FAILED.1.wait_while(failed, |failed| !*failed).expect("not poisoned"));
        }
        Ok(Self)
    }
}

event_set!(Later);

#[tokio::test]
async fn events_read_before_the_store_failed_are_returned() {
    let (log, mut events) = replay::<Later>(Log { fails_at: 3, ..Log::of(20_000) });
    let (read, error) = drain(&mut events).await;
    // The first page, and a second page of twice its size.
    assert!(read.into_iter().eq(1..=3 * FIRST as u64));
    assert!(matches!(error, Some(ReadError::Store(_))), "{error:?}");
    assert!(events.next().await.is_none());
    assert_eq!(log.calls(), 3, "the store is not read again");
}

#[tokio::test]
async fn nothing_is_read_before_the_first_poll() {
    let (log, events) = replay::<Plain>(Log::of(20_000));
    tokio::task::yield_now().await;
    drop(events);
    assert_eq!(log.calls(), 0);
}

#[tokio::test]
async fn a_dropped_stream_stops_reading() {
    let (log, mut events) = replay::<Plain>(Log { hangs_at: 2, ..Log::of(u64::MAX) });
    assert_eq!(events.try_next().await.expect("read").expect("an event").event.0, 1);
    // The next page is being read although it was not polled for.
    log.waiting.notified().await;
    drop(events);
    log.cancelled.notified().await;
    assert_eq!(log.calls(), 2);
}

/// The first event of the second page waits until the stream is dropped.
#[derive(Debug)]
struct Slow;

static DROPPED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static AFTER_THE_DROP: AtomicUsize = AtomicUsize::new(0);

impl Decoding for Slow {
    fn decode(position: u64) -> Result<Self, Undecodable> {
        if position > FIRST as u64 {
            BEGUN.fetch_add(1, Ordering::SeqCst);
            let (dropped, changed) = &DROPPED;
            let dropped = dropped.lock().expect("not poisoned");
            drop(changed.wait_while(dropped, |dropped| !*dropped).expect("not poisoned"));
            AFTER_THE_DROP.fetch_add(1, Ordering::SeqCst);
        }
        Ok(Self)
    }
}

event_set!(Slow);

#[test]
fn a_dropped_stream_stops_decoding() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    runtime.block_on(async {
        let (_, mut events) = replay::<Slow>(Log::of(20_000));
        for _ in 0..FIRST {
            assert!(events.try_next().await.expect("read").is_some());
        }
        while BEGUN.load(Ordering::SeqCst) == 0 {
            assert!(events.next().now_or_never().is_none(), "nothing is decoded yet");
            tokio::task::yield_now().await;
        }
        drop(events);
    });
    *DROPPED.0.lock().expect("not poisoned") = true;
    DROPPED.1.notify_all();
    // Dropping the runtime waits for the decoding tasks.
    drop(runtime);
    let (begun, done) = (BEGUN.load(Ordering::SeqCst), AFTER_THE_DROP.load(Ordering::SeqCst));
    let most = available_parallelism().map_or(2, usize::from).max(2);
    assert!(begun == done && done <= most, "{done} of {begun}");
}

#[tokio::test]
async fn memory_does_not_grow_with_the_number_of_events() {
    const LARGE: usize = 512 << 10;
    let payload = |position| if position <= 4_000 { 2 } else { LARGE };
    let (log, mut events) = replay::<Plain>(Log { payload, ..Log::of(4_200) });
    let parts = available_parallelism().map_or(2, usize::from).max(2) + 1;
    let most = 2 * (LogPage::BYTES + LARGE) + parts * (PART_BYTES + LARGE);
    let (mut returned, mut ahead) = (0, 0);
    while let Some(event) = events.try_next().await.expect("read") {
        // On this single thread, the reading task gets as far as it can.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        ahead = ahead.max(log.bytes.load(Ordering::SeqCst) - returned);
        returned += payload(event.event.0);
    }
    assert!(ahead > LogPage::BYTES && ahead <= most, "{ahead} bytes are ahead, of at most {most}");
    // The store truncates a page by its bytes. The next limit is small enough not to be truncated again.
    let limits = log.limits.lock().expect("not poisoned");
    assert!(limits.last() <= Some(&(LogPage::BYTES / LARGE)), "{limits:?}");
}
