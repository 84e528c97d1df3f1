//! What a program is told when another version of a read model is live than the one that it has.

use tokio::time::Instant;

use super::{consumer::version_of, engine::ProjectionEngine};
use crate::store::{Generation, GenerationState, OtherVersion, ProjectionStore, StoreError};

impl<S: ProjectionStore> ProjectionEngine<S> {
    /// Remembers which versions are live, and warns once of each that replaces a version of this program.
    pub(super) fn note_live(&self, generations: &[Generation]) {
        let live = generations.iter().filter(|it| it.state == GenerationState::Live);
        let mut known = self.live_versions.known();
        known.read_at = Some(Instant::now());
        known.live = live.map(|it| (it.name.clone(), it.version)).collect();
        let definitions = self.consumers.iter().map(|it| it.definition());
        for definition in definitions.filter(|it| it.kind.keeps_rows()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OnFailure,
        projections::sample::{Pages, engine, generation},
        store::ProjectionKind,
    };

    #[test]
    fn the_live_versions_are_those_of_live_generations() {
        let engine = engine(Pages::new(OnFailure::Stop).consumers(ProjectionKind::Following));
        let of = |state, version| Generation { state, version, ..generation(1, &[0]) };
        let (retired, live) = (of(GenerationState::Retired, 1), of(GenerationState::Live, 2));
        engine.note_live(&[retired, live, of(GenerationState::Building, 3)]);
        assert_eq!(engine.live_versions.known().live, [("pages".to_owned(), 2)].into());
    }

    #[test]
    fn a_program_warns_of_a_later_live_version_only() {
        let warned = |kind: ProjectionKind, versions: &[u32]| {
            let engine = engine(Pages::new(OnFailure::Stop).consumers(kind));
            for version in versions {
                engine.note_live(&[Generation { version: *version, ..generation(1, &[0]) }]);
            }
            engine.live_versions.known().warned.get("pages").copied()
        };
        let following = ProjectionKind::Following;
        assert_eq!(warned(following, &[1]), None, "its own");
        assert_eq!(warned(following, &[0]), None, "an earlier one");
        assert_eq!(warned(following, &[1, 2]), Some(2));
        assert_eq!(warned(following, &[2, 3]), Some(3));
        assert_eq!(warned(following, &[2, 1]), None, "its own is live again");
        assert_eq!(warned(ProjectionKind::Handler, &[2]), None, "nobody queries an event handler");
    }
}
