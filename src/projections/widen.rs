//! A program that reads event types with which a generation was not read yet.

use std::time::Duration;

use super::error::StartError;
use crate::{
    Position,
    store::{
        Definition, Generation, GenerationState, LogFilter, LogPage, ProjectionKind, ProjectionStore,
        StoreError, StoreTransaction,
    },
};

/// How often it is tried again if the generation has become inline meanwhile, or the horizon is held back.
const ATTEMPTS: u32 = 8;

/// The delay before the second attempt, which doubles with each further one.
const DELAY: Duration = Duration::from_millis(20);

/// The first event of these types, and the position up to which there is none.
struct Found {
    event: Option<(Position, String)>,
    clean: Position,
}

/// Checks, without any change, that the generation has not skipped events that the program reads. Returns the
/// position up to which there is none.
pub(crate) async fn check<S: ProjectionStore>(
    store: &S,
    definition: &Definition,
    generation: &Generation,
) -> Result<Position, StartError> {
    if !is_concerned(definition, generation) {
        return Ok(Position::START);
    }
    if let Some(refused) = refused_inline(definition, generation) {
        return Err(refused);
    }
    let filter = may_have_skipped(definition, generation);
    let found = first(store.read_log(Position::START, &filter, 1).await?);
    refuse_skipped(definition, generation, &found)?;
    Ok(found.clean)
}

/// Lets the generation be read with the types of the program from now on. The log is not read again up to `clean`,
/// where the check of this `generation` has found nothing.
///
/// An event handler is widened whatever it has passed: earlier events are not delivered.
pub(crate) async fn widen<S: ProjectionStore>(
    store: &S,
    definition: &Definition,
    generation: &Generation,
    clean: Position,
) -> Result<(), StartError> {
    let types = &definition.event_types;
    let (id, mut known) = (generation.id, generation.clone());
    // A generation that another program has retired meanwhile is widened when it is restored.
    let is_retired = generation.state == GenerationState::Retired;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(DELAY * 2_u32.pow(attempt - 1)).await;
        }
        let was_retired = known.state == GenerationState::Retired && !is_retired;
        if was_retired || known.event_types.widened_by(types) == known.event_types {
            return Ok(());
        }
        if known.inline && known.event_types.has_to_revoke(types) {
            if let Some(refused) = refused_inline(definition, &known) {
                return Err(refused);
            }
            // The leases do not protect it: the programs that append have to notice.
            store.demote(id).await?;
        }
        let Some((mut transaction, found)) = store.begin_widening(id, types).await? else { return Ok(()) };
        known = found;
        let was_retired = known.state == GenerationState::Retired && !is_retired;
        if was_retired || known.inline && known.event_types.has_to_revoke(types) {
            transaction.roll_back().await?;
            continue;
        }
        if is_concerned(definition, &known) {
            // Another program may have made it read a category only in part.
            let clean = if known.event_types == generation.event_types { clean } else { Position::START };
            let filter = may_have_skipped(definition, &known);
            let found = match transaction.read_rest(clean, &filter, 1).await {
                Ok(page) => first(page),
                Err(error) => {
                    transaction.roll_back().await?;
                    return Err(error.into());
                }
            };
            if let Err(refused) = refuse_skipped(definition, &known, &found) {
                transaction.roll_back().await?;
                return Err(refused);
            }
            // A horizon may be below one that was returned before, and a checkpoint at that one.
            if found.event.is_none() && found.clean < furthest(&known) {
                transaction.roll_back().await?;
                continue;
            }
        }
        transaction.commit().await?;
        tracing::info!(
            projection = definition.name,
            version = definition.version,
            "the projection is read with further event types from now on"
        );
        return Ok(());
    }
    let source = "the projection changed meanwhile in each attempt".into();
    Err(StoreError::Contended { action: "reading a projection with further event types", source }.into())
}

/// Whether events that were skipped make the rows wrong.
fn is_concerned(definition: &Definition, generation: &Generation) -> bool {
    definition.kind.keeps_rows() && generation.event_types.has_to_revoke(&definition.event_types)
}

fn may_have_skipped(definition: &Definition, generation: &Generation) -> LogFilter {
    let names = generation.event_types.may_have_skipped(&definition.event_types);
    LogFilter::of_types(names.map(str::to_owned))
}

/// A program that appends does not read the generation's event types with each append, only which generations are
/// inline. Another version is another generation.
fn refused_inline(definition: &Definition, generation: &Generation) -> Option<StartError> {
    let Definition { name, version, kind, event_types, .. } = definition;
    if !generation.inline || *kind != ProjectionKind::Inline {
        return None;
    }
    let event_type = generation.event_types.may_have_skipped(event_types).next()?.to_owned();
    Some(StartError::InlineTypes { projection: name.clone(), version: *version, event_type })
}

fn furthest(generation: &Generation) -> Position {
    generation.checkpoints.iter().map(|it| it.position).max().unwrap_or_default()
}

fn first(page: LogPage) -> Found {
    let event =
        page.events.first().map(|event| (event.context.position, event.context.event_type.to_string()));
    let before = |(position, _): &(Position, String)| Position::new(position.get().saturating_sub(1));
    let clean = event.as_ref().map_or(page.horizon, before);
    Found { event, clean }
}

fn refuse_skipped(definition: &Definition, generation: &Generation, found: &Found) -> Result<(), StartError> {
    let Some((position, event_type)) = &found.event else { return Ok(()) };
    if *position > furthest(generation) && !generation.inline {
        return Ok(());
    }
    Err(StartError::Skipped {
        projection: definition.name.clone(),
        version: definition.version,
        event_type: event_type.clone(),
        position: *position,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OnFailure,
        projections::sample::{Pages, generation},
        store::ProjectionKind,
    };

    #[test]
    fn an_event_at_the_furthest_checkpoint_was_skipped() {
        let consumers = Pages::new(OnFailure::Stop).consumers(ProjectionKind::Following);
        let refused = |position: Option<u64>, inline: bool| {
            let event = position.map(|position| (Position::new(position), "page.noted".to_owned()));
            let found = Found { event, clean: Position::START };
            let generation = Generation { inline, ..generation(1, &[4, 9]) };
            refuse_skipped(consumers[0].definition(), &generation, &found).is_err()
        };
        assert!(!refused(None, false) && !refused(None, true));
        assert!(refused(Some(8), false) && refused(Some(9), false));
        assert!(!refused(Some(10), false), "it comes later");
        assert!(refused(Some(10), true), "an inline generation is at the end of the log");
    }
}
