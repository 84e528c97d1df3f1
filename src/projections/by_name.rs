//! The projections that an operation finds by their name.

use std::{collections::BTreeSet, fmt};

use super::engine::ProjectionEngine;
use crate::store::{Escaped, Generation, GenerationState, ProjectionStore, StoreError};

/// Neither the store nor this program has a projection of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no projection `{name}`; {}", there_are(known), name = Escaped(name))]
#[non_exhaustive]
pub struct UnknownProjection {
    /// The name.
    pub name: String,
    /// The names of the projections that the store or this program has, in order.
    pub known: Vec<String>,
}

/// Why an operation on a projection was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperateError {
    /// There is no projection of this name.
    #[error(transparent)]
    Unknown(#[from] UnknownProjection),
    /// The store could not be read or written.
    #[error("the operation may have been carried out only in part; repeat it once the store is back")]
    Store(#[from] StoreError),
}

impl OperateError {
    /// Whether the same operation may succeed later without any intervention.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Store(error) => error.is_retryable(),
        }
    }
}

fn there_are(known: &[String]) -> impl fmt::Display {
    match known {
        [] => "register it, and start the event source".to_owned(),
        known => format!("there are `{}`", Escaped(known.join("`, `"))),
    }
}

impl<S: ProjectionStore> ProjectionEngine<S> {
    /// All generations of a projection; there are none before it is started for the first time.
    pub(super) async fn generations_of(&self, name: &str) -> Result<Vec<Generation>, OperateError> {
        let mut generations = self.store.generations().await?;
        if !self.known(&generations).contains(name) {
            return Err(self.unknown(name, &generations).into());
        }
        generations.retain(|it| it.name == name);
        Ok(generations)
    }

    pub(super) fn unknown(&self, name: &str, generations: &[Generation]) -> UnknownProjection {
        let known = self.known(generations).into_iter().map(str::to_owned).collect();
        UnknownProjection { name: name.to_owned(), known }
    }

    fn known<'a>(&'a self, generations: &'a [Generation]) -> BTreeSet<&'a str> {
        let registered = self.consumers.iter().map(|it| it.definition().name.as_str());
        generations.iter().map(|it| it.name.as_str()).chain(registered).collect()
    }

    /// The live generation of a projection; there is none before it is started for the first time.
    pub(super) async fn live_or_unknown(&self, name: &str) -> Result<Option<Generation>, OperateError> {
        let generations = self.generations_of(name).await?;
        Ok(generations.into_iter().find(|it| it.state == GenerationState::Live))
    }
}
