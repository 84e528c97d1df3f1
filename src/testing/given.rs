//! Given events, when a command, then these events: tests of commands.

use std::fmt::{self, Debug, Display};

use similar::{ChangeTag, TextDiff};

use crate::{
    Aggregate, Command, EncodeError, Event, EventContext, EventId, Handle, Metadata, Position, Recorded,
    RecordedEvent, StreamId, Timestamp, Version, store::NewEvent,
};

/// An aggregate whose stream holds these events.
///
/// The events pass through their stored form, so a test sees what production sees: fields that serde does not write
/// are missing, and an event that is written in an older version (`write`) is upcast from it.
///
/// ```
/// # use eventsource::prelude::*;
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// # #[event(category = "account")]
/// # pub enum AccountEvent { Opened, Withdrawn { amount: u64 } }
/// # #[derive(Debug, Default, Aggregate)]
/// # #[aggregate(event = AccountEvent, id = String)]
/// # pub struct Account { open: bool }
/// # impl Apply<AccountEvent> for Account {
/// #     fn apply(&mut self, event: AccountEvent) { self.open |= event == AccountEvent::Opened; }
/// # }
/// # #[derive(Debug, PartialEq, thiserror::Error)]
/// # pub enum AccountError { #[error("the account is not open")] NotOpen }
/// # #[derive(Debug, Command)]
/// # #[command(aggregate = Account)]
/// # pub struct Withdraw { #[command(id)] account: String, amount: u64 }
/// # impl Handle<Withdraw> for Account {
/// #     type Error = AccountError;
/// #     fn handle(&self, withdraw: &Withdraw) -> Result<Vec<AccountEvent>, AccountError> {
/// #         if !self.open { return Err(AccountError::NotOpen); }
/// #         Ok(vec![AccountEvent::Withdrawn { amount: withdraw.amount }])
/// #     }
/// # }
/// use eventsource::testing::given;
///
/// let withdraw = || Withdraw { account: "acc-1".to_owned(), amount: 30 };
/// given::<Account>([AccountEvent::Opened])
///     .when(withdraw())
///     .then([AccountEvent::Withdrawn { amount: 30 }]);
/// given::<Account>([]).when(withdraw()).then_rejected(AccountError::NotOpen);
/// ```
///
/// # Panics
///
/// If an event does not round-trip through its stored form, or the state of an aggregate with snapshots does not.
#[track_caller]
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut given = Given { state: A::default(), version: Version::EMPTY };
    given.record(events);
    given
}

/// An aggregate with a history. See [`given`].
pub struct Given<A> {
    state: A,
    version: Version,
}

/// The outcome of a command. State what is expected of it.
#[must_use = "nothing is tested without `then`, `then_rejected` or `then_nothing`"]
pub struct Then<A: Aggregate, E> {
    given: Given<A>,
    decision: Result<Vec<A::Event>, E>,
}

impl<A: Aggregate> Given<A> {
    /// Handles a command.
    pub fn when<C>(self, command: C) -> Then<A, A::Error>
    where
        C: Command<Aggregate = A>,
        A: Handle<C>,
    {
        let decision = self.state.handle(&command);
        Then { given: self, decision }
    }

    /// The state, for assertions that commands cannot make.
    pub fn state(&self) -> &A {
        &self.state
    }

    #[track_caller]
    fn record(&mut self, events: impl IntoIterator<Item = A::Event>) {
        for event in events {
            self.version = self.version.next();
            let event_type = event.event_type();
            // Not in a closure: the panic would name this file instead of the test's.
            let stored = match stored::<A>(&event, self.version) {
                Ok(stored) => stored,
                Err(error) => {
                    panic!("an event of type `{}` cannot be stored: {}", event_type.name, causes(&error))
                }
            };
            match stored.decode::<A::Event>() {
                Ok(events) => events.for_each(|recorded| self.state.apply(recorded.event)),
                Err(error) => panic!("a stored event cannot be read: {}", causes(&error)),
            }
            self.check_snapshot();
        }
    }

    #[track_caller]
    fn check_snapshot(&self) {
        if let Err(fault) = check_snapshot(&self.state, self.version) {
            panic!("{fault}");
        }
    }
}

