//! The steps of process instances: what follows from their inputs, decided on the states of all aggregates concerned.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Correlate, Due, Fx, Input, Process, When,
    effects::{Effect, ProcessCommand},
};
use crate::{
    Event, EventContext, Metadata, Recorded, StreamId, Timestamp,
    commands::{
        decide_reactions::{Needed, ReactionError, caused_by, unreadable},
        several::{AnyCommand, Parts, Undecided},
    },
    reacting::hops::{EndlessReaction, Hops},
    store::{BoxError, InstanceChange, InvalidAppend, Timer, TimerChange, TimerId},
};

/// The maximum number of effects of one step: a rejection whose reaction is rejected again ends nowhere.
const MAX_EFFECTS: usize = 1_000;

/// What a step reacts to.
pub(crate) struct StepInput<'a, P: Process> {
    /// The id of the instance, as a text.
    pub(crate) key: &'a str,
    pub(crate) cause: Cause<'a, P>,
    /// Whether commands are executed. They are not while a process warms up.
    pub(crate) acts: bool,
    /// How far the clock of timers is ahead of that of the store.
    pub(crate) ahead: Duration,
}

pub(crate) enum Cause<'a, P: Process> {
    Event(&'a Recorded<P::Input>),
    Timer {
        timer: &'a Timer,
        /// The time at which it is fired.
        now: Timestamp,
    },
}

/// What the steps change besides the streams.
#[derive(Default)]
pub(crate) struct Steps {
    pub(crate) instances: Vec<InstanceChange>,
    pub(crate) timers: Vec<TimerChange>,
}

impl Steps {
    /// Whether an earlier step has moved or cancelled the timer: then it does not fire.
    fn have_changed(&self, timer: &Timer) -> bool {
        self.timers.iter().any(|change| match change {
            TimerChange::Set(other) => other.key == timer.key && other.name == timer.name,
            TimerChange::Cancel(id) => id.key == timer.key && id.name == timer.name,
            TimerChange::CancelAll { key } => *key == timer.key,
            TimerChange::Fire(_) | TimerChange::Replace { .. } => false,
        })
    }

    /// Counts an ignored input of each of these instances.
    pub(crate) fn ignore(&mut self, keys: Vec<&str>) {
        for key in keys {
            match self.instances.iter_mut().find(|change| change.key == key) {
                Some(change) => change.ignored += 1,
                None => self.instances.push(InstanceChange {
                    key: key.to_owned(),
                    ignored: 1,
                    ..InstanceChange::default()
                }),
            }
        }
    }
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error(transparent)]
    Reaction(#[from] ReactionError),
    #[error(
        "the instance `{key}` was started before; correlate the event with `StartOrContinue` if that may happen"
    )]
    Started { key: String },
    #[error("the instance `{key}` has completed; make the process `restartable` if it may start again")]
    Completed { key: String },
    #[error(
        "the instance `{key}` was never started; correlate the event with `ContinueIfStarted` if that may happen"
    )]
    NotStarted { key: String },
    #[error(
        "the instance `{key}` is {state}; its events are parked until it is resumed",
        state = crate::store::InstanceState::Suspended
    )]
    Suspended { key: String },
    #[error("the command `{command}` was rejected: {reason}")]
    Rejected { command: &'static str, reason: String },
    #[error(
        "the step has more than {MAX_EFFECTS} effects; a rejection must not cause the same command again"
    )]
    Endless,
    #[error(transparent)]
    Hops(#[from] EndlessReaction),
    #[error("what was kept with the timer `{name}` cannot be read")]
    Timer { name: String, source: serde_json::Error },
}

/// The aggregates that a step reads and changes: those of a store, or those of a test.
pub(crate) trait World<P: Process> {
    /// Whether the instance has events.
    fn exists(&mut self) -> bool;

    /// The state of the instance.
    fn state(&mut self) -> Result<&P, StepError>;

    /// Records events of the instance.
    fn record(&mut self, events: Vec<P::Event>, metadata: &Metadata) -> Result<(), StepError>;

    /// Executes a command. Returns why it was rejected, if it was.
    fn execute(
        &mut self,
        command: &Arc<dyn ProcessCommand<P>>,
        metadata: &Metadata,
    ) -> Result<Option<BoxError>, StepError>;
}

/// What is kept with a timer: the origin of the step that set it.
#[derive(Serialize, Deserialize)]
struct SetBy {
    correlation: Option<Uuid>,
    causation: Option<Uuid>,
    entries: String,
}

