//! Appends that update inline projections in the same transaction.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use super::consumer::{Consumer, Consumers, Fault, consumer_of, guarded, version_of};
use crate::{
    ProjectionError, RecordedEvent,
    commands::{AppendPath, Outcomes},
    store::{
        Append, AppendError, DependentAppends, GenerationId, OtherVersion, ProjectionStore, Receipt,
        StoreError, StoreTransaction,
    },
};

/// How often an append is retried after another transaction contended with it.
const CONTENTIONS: usize = 20;
/// How often the set of inline projections may change while one append is tried.
const CHANGES: usize = 5;

/// A projection that is inline at the moment.
#[derive(Clone)]
struct Active<S> {
    generation: GenerationId,
    consumer: Arc<dyn Consumer<S>>,
}

/// Appends events and updates the projections that were registered with
/// [`EventSourceBuilder::inline`](crate::EventSourceBuilder::inline), as far as they are inline in the store. The
/// list of inline projections is cached until the store refuses an append because the list has changed.
pub(crate) struct InlineAppends<S> {
    store: Arc<S>,
    consumers: Consumers<S>,
    active: RwLock<Option<Arc<Vec<Active<S>>>>>,
}

/// Makes the path of appends of an event source whose projections include inline ones.
pub(crate) type MakeAppendPath<S> =
    fn(&Arc<S>, &Consumers<S>) -> (Arc<InlineAppends<S>>, Arc<dyn AppendPath>);

pub(crate) fn append_path<S: ProjectionStore>(
    store: &Arc<S>,
    consumers: &Consumers<S>,
) -> (Arc<InlineAppends<S>>, Arc<dyn AppendPath>) {
    let (store, consumers) = (Arc::clone(store), Arc::clone(consumers));
    let inline = Arc::new(InlineAppends { store, consumers, active: RwLock::default() });
    (Arc::clone(&inline), inline)
}

enum InlineFailure {
    /// The store has other inline projections than the append.
    Changed(AppendError),
    /// Another transaction contended with the append and won.
    Contended(AppendError),
    Final(AppendError),
}

#[async_trait]
impl<S: ProjectionStore> AppendPath for InlineAppends<S> {
    async fn append_each(&self, appends: Vec<Append>) -> Outcomes {
        let mut outcomes = Vec::with_capacity(appends.len());
        let mut dependent = DependentAppends::new();
        for append in appends {
            outcomes.push(dependent.append(append, |append| self.append(append)).await);
        }
        outcomes
    }
}

impl<S: ProjectionStore> InlineAppends<S> {
    async fn append(&self, append: Append) -> Result<Vec<Receipt>, AppendError> {
        let (mut changes, mut contentions) = (0, 0);
        loop {
            let active = self.active().await?;
            // On a separate task: a caller that is dropped does not leave the append half done.
            let (store, again) = (Arc::clone(&self.store), append.clone());
            let outcome = tokio::spawn(async move {
                match active.is_empty() {
                    true => store.append(again).await.map_err(InlineFailure::from),
                    false => append_with(&*store, again, &active).await,
                }
            });
            match outcome.await {
                Ok(Ok(receipts)) => return Ok(receipts),
                Ok(Err(InlineFailure::Changed(_))) if changes < CHANGES => {
                    changes += 1;
                    self.forget();
                }
                Ok(Err(InlineFailure::Contended(_))) if contentions < CONTENTIONS => contentions += 1,
                Ok(Err(
                    InlineFailure::Changed(error)
                    | InlineFailure::Contended(error)
                    | InlineFailure::Final(error),
                )) => {
                    return Err(error);
                }
                Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
                // The runtime was shut down, possibly during the commit.
                Err(cancelled) => {
                    let (append, source) = (Box::new(append), Box::new(cancelled));
                    return Err(AppendError::OutcomeUnknown { append, source });
                }
            }
        }
    }
}

impl<S: ProjectionStore> InlineAppends<S> {
    /// The inline projections, as far as they are known.
    async fn active(&self) -> Result<Arc<Vec<Active<S>>>, AppendError> {
        let known = self.active.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(active) => Ok(active),
            None => self.read_active().await,
        }
    }

    /// The store has refused an append: other projections are inline.
    fn forget(&self) {
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Reads from the store which projections are inline. This program must have registered all of them.
    async fn read_active(&self) -> Result<Arc<Vec<Active<S>>>, AppendError> {
        let generations = self.store.generations().await?;
        let mut active = Vec::new();
        let mut unknown = Vec::new();
        for generation in generations.iter().filter(|it| it.inline) {
            let reads_all = |it: &&Arc<dyn Consumer<S>>| {
                generation.event_types.unread_by(&it.definition().event_types).next().is_none()
            };
            match consumer_of(&self.consumers, generation).filter(reads_all) {
                Some(consumer) => {
                    active.push(Active { generation: generation.id, consumer: Arc::clone(consumer) });
                }
                None => unknown.push(generation),
            }
        }
        let superseded = unknown.iter().find_map(|it| {
            let version = version_of(&self.consumers, &it.name).filter(|version| *version < it.version)?;
            OtherVersion::among(&it.name, version, &generations)
        });
        if let Some(other) = superseded {
            return Err(AppendError::Superseded(other));
        }
        if !unknown.is_empty() {
            let names = unknown.iter().map(|it| format!("{} (version {})", it.name, it.version));
            return Err(AppendError::Inline { projections: names.collect() });
        }
        let active = Arc::new(active);
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&active));
        Ok(active)
    }
}

