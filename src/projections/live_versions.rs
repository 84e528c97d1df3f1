//! Which versions of the read models are live, as far as this process knows, and what a program with another version is
//! told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{ProjectionEngine, consumer::Consumer};
use crate::store::{Generation, GenerationState, OtherVersion, ProjectionKind, ProjectionStore, StoreError};

/// How long a query relies on the versions that were read last. Workers read them with each heartbeat, so that queries
/// need no call of their own.
const RELIABLE: Duration = Duration::from_secs(10);

/// The versions that were live when the store was read last.
#[derive(Default)]
pub(crate) struct LiveVersions(Mutex<Known>);

#[derive(Default)]
struct Known {
    read_at: Option<Instant>,
    live: HashMap<String, u32>,
    /// The live versions that this process has warned of.
    warned: HashMap<String, u32>,
}

impl LiveVersions {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a query for this version has to read the store first. Of concurrent queries, one does.
    fn must_read(&self, name: &str, version: u32) -> bool {
        let mut known = self.known();
        let is_old = known.read_at.is_none_or(|read_at| read_at.elapsed() > RELIABLE);
        if is_old {
            known.read_at = Some(Instant::now());
        }
        is_old || known.live.get(name).is_some_and(|live| *live > version)
    }
}

impl<S: ProjectionStore> ProjectionEngine<S> {
    /// Remembers which versions are live, and warns once of each that replaces a version of this program.
    pub(super) fn note_live(&self, generations: &[Generation]) {
        let live = generations.iter().filter(|it| it.state == GenerationState::Live);
        let mut known = self.live_versions.known();
        known.read_at = Some(Instant::now());
        known.live = live.map(|it| (it.name.clone(), it.version)).collect();
        let definitions = self.consumers.iter().map(|it| it.definition());
        for definition in definitions.filter(|it| it.kind != ProjectionKind::Handler) {
            let other = OtherVersion::among(&definition.name, definition.version, generations);
            match other.filter(|other| other.live > other.version) {
                None => _ = known.warned.remove(&definition.name),
                Some(other) => {
                    if known.warned.insert(definition.name.clone(), other.live) != Some(other.live) {
                        tracing::warn!(
                            projection = other.name,
                            version = other.version,
                            live = other.live,
                            "{other}; this program does not process it"
                        );
                    }
                }
            }
        }
    }

    /// Checks that no later version than this program's is live. Reads the store only if the versions that were read
    /// last are old, or say so. If the store cannot be read, the query itself says it.
    pub(super) async fn check_version(&self, name: &str, declared: u32) -> Result<(), OtherVersion> {
        let version = version_of(&self.consumers, name).unwrap_or(declared);
        if !self.live_versions.must_read(name, version) {
            return Ok(());
        }
        match self.other_version(name, version).await {
            Ok(Some(other)) if other.live > version => Err(other),
            _ => Ok(()),
        }
    }

    /// The live version, if it is another one than this program's: the reason why a query failed.
    pub(super) async fn other_version_than(&self, name: &str, declared: u32) -> Option<OtherVersion> {
        let version = version_of(&self.consumers, name).unwrap_or(declared);
        self.other_version(name, version).await.ok().flatten()
    }

    async fn other_version(&self, name: &str, version: u32) -> Result<Option<OtherVersion>, StoreError> {
        let generations = self.store.generations().await?;
        self.note_live(&generations);
        Ok(OtherVersion::among(name, version, &generations))
    }
}

/// The version of a projection that this program has registered.
pub(super) fn version_of<S>(consumers: &[Arc<dyn Consumer<S>>], name: &str) -> Option<u32> {
    let definition = consumers.iter().map(|it| it.definition()).find(|it| it.name == name)?;
    (definition.kind != ProjectionKind::Handler).then_some(definition.version)
}