/// Decides the steps in order. Streams that turn out to be needed are added to `needed`: then the steps have to be decided
/// again.
pub(crate) fn decide<P: Process>(
    inputs: &[StepInput<'_, P>],
    parts: &mut Parts,
    needed: &mut Needed,
) -> Result<Steps, StepError> {
    let mut steps = Steps::default();
    let mut instances: BTreeMap<&str, InstanceChange> = BTreeMap::new();
    for input in inputs {
        if let Cause::Timer { timer, .. } = &input.cause
            && steps.have_changed(timer)
        {
            continue;
        }
        let stream = stream_of::<P>(input.key)?;
        let change = instances
            .entry(input.key)
            .or_insert_with(|| InstanceChange { key: input.key.to_owned(), ..InstanceChange::default() });
        match step(&mut InParts { stream, parts, needed }, input, &mut steps.timers)? {
            Ran::Ignored => change.ignored += 1,
            Ran::Stepped { completed } => (change.stepped, change.completed) = (true, completed),
            Ran::NothingNew => {}
        }
    }
    steps.instances = instances.into_values().filter(|it| it.stepped || it.ignored > 0).collect();
    Ok(steps)
}

/// The stream of an instance.
pub(crate) fn stream_of<P: Process>(key: &str) -> Result<StreamId, StepError> {
    let stream = StreamId::new(<P::Event as Event>::CATEGORY, key).map_err(crate::ReadError::from);
    Ok(stream.map_err(ReactionError::from)?)
}

/// The outcome of a step.
pub(crate) enum Ran {
    /// The instance has completed, or was never started.
    Ignored,
    /// The instance has no new event.
    NothingNew,
    Stepped {
        completed: bool,
    },
}

/// Runs one step, and adds the changes of timers.
pub(crate) fn step<P: Process, W: World<P>>(
    world: &mut W,
    input: &StepInput<'_, P>,
    timers: &mut Vec<TimerChange>,
) -> Result<Ran, StepError> {
    let exists = world.exists();
    let is_completed = exists && world.state()?.is_completed();
    let key = || input.key.to_owned();
    match &input.cause {
        Cause::Event(event) => match correlated::<P>(event, input.key)? {
            Correlate::Ignore => return Ok(Ran::NothingNew),
            Correlate::Start(_) if exists && !is_completed => {
                return Err(StepError::Started { key: key() });
            }
            Correlate::Start(_) if exists && !P::RESTARTABLE => {
                return Err(StepError::Completed { key: key() });
            }
            Correlate::Continue(_) if !exists => return Err(StepError::NotStarted { key: key() }),
            Correlate::ContinueIfStarted(_) if !exists => return Ok(Ran::Ignored),
            Correlate::Continue(_) | Correlate::ContinueIfStarted(_) | Correlate::StartOrContinue(_)
                if is_completed =>
            {
                return Ok(Ran::Ignored);
            }
            _ => {}
        },
        Cause::Timer { .. } if !exists || is_completed => return Ok(Ran::Ignored),
        Cause::Timer { .. } => {}
    }
    let (metadata, events) = match &input.cause {
        Cause::Event(event) => {
            let entry = Hops::next(&event.context, P::NAME)?.entry();
            (caused_by(&event.context, entry), world.state()?.on(input_of(event)))
        }
        Cause::Timer { timer, now } => {
            let due = Due {
                instance: &timer.key,
                name: &timer.name,
                due_at: timer.due_at,
                late_by: now.since(timer.due_at),
            };
            (set_by::<P>(timer)?, world.state()?.on_timer(due))
        }
    };
    if events.is_empty() {
        return Ok(Ran::NothingNew);
    }
    let mut queue = VecDeque::new();
    record(world, events, &metadata, &mut queue)?;
    let mut effects = 0;
    while let Some(effect) = queue.pop_front() {
        effects += 1;
        if effects > MAX_EFFECTS {
            return Err(StepError::Endless);
        }
        match effect {
            Effect::Execute(command) if input.acts => {
                if let Some(error) = world.execute(&command, &metadata)? {
                    let rejected = || StepError::Rejected {
                        command: command.command().name(),
                        reason: error.to_string(),
                    };
                    let events = command.rejected(world.state()?, &error).ok_or_else(rejected)?;
                    record(world, events, &metadata, &mut queue)?;
                }
            }
            Effect::Execute(_) => {}
            Effect::Timer { name, when } => {
                let due_at = match (when, &input.cause) {
                    (When::At(at), _) => at,
                    (When::After(after), Cause::Event(event)) => {
                        event.context.recorded_at.saturating_add(input.ahead).saturating_add(after)
                    }
                    (When::After(after), Cause::Timer { now, .. }) => now.saturating_add(after),
                };
                timers.push(TimerChange::Set(Timer { key: key(), name, due_at, data: data_of(&metadata) }));
            }
            Effect::Cancel { name } => timers.push(TimerChange::Cancel(TimerId { key: key(), name })),
        }
    }
    let completed = world.state()?.is_completed();
    if completed {
        timers.push(TimerChange::CancelAll { key: key() });
    }
    Ok(Ran::Stepped { completed })
}

/// The instance that an event belongs to. An id that no store keeps has another form as a key, under which its events can be
/// parked: it is an error here, and not where the keys are made.
fn correlated<P: Process>(event: &Recorded<P::Input>, key: &str) -> Result<Correlate<P::Id>, StepError> {
    let correlated = P::correlate(input_of(event));
    if let Some(id) = correlated.id().map(ToString::to_string)
        && id != key
    {
        stream_of::<P>(&id)?;
    }
    Ok(correlated)
}

/// Records events of the instance, and queues their effects.
fn record<P: Process>(
    world: &mut impl World<P>,
    events: Vec<P::Event>,
    metadata: &Metadata,
    queue: &mut VecDeque<Effect<P>>,
) -> Result<(), StepError> {
    let mut effects = Vec::new();
    for event in &events {
        P::effects(event, &mut Fx::new(&mut effects));
    }
    world.record(events, metadata)?;
    queue.extend(effects);
    Ok(())
}

/// The aggregates of a store, as far as they are locked.
struct InParts<'s> {
    /// The stream of the instance.
    stream: StreamId,
    parts: &'s mut Parts,
    needed: &'s mut Needed,
}