async fn append_with<S: ProjectionStore>(
    store: &S,
    append: Append,
    active: &[Active<S>],
) -> Result<Vec<Receipt>, InlineFailure> {
    let generations: Vec<_> = active.iter().map(|it| it.generation).collect();
    let (mut transaction, receipts, events) = store.begin_append(append.clone(), &generations).await?;
    match apply(active, &events, &mut transaction).await {
        Ok(()) => {}
        Err((projection, Fault::Failed(error))) => {
            let (outage, contended) = (store.is_outage(&error), store.is_contended(&error));
            let action = "applying an inline projection";
            if let Err(error) = transaction.roll_back().await {
                return Err(InlineFailure::Final(error.into()));
            }
            let source = error.into_inner();
            return Err(if outage {
                InlineFailure::Final(StoreError::Unavailable { action, source }.into())
            } else if contended {
                InlineFailure::Contended(StoreError::Contended { action, source }.into())
            } else {
                InlineFailure::Final(AppendError::Projection { projection, source })
            });
        }
        Err((projection, fault)) => {
            // Dropped and not rolled back: the state in which the panic left it is unknown.
            drop(transaction);
            let source = fault.to_string().into();
            return Err(InlineFailure::Final(AppendError::Projection { projection, source }));
        }
    }
    match transaction.commit().await {
        Ok(()) => Ok(receipts),
        Err(StoreError::Contended { action, source }) => {
            Err(InlineFailure::Contended(StoreError::Contended { action, source }.into()))
        }
        // A deferred constraint.
        Err(error @ StoreError::Backend { .. }) => Err(InlineFailure::Final(error.into())),
        Err(error) => {
            let (append, source) = (Box::new(append), Box::new(error));
            Err(InlineFailure::Final(AppendError::OutcomeUnknown { append, source }))
        }
    }
}

/// Updates the inline projections within the transaction of an append. A failure is returned with the name of the
/// projection.
async fn apply<S: ProjectionStore>(
    active: &[Active<S>],
    events: &[RecordedEvent],
    transaction: &mut S::Transaction,
) -> Result<(), (String, Fault)> {
    for Active { generation, consumer } in active.iter().filter(|_| !events.is_empty()) {
        let applied = async {
            transaction.enter(*generation).await?;
            consumer.apply_inline(events, transaction).await
        };
        guarded(applied).await.map_err(|fault| (consumer.definition().name.clone(), fault))?;
    }
    Ok(())
}

/// Reads which projections are inline, if it is not known: within a transaction it would take a second connection.
pub(crate) async fn prepare<S: ProjectionStore>(inline: Option<&InlineAppends<S>>) -> Result<(), StoreError> {
    match inline {
        Some(inline) => match inline.active().await {
            Err(AppendError::Store(error)) => Err(error),
            // The append says what is wrong.
            Ok(_) | Err(_) => Ok(()),
        },
        None => Ok(()),
    }
}

/// Appends within the transaction of a lease, and updates the inline projections in it. After an error the transaction
/// cannot be committed.
pub(crate) async fn append_within<S: ProjectionStore>(
    inline: Option<&InlineAppends<S>>,
    append: &Append,
    transaction: &mut S::Transaction,
) -> Result<Vec<Receipt>, AppendError> {
    let active = match inline {
        Some(inline) => inline.active().await?,
        None => Arc::default(),
    };
    let generations: Vec<_> = active.iter().map(|it| it.generation).collect();
    let appended = transaction.append(append, &generations).await;
    if let (Err(AppendError::Inline { .. }), Some(inline)) = (&appended, inline) {
        // The list has changed. If this program does not have all of them, the next attempt says so.
        inline.forget();
        let (action, source) = ("appending", "other projections are inline than before".into());
        return Err(StoreError::Contended { action, source }.into());
    }
    let (receipts, events) = appended?;
    apply(&active, &events, transaction).await.map_err(|(projection, fault)| AppendError::Projection {
        projection,
        source: ProjectionError::from(fault).into_inner(),
    })?;
    Ok(receipts)
}

impl From<AppendError> for InlineFailure {
    fn from(error: AppendError) -> Self {
        match error {
            error @ AppendError::Inline { .. } => Self::Changed(error),
            error @ AppendError::Store(StoreError::Contended { .. }) => Self::Contended(error),
            error => Self::Final(error),
        }
    }
}
