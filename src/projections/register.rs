//! What a start does to the store: it checks the tables, and creates the generations that are missing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    context::WorkerContext,
    error::StartError,
    fitness::Fitnesses,
    widen::{self, widen},
};
use crate::{
    Position, ProjectionError,
    projections::consumer::{
        Consumer, Fault, can_pass, consumer_of, guarded, is_inline, must_follow, partition_of,
    },
    store::{
        Capability, Definition, Generation, GenerationId, GenerationRequest, GenerationState, ProjectionKind,
        ProjectionStore, StopReason, StoreError, StoreTransaction,
    },
};

type Consumers<S> = [Arc<dyn Consumer<S>>];

/// Whatever can be refused is tried first: a start that fails leaves the store as it was.
pub(super) async fn register<S: ProjectionStore>(context: &WorkerContext<S>) -> Result<(), StartError> {
    let engine = &context.engine;
    let (store, consumers) = (&*engine.store, &engine.consumers[..]);
    refuse_same_names(consumers)?;
    refuse_undeclared(store, consumers)?;
    let generations = store.generations().await?;
    engine.note_live(&generations);
    check_tables(store, consumers, &generations).await?;
    let clean = check_types(store, consumers, &generations).await?;
    let is_live = |it: &Generation, name: &str| it.name == name && it.state == GenerationState::Live;
    let (later, first): (Vec<_>, Vec<_>) =
        consumers.iter().partition(|it| generations.iter().any(|live| is_live(live, &it.definition().name)));
    let due = |it: &&&Arc<dyn Consumer<S>>| is_due(it, &generations);
    // Creating the first one is its own rehearsal, unless a generation is demoted before it.
    let comes_before_all = later.iter().any(|it| due(&it)) || generations.iter().all(|it| !it.inline);
    let all_due = later.iter().filter(due).chain(first.iter().filter(due));
    for consumer in all_due.skip(usize::from(comes_before_all)) {
        rehearse(store, consumer).await?;
    }
    let mut created = Vec::new();
    let done = async {
        for consumer in later {
            created.extend(make_generation(store, consumer, GenerationRequest::Start).await?);
        }
        demote(context).await?;
        change_handlers(store, consumers).await?;
        // A first generation is live at once, and cannot be abandoned: they come last.
        for consumer in first {
            created.extend(make_generation(store, consumer, GenerationRequest::Start).await?);
        }
        let current = store.generations().await?;
        for generation in current.into_iter().filter(|it| it.state != GenerationState::Retired) {
            let Some(consumer) = consumer_of(consumers, &generation) else { continue };
            warn_of_partitions(consumer.definition(), &generation);
            let checked = generations.iter().find(|it| it.id == generation.id).unwrap_or(&generation);
            let clean = clean.get(&generation.id).copied().unwrap_or_default();
            widen(store, consumer.definition(), checked, clean).await?;
        }
        resume(store, consumers).await
    };
    let done = done.await;
    if done.is_err() {
        undo(context, &created).await;
    }
    done
}

fn refuse_same_names<S>(consumers: &Consumers<S>) -> Result<(), StartError> {
    let mut taken = HashSet::new();
    for consumer in consumers {
        let name = consumer.definition().name.as_str();
        let former = consumer.former_names().iter().copied().filter(|former| *former != name);
        for name in std::iter::once(name).chain(former) {
            if !taken.insert(name) {
                return Err(StartError::SameName { name: name.to_owned() });
            }
        }
    }
    Ok(())
}

/// Gives event handlers that the store knows by a former name, or with another number of partitions, those of this
/// program.
async fn change_handlers<S: ProjectionStore>(store: &S, consumers: &Consumers<S>) -> Result<(), StartError> {
    let generations = store.generations().await?;
    let live = |name: &str| {
        let is_live = |it: &&Generation| it.name == name && it.state == GenerationState::Live;
        generations.iter().find(is_live).filter(|it| it.kind == ProjectionKind::Handler)
    };
    for consumer in consumers.iter().filter(|it| it.definition().kind == ProjectionKind::Handler) {
        let Definition { name, partitions, .. } = consumer.definition();
        let former = || consumer.former_names().iter().find_map(|former| live(former));
        let Some(found) = live(name).or_else(former) else { continue };
        if found.name == *name && found.checkpoints.len() == *partitions as usize {
            continue;
        }
        let of = |key: &str| partition_of(key, *partitions);
        if store.change_handler(found.id, name, *partitions, &of).await? {
            tracing::info!(handler = name, former = found.name, partitions, "changed an event handler");
        }
    }
    Ok(())
}