impl<A: Aggregate, E> Then<A, E> {
    /// Asserts that the command was accepted and recorded exactly these events. Continues with them in the history.
    ///
    /// # Panics
    ///
    /// If it was rejected, or recorded other events, with a diff of both.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = A::Event>) -> Given<A>
    where
        A::Event: Debug + PartialEq,
        E: Display,
    {
        let Self { mut given, decision } = self;
        let expected: Vec<A::Event> = expected.into_iter().collect();
        match decision {
            Ok(events) if events == expected => given.record(events),
            Ok(events) => panic!(
                "the command was accepted, with other events than expected\n\n{}",
                diff(&format!("{expected:#?}"), &format!("{events:#?}"))
            ),
            Err(error) => {
                panic!("the command was rejected: {error}\n\nthese events were expected: {expected:#?}")
            }
        }
        given
    }

    /// Asserts that the command was accepted and recorded no event.
    ///
    /// # Panics
    ///
    /// If it was rejected, or events are recorded.
    #[track_caller]
    pub fn then_nothing(self) -> Given<A>
    where
        A::Event: Debug,
        E: Display,
    {
        match self.decision {
            Ok(events) if events.is_empty() => self.given,
            Ok(events) => panic!("nothing was expected to be recorded, but these events are: {events:#?}"),
            Err(error) => panic!("the command was rejected: {error}\n\nit was expected to do nothing"),
        }
    }

    /// Asserts that the command was rejected for this reason. Continues with the same history.
    ///
    /// # Panics
    ///
    /// If it was accepted, or rejected for another reason.
    #[track_caller]
    pub fn then_rejected(self, expected: E) -> Given<A>
    where
        A::Event: Debug,
        E: Debug + PartialEq,
    {
        match self.decision {
            Err(error) if error == expected => self.given,
            Err(error) => panic!(
                "the command was rejected for another reason than expected\n\n{}",
                diff(&format!("{expected:#?}"), &format!("{error:#?}"))
            ),
            Ok(events) => panic!(
                "the command was accepted, with these events: {events:#?}\n\nit was expected to be rejected: \
                 {expected:?}"
            ),
        }
    }
}

impl<A: Debug> Debug for Given<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("state", &self.state).field("version", &self.version).finish()
    }
}

impl<A: Aggregate + Debug, E: Debug> Debug for Then<A, E>
where
    A::Event: Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then").field("given", &self.given).field("decision", &self.decision).finish()
    }
}

/// As in production, where a snapshot may be written after each event.
pub(super) fn check_snapshot<A: Aggregate>(state: &A, version: Version) -> Result<(), String> {
    let Some(codec) = A::snapshots() else { return Ok(()) };
    let stream =
        StreamId::new(A::Event::CATEGORY, "test").expect("the category of an event can name a stream");
    codec.encode(stream, version, EventId::new(), state).map(drop).map_err(|error| {
        format!("after event {version}, the state cannot be stored as a snapshot: {}", causes(&error))
    })
}

/// The event as a store would return it.
fn stored<A: Aggregate>(event: &A::Event, version: Version) -> Result<RecordedEvent, EncodeError> {
    let NewEvent { id, event_type, schema_version, payload, metadata } =
        NewEvent::encode(event, Metadata::default())?;
    Ok(recorded(
        A::Event::CATEGORY,
        event_type.as_ref(),
        schema_version,
        version,
        payload.get(),
        (id, metadata),
    ))
}

/// A stored event of an invented stream.
pub(super) fn recorded(
    category: &str,
    event_type: &str,
    schema_version: u32,
    version: Version,
    payload: &str,
    (id, metadata): (EventId, Metadata),
) -> RecordedEvent {
    let stream = StreamId::new(category, "test").expect("the category of an event set can name a stream");
    let context = EventContext {
        stream,
        version,
        position: Position::new(version.get()),
        id,
        event_type: event_type.into(),
        schema_version,
        metadata,
        // A fixed time, so that each run of a test sees the same time.
        recorded_at: Timestamp::from_microsecond(0).expect("1970 is a year"),
    };
    Recorded { context, event: payload.into() }
}

/// An error with its causes, in one line.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

pub(super) fn diff(expected: &str, actual: &str) -> String {
    let mut text = String::from("- expected\n+ actual\n\n");
    for change in TextDiff::from_lines(expected, actual).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        text.push(sign);
        text.push(' ');
        text.push_str(change.value().trim_end_matches('\n'));
        text.push('\n');
    }
    text
}