impl<P: Process> World<P> for InParts<'_> {
    fn exists(&mut self) -> bool {
        self.parts.part(&self.stream).is_some_and(|part| part.exists())
    }

    fn state(&mut self) -> Result<&P, StepError> {
        let stream = &self.stream;
        let part = self.parts.part(stream).ok_or_else(|| shared(stream))?;
        part.state::<P>().map_err(|_| shared(stream))
    }

    fn record(&mut self, events: Vec<P::Event>, metadata: &Metadata) -> Result<(), StepError> {
        let stream = &self.stream;
        let part = self.parts.part(stream).ok_or_else(|| shared(stream))?;
        part.record::<P>(&events, metadata).map_err(|undecided| failed(P::NAME, undecided))
    }

    fn execute(
        &mut self,
        command: &Arc<dyn ProcessCommand<P>>,
        metadata: &Metadata,
    ) -> Result<Option<BoxError>, StepError> {
        let any = command.command();
        let stream = stream_of_command(any)?;
        if self.parts.part(&stream).is_none() {
            // Decided again with it; until then it counts as accepted.
            self.needed.insert(stream, any.aggregate());
            return Ok(None);
        }
        match self.parts.decide(&stream, any, metadata) {
            Ok(()) => Ok(None),
            Err(Undecided::Rejected(error)) => Ok(Some(error)),
            Err(undecided) => Err(failed(any.name(), undecided)),
        }
    }
}

/// The stream of the aggregate of a command.
pub(crate) fn stream_of_command(command: &dyn AnyCommand) -> Result<StreamId, StepError> {
    let failed =
        |error: crate::ReadError| ReactionError::Command { command: command.name(), source: error.into() };
    Ok(command.stream().map_err(failed)?)
}

/// Why a command, or an event of the process itself, could not be recorded.
pub(crate) fn failed(command: &'static str, undecided: Undecided) -> StepError {
    let source: BoxError = match undecided {
        Undecided::Rejected(error) => error,
        Undecided::Encode(error) => error.into(),
        Undecided::Unreadable(error) => unreadable(error),
        Undecided::SharedStream(stream) => InvalidAppend::RepeatedStream { stream }.into(),
    };
    ReactionError::Command { command, source }.into()
}

fn shared(stream: &StreamId) -> StepError {
    failed("step", Undecided::SharedStream(stream.clone()))
}

pub(crate) fn input_of<E>(event: &Recorded<E>) -> Input<'_, E> {
    let context: &EventContext = &event.context;
    Input { event: &event.event, context }
}

fn data_of(metadata: &Metadata) -> String {
    let entries = metadata.encode_entries();
    let set_by = SetBy { correlation: metadata.correlation_id, causation: metadata.causation_id, entries };
    serde_json::to_string(&set_by).expect("ids and texts are JSON")
}

/// The metadata of what a timer causes: it has the origin of the step that set it, and names the timer. Time ends a cascade,
/// so that the hops are counted from the start.
fn set_by<P: Process>(timer: &Timer) -> Result<Metadata, StepError> {
    let unreadable = |source| StepError::Timer { name: timer.name.clone(), source };
    let SetBy { correlation, causation, entries } = serde_json::from_str(&timer.data).map_err(unreadable)?;
    let mut metadata = Metadata::decode_entries(&entries).map_err(unreadable)?;
    metadata.entries.remove(Metadata::REACTIONS);
    metadata.entries.insert(Metadata::TIMER.to_owned(), format!("{}>{}", P::NAME, timer.name));
    (metadata.correlation_id, metadata.causation_id) = (correlation, causation);
    Ok(metadata)
}