fn warn_of_partitions(definition: &Definition, generation: &Generation) {
    if let Some(kept) = other_partitions(definition, generation) {
        tracing::warn!(
            projection = definition.name,
            version = generation.version,
            kept,
            of_program = definition.partitions,
            "the program has another number of partitions than the store; that of the store is kept: it is fixed at the \
             first start, or by the rebuild of a new version"
        );
    }
}

/// The number of partitions in the store, if the program has another one that has no effect. Those of an event handler were
/// changed to what the program says, and an inline projection is not processed by partitions.
fn other_partitions(definition: &Definition, generation: &Generation) -> Option<usize> {
    let kept = generation.checkpoints.len();
    (!is_inline(definition) && kept != definition.partitions as usize).then_some(kept)
}

fn refuse_undeclared<S: ProjectionStore>(store: &S, consumers: &Consumers<S>) -> Result<(), StartError> {
    let declared = store.capabilities();
    for definition in consumers.iter().map(|it| it.definition()) {
        let capability = match definition.kind {
            ProjectionKind::Inline => Capability::InlineProjections,
            ProjectionKind::Process | ProjectionKind::Scheduled => Capability::Reactions,
            ProjectionKind::Following | ProjectionKind::Handler | ProjectionKind::Policy => continue,
        };
        if !declared.contains(capability) {
            return Err(StartError::Undeclared { projection: definition.name.clone(), capability });
        }
    }
    Ok(())
}

/// As [`ProjectionStore::begin_generation`] decides it.
fn is_due<S>(consumer: &Arc<dyn Consumer<S>>, generations: &[Generation]) -> bool {
    let definition = consumer.definition();
    !generations.iter().any(|it| {
        it.name == definition.name && it.version >= definition.version && it.state != GenerationState::Retired
    })
}

/// Checks the tables of all generations that this program processes. Nothing is written to a retired one.
async fn check_tables<S: ProjectionStore>(
    store: &S,
    consumers: &Consumers<S>,
    generations: &[Generation],
) -> Result<(), StartError> {
    for generation in generations.iter().filter(|it| it.state != GenerationState::Retired) {
        let Some(consumer) = consumer_of(consumers, generation) else { continue };
        let Err(fault) = guarded(consumer.check(store, generation.id)).await else { continue };
        let projection = generation.name.clone();
        let error = error_of(store, fault, |source| StartError::Table { projection, source });
        // Another process may have abandoned or replaced it since it was listed.
        let is_there = matches!(error, StartError::Store(_))
            || store.generations().await?.iter().any(|it| it.id == generation.id);
        if is_there {
            return Err(error);
        }
    }
    Ok(())
}

/// Checks that no generation of this program has skipped events that the program reads, and returns the position up
/// to which that is certain, by generation.
async fn check_types<S: ProjectionStore>(
    store: &S,
    consumers: &Consumers<S>,
    generations: &[Generation],
) -> Result<HashMap<GenerationId, Position>, StartError> {
    let mut clean = HashMap::new();
    for generation in generations.iter().filter(|it| it.state != GenerationState::Retired) {
        let Some(consumer) = consumer_of(consumers, generation) else { continue };
        clean.insert(generation.id, widen::check(store, consumer.definition(), generation).await?);
    }
    Ok(clean)
}

/// Creates a generation, if one is due, and rolls it back.
async fn rehearse<S: ProjectionStore>(store: &S, consumer: &Arc<dyn Consumer<S>>) -> Result<(), StartError> {
    if let Some((_, transaction)) = set_up(store, consumer, GenerationRequest::Start).await? {
        transaction.roll_back().await?;
    }
    Ok(())
}

/// Demotes what is inline in other programs only. These would promote it again if this program had not announced itself
/// before.
async fn demote<S: ProjectionStore>(context: &WorkerContext<S>) -> Result<(), StartError> {
    let (store, consumers) = (&*context.engine.store, &context.engine.consumers);
    let mut generations = store.generations().await?;
    let mut fitnesses = Fitnesses::new(consumers.clone());
    fitnesses.judge_all(&generations);
    generations.retain(|it| it.state != GenerationState::Retired && must_follow(consumers, it));
    if generations.is_empty() {
        return Ok(());
    }
    context.announce(fitnesses.supported()).await?;
    // Another program may have promoted one before it saw this program.
    for generation in store.generations().await?.iter().filter(|it| it.inline && must_follow(consumers, it)) {
        store.demote(generation.id).await?;
    }
    Ok(())
}

