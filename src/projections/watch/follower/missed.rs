//! What watches have missed that resume after a token.

use std::collections::BTreeMap;

use super::{Follower, Look, rows::Missed};
use crate::{
    Position, ReadModel,
    projections::watch::changes::{MOST_EVENTS, changes},
    store::{ReadModelStore, StoreError},
};

impl<S: ReadModelStore, R: ReadModel> Follower<S, R> {
    /// What each watch that joins has missed, given what has changed since the own position.
    pub(super) async fn missed(
        &self,
        look: &Look,
        changed: &BTreeMap<String, Position>,
        up_to: Position,
    ) -> Result<Vec<Missed>, StoreError> {
        let resumes = self.joining.iter().map(|joining| {
            let token = joining.after.filter(|it| it.generation == look.generation && !it.has_parked);
            token.map(|token| token.position)
        });
        let mut after: Vec<Option<Position>> = resumes.collect();
        // Another process may know of a higher position. Above the end of the log are events that the server has lost, and
        // the watch has seen.
        if after.iter().flatten().any(|at| *at > up_to) {
            let horizon = self.engine.horizon_from(up_to).await?;
            after.iter_mut().for_each(|at| *at = at.filter(|at| *at <= horizon));
        }
        let (known_after, earlier) = self.earlier(look, &after).await?;
        let missed = |after: Option<Position>| {
            let after = after.filter(|after| *after >= known_after)?;
            let all = earlier.iter().chain(changed);
            Some(all.filter(|(_, at)| **at > after).map(|(key, _)| key.clone()).collect())
        };
        Ok(after.into_iter().map(missed).collect())
    }

    /// The rows that have changed up to the own position, and since when that is known: since the first of these positions,
    /// or if too much has happened since then, since the first recent one.
    async fn earlier(
        &self,
        look: &Look,
        after: &[Option<Position>],
    ) -> Result<(Position, BTreeMap<String, Position>), StoreError> {
        let recent = Position::new(self.position.get().saturating_sub(MOST_EVENTS as u64));
        for least in [Position::START, recent] {
            let wanted = after.iter().flatten().filter(|at| (least..self.position).contains(*at));
            let Some(first) = wanted.min() else { break };
            let found =
                changes(&*self.engine.store, &self.consumer, look, *first, Some(self.position)).await?;
            if let Some(keys) = found.keys {
                return Ok((*first, keys));
            }
        }
        Ok((self.position, BTreeMap::new()))
    }
}
