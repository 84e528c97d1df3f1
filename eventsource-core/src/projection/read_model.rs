//! Keyed rows, folded from events.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{FailurePolicy, key::Keys};
use crate::{EventSet, Recorded, store::ReadModelTable};

/// A row of a read model. Derive it:
///
/// `#[derive(Serialize, Deserialize, ReadModel)]` on a struct with named fields, of which at least one is marked
/// `#[read_model(key)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of a read model",
    label = "not a row of a read model",
    note = "write `#[derive(Serialize, Deserialize, ReadModel)]` and `#[read_model(table = \"…\")]` on the struct"
)]
pub trait ReadModel: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// The key: the type of the field marked as the key, or the tuple of those types in the order of the
    /// fields.
    type Key: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static;

    /// The table, and the name of the projection.
    const TABLE: &'static str;

    /// The version of the rows, from 1.
    const VERSION: u32;

    /// The number of partitions, by hash of the key.
    const PARTITIONS: u32;

    /// The table and its columns.
    fn table() -> ReadModelTable;

    /// The key of this row.
    fn row_key(&self) -> Self::Key;

    /// The projection that maintains these rows. Register it with an event source.
    fn projection<E>() -> ReadModelProjection<Self, E>
    where
        E: EventSet,
        Self: FoldMany<E>,
    {
        ReadModelProjection {
            on_failure: FailurePolicy::default(),
            keys: Arc::new(Keys::of(Self::table())),
            rows: PhantomData,
        }
    }
}

/// How a row is folded from events. A pure function of the row and the event.
///
/// A row has one `Fold` as a rule: with two, `R::projection()` is ambiguous, and each would be a projection of the same
/// name. For several event sets, derive `EventSet` on an enum of them, and fold that.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fold these events",
    label = "no `Fold` of the events for this row",
    note = "write `impl Fold<AccountEvent> for {Self}`, with your event set in place of `AccountEvent`"
)]
pub trait Fold<E>: ReadModel {
    /// The key of the row that the event changes; `None` if it concerns no row.
    fn key(event: &Recorded<E>) -> Option<Self::Key>;

    /// The change that the event makes to the row. `row` is `None` if there is no row with this key yet.
    ///
    /// `row` is read from its stored form, also if the event before this one was folded just now: a time has no
    /// fractions of a microsecond, and a field that serde skips has its default. A returned row that cannot be stored
    /// and read back is a [`FoldError`](crate::projection::FoldError) of this event.
    fn fold(row: Option<Self>, event: &Recorded<E>) -> Change<Self>;
}

/// How several rows are folded from one event: an order with lines changes a row of each product. Pure functions, as
/// with [`Fold`], which is this trait with at most one key.
///
/// The rows of an event are independent of each other. Each is folded on its own, belongs to the partition of its own
/// key, and is parked under its own key: see [`keys`](Self::keys).
///
/// ```
/// use eventsource::{FoldMany, prelude::*};
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event(category = "order")]
/// enum OrderEvent { Placed { lines: Vec<Line> } }
///
/// #[derive(Serialize, Deserialize, Schema)]
/// struct Line { product: String, pieces: u64 }
///
/// #[derive(Clone, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "sales")]
/// struct Sales { #[read_model(key)] product: String, pieces: u64 }
///
/// impl FoldMany<OrderEvent> for Sales {
///     fn keys(event: &Recorded<OrderEvent>) -> Vec<String> {
///         let OrderEvent::Placed { lines } = &event.event;
///         lines.iter().map(|line| line.product.clone()).collect()
///     }
///
///     // Called once for each product of the order, also for one with several lines.
///     fn fold(product: &String, row: Option<Self>, event: &Recorded<OrderEvent>) -> Change<Self> {
///         let OrderEvent::Placed { lines } = &event.event;
///         let sold: u64 = lines.iter().filter(|line| line.product == *product).map(|line| line.pieces).sum();
///         let before = row.map_or(0, |row| row.pieces);
///         Change::Put(Self { product: product.clone(), pieces: before + sold })
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fold these events",
    label = "no `Fold` of the events for this row",
    note = "write `impl Fold<AccountEvent> for {Self}`, with your event set in place of `AccountEvent`",
    note = "if one event changes several rows, write `impl FoldMany<AccountEvent> for {Self}` instead"
)]
pub trait FoldMany<E>: ReadModel {
    /// The keys of the rows that the event changes, in any order; none if it concerns no row. A key that is returned
    /// twice counts once.
    ///
    /// With one partition, and inline, all of these rows are committed in one transaction. With several partitions,
    /// each row is committed with the partition of its key, so for a moment some rows have the event and others do
    /// not.
    ///
    /// If the fold of one row fails, and the policy is [`Stop`](crate::OnFailure::Stop), the partition stops before the
    /// event, and none of its rows has it. With [`Park`](crate::OnFailure::Park) the event is parked for the row that
    /// fails, with the later events of that row, and it is applied to the other rows: each row still has its own events
    /// in order.
    fn keys(event: &Recorded<E>) -> Vec<Self::Key>;

    /// The change that the event makes to the row with this key; otherwise as [`Fold::fold`].
    fn fold(key: &Self::Key, row: Option<Self>, event: &Recorded<E>) -> Change<Self>;
}

impl<R: Fold<E>, E> FoldMany<E> for R {
    fn keys(event: &Recorded<E>) -> Vec<R::Key> {
        R::key(event).into_iter().collect()
    }

    fn fold(_: &R::Key, row: Option<R>, event: &Recorded<E>) -> Change<R> {
        <R as Fold<E>>::fold(row, event)
    }
}

/// A change to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<R> {
    /// The row stays unchanged, or missing.
    Keep,
    /// This row replaces it. It must have the key that [`Fold::key`] returned, or for which
    /// [`FoldMany::fold`] was called.
    Put(R),
    /// The row is deleted, if it exists.
    Delete,
}

/// The projection that folds events `E` into rows `R`; see [`ReadModel::projection`].
pub struct ReadModelProjection<R, E> {
    pub(super) on_failure: FailurePolicy,
    pub(super) keys: Arc<Keys>,
    rows: PhantomData<fn(E) -> R>,
}

impl<R, E> ReadModelProjection<R, E> {
    /// Sets what happens when folding or writing fails.
    #[must_use]
    pub fn on_failure(self, on_failure: FailurePolicy) -> Self {
        Self { on_failure, ..self }
    }
}

impl<R, E> Clone for ReadModelProjection<R, E> {
    fn clone(&self) -> Self {
        Self { on_failure: self.on_failure, keys: Arc::clone(&self.keys), rows: PhantomData }
    }
}

impl<R: ReadModel, E> fmt::Debug for ReadModelProjection<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadModelProjection").field("table", &R::TABLE).finish_non_exhaustive()
    }
}
