//! Creating the generations that a program needs and the store does not have.

use std::{fmt, sync::Arc};

use crate::{
    ProjectionError,
    source::{
        Inner,
        consumer::{Consumer, guarded, is_inline},
    },
    store::{GenerationId, GenerationRequest, ProjectionStore, StoreError},
};

/// Why projections did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// Two registered projections have the same name.
    SameName {
        /// The name.
        name: String,
    },
    /// The tables of a projection could not be created.
    Setup {
        /// The projection.
        projection: String,
        /// The error of `setup`.
        source: ProjectionError,
    },
    /// The existing tables do not match the projection.
    Table {
        /// The projection.
        projection: String,
        /// The fault, with the table and the column.
        source: ProjectionError,
    },
    /// The store could not be read or written.
    Store(StoreError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameName { name } => {
                write!(f, "two projections have the name `{name}`; rename one of them")
            }
            Self::Setup { projection, .. } => {
                write!(f, "could not create the tables of projection `{projection}`")
            }
            Self::Table { projection, .. } => {
                write!(f, "the existing tables do not match projection `{projection}`")
            }
            Self::Store(_) => f.write_str("could not start the projections"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::SameName { .. } => None,
            Self::Setup { source, .. } | Self::Table { source, .. } => Some(source.inner()),
            Self::Store(source) => Some(source),
        }
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) async fn register<S: ProjectionStore>(source: &Arc<Inner<S>>) -> Result<(), StartError> {
    let consumers = &source.consumers;
    for (index, consumer) in consumers.iter().enumerate() {
        let name = &consumer.definition().name;
        if consumers[..index].iter().any(|other| other.definition().name == *name) {
            return Err(StartError::SameName { name: name.clone() });
        }
    }
    for consumer in consumers {
        make_generation(&source.store, consumer, GenerationRequest::Start).await?;
    }
    for generation in source.store.generations().await? {
        // Programs with the later version could not append while an earlier version is inline. Programs with the
        // earlier version do not promote it again while this program runs.
        let later = |it: &Arc<dyn Consumer<S>>| {
            it.definition().name == generation.name && it.definition().version > generation.version
        };
        if generation.inline && consumers.iter().any(later) {
            source.store.demote(generation.id).await?;
            continue;
        }
        let supported = |it: &&Arc<dyn Consumer<S>>| {
            it.definition().name == generation.name && it.definition().version == generation.version
        };
        let Some(consumer) = consumers.iter().find(supported) else { continue };
        let check = guarded(consumer.check(&source.store, generation.id)).await;
        check.map_err(|fault| StartError::Table {
            projection: generation.name.clone(),
            source: fault.into(),
        })?;
        if generation.inline && !is_inline(consumer.definition()) {
            source.store.demote(generation.id).await?;
        }
        if generation.checkpoints.iter().any(|checkpoint| checkpoint.stopped.is_some()) {
            source.store.resume(generation.id).await?;
        }
    }
    Ok(())
}

/// Creates a generation with its tables, if one is needed.
pub(crate) async fn make_generation<S: ProjectionStore>(
    store: &S,
    consumer: &Arc<dyn Consumer<S>>,
    request: GenerationRequest,
) -> Result<Option<GenerationId>, StartError> {
    let definition = consumer.definition();
    let Some((id, mut transaction)) = store.begin_generation(definition, request).await? else {
        return Ok(None);
    };
    let failed = |source| StartError::Setup { projection: definition.name.clone(), source };
    match guarded(consumer.setup(&mut transaction)).await {
        Ok(()) => {
            store.commit(transaction).await?;
            tracing::info!(
                projection = definition.name,
                version = definition.version,
                generation = id.get(),
                "created a generation"
            );
            Ok(Some(id))
        }
        Err(crate::source::consumer::Fault::Failed(error)) => {
            store.roll_back(transaction).await?;
            Err(failed(error))
        }
        Err(fault) => {
            drop(transaction);
            Err(failed(fault.into()))
        }
    }
}
