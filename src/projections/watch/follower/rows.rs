//! The rows that a step reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use eventsource_core::engine::Keys;
use futures_util::future::try_join_all;

use crate::{
    ReadModel,
    projections::{
        ProjectionEngine, RowsError,
        rows::read_row,
        watch::{
            hub::Joining,
            mailbox::{State, States},
        },
    },
    store::ReadModelStore,
};

/// How many rows are read at the same time.
const READS: usize = 16;

/// The keys of the rows that a watch which joins with a token has missed. `None` if it gets all rows.
pub(super) type Missed = Option<BTreeSet<String>>;

/// What a step hands out.
pub(super) struct Read<R: ReadModel> {
    pub(super) changed: Vec<Arc<State<R>>>,
    /// For each watch that joins.
    pub(super) joining: Vec<Begin<R>>,
}

/// With what a watch begins.
pub(in crate::projections::watch) enum Begin<R: ReadModel> {
    /// All of its rows.
    With(States<R>),
    /// The rows that have changed since its token.
    Resume(Vec<Arc<State<R>>>),
}

/// Reads the rows that have changed, and those of the watches that join.
pub(super) async fn read<S: ReadModelStore, R: ReadModel>(
    engine: &ProjectionEngine<S>,
    keys: &Keys,
    changed: &[&str],
    joining: &[Joining],
    missed: &[Missed],
) -> Result<Read<R>, RowsError> {
    let mut wanted: BTreeSet<&str> = changed.iter().copied().collect();
    for (joining, missed) in joining.iter().zip(missed) {
        wanted.extend(texts(joining, missed));
    }
    let wanted: Vec<&str> = wanted.into_iter().collect();
    let mut found: BTreeMap<&str, Arc<State<R>>> = BTreeMap::new();
    for some in wanted.chunks(READS) {
        let states = try_join_all(some.iter().map(|text| read_state(engine, keys, text))).await?;
        found.extend(some.iter().copied().zip(states).filter_map(|(text, state)| Some((text, state?))));
    }
    let is_of_all = |(joining, missed): (&Joining, &Missed)| joining.keys.is_none() && missed.is_none();
    let all = match joining.iter().zip(missed).any(is_of_all) {
        true => read_all(engine, keys).await?,
        false => Arc::new([]),
    };
    let of = |texts: &mut dyn Iterator<Item = &str>| -> Vec<Arc<State<R>>> {
        texts.filter_map(|text| found.get(text).cloned()).collect()
    };
    let begins = joining.iter().zip(missed).map(|(joining, missed)| {
        let mut states = of(&mut texts(joining, missed));
        match (missed, &joining.keys) {
            (Some(_), _) => Begin::Resume(states),
            (None, Some(_)) => {
                states.retain(|state| state.row.is_some());
                Begin::With(states.into())
            }
            (None, None) => Begin::With(Arc::clone(&all)),
        }
    });
    Ok(Read { joining: begins.collect(), changed: of(&mut changed.iter().copied()) })
}

/// The keys of the rows that are read one by one for a watch that joins.
fn texts<'a>(joining: &'a Joining, missed: &'a Missed) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match (missed, &joining.keys) {
        (Some(missed), None) => Box::new(missed.iter().map(String::as_str)),
        (Some(missed), Some(keys)) => {
            Box::new(keys.iter().map(|key| &**key).filter(|key| missed.contains(*key)))
        }
        (None, Some(keys)) => Box::new(keys.iter().map(|key| &**key)),
        (None, None) => Box::new(std::iter::empty()),
    }
}

/// The row with this key. `None` if no row can have it.
async fn read_state<S: ReadModelStore, R: ReadModel>(
    engine: &ProjectionEngine<S>,
    keys: &Keys,
    text: &str,
) -> Result<Option<Arc<State<R>>>, RowsError> {
    let (Ok(object), Ok(key)) = (keys.object(text), serde_json::from_str(text)) else { return Ok(None) };
    let found = engine.store.find_row(&keys.table, &object).await.map_err(RowsError::from);
    let row = found.and_then(|row| row.map(|row| read_row::<R>(&row)).transpose());
    let row = engine.explained::<R, _>(row).await?.map(Arc::new);
    Ok(Some(Arc::new(State { text: text.into(), key, row })))
}

async fn read_all<S: ReadModelStore, R: ReadModel>(
    engine: &ProjectionEngine<S>,
    keys: &Keys,
) -> Result<States<R>, RowsError> {
    let found = engine.store.all_rows(&keys.table).await.map_err(RowsError::from);
    let rows =
        found.and_then(|rows| rows.iter().map(|row| read_row::<R>(row)).collect::<Result<Vec<R>, _>>());
    let rows = engine.explained::<R, _>(rows).await?;
    let states = rows.into_iter().map(|row| {
        let key = row.row_key();
        let text = keys.text_of(&key)?.into();
        Ok(Arc::new(State { text, key, row: Some(Arc::new(row)) }))
    });
    states.collect::<Result<Vec<_>, RowsError>>().map(Arc::from)
}
