//! Appends that keep read models with them.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use super::{
    Inner,
    append::Outcomes,
    consumer::{Consumer, Fault, guarded},
};
use crate::store::{
    Append, AppendError, DependentAppends, GenerationId, ProjectionStore, Receipt, StoreError,
};

/// How often an append is tried that another transaction got in the way of.
const CONTENTIONS: usize = 20;
/// How often the projections that commit with the events may change while one append is tried.
const CHANGES: usize = 5;

/// The way of an append into the store. Without a bound on the store, so that an event source can hold one for
/// any.
#[async_trait]
pub(crate) trait AppendPath<S>: Send + Sync {
    async fn append_each(&self, source: &Arc<Inner<S>>, appends: Vec<Append>) -> Outcomes;
}

/// A projection that commits with the events just now.
#[derive(Clone)]
struct Active<S> {
    generation: GenerationId,
    consumer: Arc<dyn Consumer<S>>,
}

/// Appends together with what [`EventSourceBuilder::inline`](super::EventSourceBuilder::inline) registered, as
/// far as the store says that it commits with the events. What the store said is remembered until it refuses an
/// append for it.
pub(crate) struct InlineAppends<S> {
    active: RwLock<Option<Arc<Vec<Active<S>>>>>,
}

impl<S> Default for InlineAppends<S> {
    fn default() -> Self {
        Self { active: RwLock::default() }
    }
}

enum InlineFailure {
    /// The store knows of other projections that commit with the events.
    Changed(AppendError),
    /// Another transaction was preferred.
    Contended(AppendError),
    Final(AppendError),
}

#[async_trait]
impl<S: ProjectionStore> AppendPath<S> for InlineAppends<S> {
    async fn append_each(&self, source: &Arc<Inner<S>>, appends: Vec<Append>) -> Outcomes {
        let mut outcomes = Vec::with_capacity(appends.len());
        let mut dependent = DependentAppends::new();
        for append in appends {
            outcomes.push(dependent.append(append, |append| self.append(source, append)).await);
        }
        outcomes
    }
}

impl<S: ProjectionStore> InlineAppends<S> {
    async fn append(&self, source: &Arc<Inner<S>>, append: Append) -> Result<Vec<Receipt>, AppendError> {
        let (mut changes, mut contentions) = (0, 0);
        loop {
            let known = self.active.read().unwrap_or_else(PoisonError::into_inner).clone();
            let active = match known {
                Some(active) => active,
                None => self.ask(source).await?,
            };
            // On a task of its own: a caller who goes away does not leave half of it.
            let (source, again) = (Arc::clone(source), append.clone());
            let outcome = tokio::spawn(async move {
                match active.is_empty() {
                    true => source.store.append(again).await.map_err(InlineFailure::from),
                    false => append_with(&source, again, &active).await,
                }
            });
            match outcome.await {
                Ok(Ok(receipts)) => return Ok(receipts),
                Ok(Err(InlineFailure::Changed(_))) if changes < CHANGES => {
                    changes += 1;
                    *self.active.write().unwrap_or_else(PoisonError::into_inner) = None;
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
                // The runtime has ended, perhaps in the midst of the commit.
                Err(cancelled) => {
                    let (append, source) = (Box::new(append), Box::new(cancelled));
                    return Err(AppendError::OutcomeUnknown { append, source });
                }
            }
        }
    }
}

impl<S: ProjectionStore> InlineAppends<S> {
    /// Asks which projections commit with the events, all of which this program must have.
    async fn ask(&self, source: &Arc<Inner<S>>) -> Result<Arc<Vec<Active<S>>>, AppendError> {
        let mut active = Vec::new();
        let mut unknown = Vec::new();
        for generation in source.store.generations().await?.into_iter().filter(|it| it.inline) {
            let mine = |it: &&Arc<dyn Consumer<S>>| {
                let definition = it.definition();
                definition.name == generation.name && definition.version == generation.version
            };
            match source.consumers.iter().find(mine) {
                Some(consumer) => {
                    active.push(Active { generation: generation.id, consumer: Arc::clone(consumer) });
                }
                None => unknown.push(format!("{} (version {})", generation.name, generation.version)),
            }
        }
        if !unknown.is_empty() {
            return Err(AppendError::Inline { projections: unknown });
        }
        let active = Arc::new(active);
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&active));
        Ok(active)
    }
}

async fn append_with<S: ProjectionStore>(
    source: &Inner<S>,
    append: Append,
    active: &[Active<S>],
) -> Result<Vec<Receipt>, InlineFailure> {
    let store = &source.store;
    let generations: Vec<_> = active.iter().map(|it| it.generation).collect();
    let (mut transaction, receipts, events) = store.begin_append(append.clone(), &generations).await?;
    for Active { generation, consumer } in active.iter().filter(|_| !events.is_empty()) {
        let applied = async {
            store.enter(&mut transaction, *generation).await?;
            consumer.apply_inline(&events, &mut transaction).await
        };
        let fault = match guarded(applied).await {
            Ok(()) => continue,
            Err(fault) => fault,
        };
        let projection = consumer.definition().name.clone();
        let Fault::Failed(error) = fault else {
            // Dropped and not rolled back: nobody knows in which state the panic left it.
            drop(transaction);
            let source = fault.to_string().into();
            return Err(InlineFailure::Final(AppendError::Projection { projection, source }));
        };
        let (away, contended) = (store.is_outage(&error), store.is_contended(&error));
        let action = "applying a projection with the events";
        if let Err(error) = store.roll_back(transaction).await {
            return Err(InlineFailure::Final(error.into()));
        }
        let source = error.into_inner();
        return Err(if away {
            InlineFailure::Final(StoreError::Unavailable { action, source }.into())
        } else if contended {
            InlineFailure::Contended(StoreError::Contended { action, source }.into())
        } else {
            InlineFailure::Final(AppendError::Projection { projection, source })
        });
    }
    match store.commit(transaction).await {
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

impl From<AppendError> for InlineFailure {
    fn from(error: AppendError) -> Self {
        match error {
            error @ AppendError::Inline { .. } => Self::Changed(error),
            error @ AppendError::Store(StoreError::Contended { .. }) => Self::Contended(error),
            error => Self::Final(error),
        }
    }
}