async fn resume<S: ProjectionStore>(store: &S, consumers: &Consumers<S>) -> Result<(), StartError> {
    for generation in store.generations().await? {
        let Some(consumer) = consumer_of(consumers, &generation) else { continue };
        // Where another program needs a newer one, this one may be as old.
        let may_continue = |reason: &StopReason| {
            !matches!(reason, StopReason::NeedsNewerProgram { .. }) || can_pass(&**consumer, reason)
        };
        let mut stopped = generation.checkpoints.iter().filter_map(|it| it.stopped.as_ref());
        if stopped.any(|stopped| may_continue(&stopped.reason)) {
            store.resume(generation.id).await?;
        }
    }
    Ok(())
}

/// Abandons what a failed start has created, so that no generation stays that no worker builds. A generation that a
/// worker of another process has claimed stays.
async fn undo<S: ProjectionStore>(context: &WorkerContext<S>, created: &[GenerationId]) {
    let store = &*context.engine.store;
    if let Err(error) = store.leave(context.worker.id).await {
        let error = ProjectionError::from(error);
        tracing::warn!(%error, "could not remove the worker of a failed start, which counts as alive for one lease");
    }
    let Ok(generations) = store.generations().await else { return };
    for generation in generations.iter().filter(|it| created.contains(&it.id)) {
        let is_untouched = generation.checkpoints.iter().all(|it| it.epoch == 0);
        if generation.state == GenerationState::Building
            && is_untouched
            && let Err(error) = store.abandon(generation.id).await
        {
            let error = ProjectionError::from(error);
            tracing::warn!(projection = generation.name, %error, "could not abandon the generation of a failed start");
        }
    }
}

/// Creates a generation with its tables, if one is needed.
pub(crate) async fn make_generation<S: ProjectionStore>(
    store: &S,
    consumer: &Arc<dyn Consumer<S>>,
    request: GenerationRequest,
) -> Result<Option<GenerationId>, StartError> {
    let Some((id, transaction)) = set_up(store, consumer, request).await? else { return Ok(None) };
    transaction.commit().await?;
    let definition = consumer.definition();
    tracing::info!(
        projection = definition.name,
        version = definition.version,
        generation = id.get(),
        "created a generation"
    );
    Ok(Some(id))
}

/// Begins a generation, if one is due, and creates its tables. The transaction is the caller's to end.
async fn set_up<S: ProjectionStore>(
    store: &S,
    consumer: &Arc<dyn Consumer<S>>,
    request: GenerationRequest,
) -> Result<Option<(GenerationId, S::Transaction)>, StartError> {
    let definition = consumer.definition();
    let Some((id, mut transaction)) = store.begin_generation(definition, request).await? else {
        return Ok(None);
    };
    let Err(fault) = guarded(consumer.setup(&mut transaction)).await else {
        return Ok(Some((id, transaction)));
    };
    match fault {
        Fault::Failed(_) => transaction.roll_back().await?,
        // It may have panicked in the middle of a statement.
        _ => drop(transaction),
    }
    let projection = definition.name.clone();
    Err(error_of(store, fault, |source| StartError::Setup { projection, source }))
}

/// An outage says nothing about the tables, so it is an error of the store.
fn error_of<S: ProjectionStore>(
    store: &S,
    fault: Fault,
    refused: impl FnOnce(ProjectionError) -> StartError,
) -> StartError {
    const ACTION: &str = "preparing the tables of a projection";
    let Fault::Failed(error) = fault else { return refused(fault.into()) };
    let (is_outage, is_contended) = (store.is_outage(&error), store.is_contended(&error));
    let is_retryable = error.inner().downcast_ref::<StoreError>().is_some_and(StoreError::is_retryable);
    if !(is_outage || is_contended || is_retryable) {
        return refused(error);
    }
    StartError::Store(match error.into_inner().downcast::<StoreError>() {
        Ok(error) => *error,
        Err(source) if is_contended => StoreError::Contended { action: ACTION, source },
        Err(source) => StoreError::Unavailable { action: ACTION, source },
    })
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
