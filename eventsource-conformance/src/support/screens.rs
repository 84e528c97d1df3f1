//! A page that shows the rows of a read model live.

use std::{collections::BTreeMap, sync::Arc};

use eventsource::{
    Change, Fold, Position, ReadModel, Recorded,
    projections::{Filter, Watch, WatchToken, Watched},
    store::ReadModelStore,
};
use futures_util::{FutureExt, StreamExt};
use serde::{Deserialize, Serialize};

use super::{Program, TallyEvent, UNLUCKY, at_once};

/// Deletes the pile.
pub(crate) const CLEARED: u64 = 99;
/// Leaves the pile unchanged.
pub(crate) const UNSEEN: u64 = 50;

/// A row per tally, which is deleted and made again, or whose fold fails, by amounts of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "piles", partitions = 3)]
pub(crate) struct Pile {
    #[read_model(key)]
    pub(crate) tally: String,
    pub(crate) total: u64,
    /// The version of the last event.
    pub(crate) version: u64,
}

impl Fold<TallyEvent> for Pile {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        Some(event.context.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
        let TallyEvent::Added { amount } = event.event else { return Change::Keep };
        let mut tally = event.context.aggregate_id().to_owned();
        match amount {
            CLEARED => return Change::Delete,
            UNSEEN => return Change::Keep,
            // Not the key that the event has.
            UNLUCKY => tally.push('?'),
            _ => {}
        }
        let total = row.map_or(0, |row| row.total) + amount;
        Change::Put(Self { tally, total, version: event.context.version.get() })
    }
}

/// Shows what a watch reports, and checks that it never goes back.
pub(crate) struct Screen {
    watch: Watch<Pile>,
    pub(crate) rows: BTreeMap<String, Arc<Pile>>,
    /// What was reported, in order, without rows that were reported again in the state that is shown: a row may have been read
    /// before the position includes its last event.
    pub(crate) reports: Vec<String>,
    pub(crate) token: Option<WatchToken>,
    /// The versions that were shown at each position.
    pub(crate) moments: Vec<(Position, BTreeMap<String, u64>)>,
    newest: BTreeMap<String, u64>,
}

impl Screen {
    pub(crate) fn of<S: ReadModelStore>(program: &Program<S>, filter: Filter<Pile>) -> Self {
        Self::after(program, filter, None)
    }

    pub(crate) fn after<S: ReadModelStore>(
        program: &Program<S>,
        filter: Filter<Pile>,
        token: Option<WatchToken>,
    ) -> Self {
        let watch = program.watch::<Pile>(filter).after(token);
        let (rows, newest) = (BTreeMap::new(), BTreeMap::new());
        Self { watch, rows, reports: Vec::new(), token: None, moments: Vec::new(), newest }
    }

    /// Reads all reports up to one that the rows are as new as this position.
    pub(crate) async fn until(&mut self, position: Position) {
        while self.token.is_none_or(|token| token.position() < position) {
            self.next().await;
        }
    }

    /// Reads reports until one of them makes this true.
    pub(crate) async fn shows(&mut self, mut is_shown: impl FnMut(&Self) -> bool) {
        while !is_shown(self) {
            self.next().await;
        }
    }

    /// Reads one report.
    pub(crate) async fn next(&mut self) {
        let report = at_once("a report of a watch", self.watch.next()).await;
        self.show(report.expect("a watch does not end").expect("the rows can be read"));
    }

    /// Reads what is reported already, without waiting.
    pub(crate) fn drain(&mut self) {
        while let Some(Some(report)) = self.watch.next().now_or_never() {
            self.show(report.expect("the rows can be read"));
        }
    }

    fn show(&mut self, report: Watched<Pile>) {
        match report {
            Watched::Reset => {
                self.reports.push("reset".to_owned());
                (self.rows, self.newest, self.token) = Default::default();
            }
            Watched::Row(row) => {
                let newest = self.newest.insert(row.tally.clone(), row.version).unwrap_or(0);
                assert!(newest <= row.version, "{row:?} after version {newest}");
                if newest < row.version || !self.rows.contains_key(&row.tally) {
                    self.reports.push(format!("{}={}", row.tally, row.total));
                }
                self.rows.insert(row.tally.clone(), row);
            }
            Watched::Gone(tally) => {
                self.reports.push(format!("{tally} gone"));
                self.rows.remove(&tally);
            }
            Watched::CaughtUp(token) => {
                let before = self.token.replace(token).map(|token| token.position());
                assert!(before <= Some(token.position()), "{token} after {before:?}");
                let versions = self.rows.iter().map(|(tally, row)| (tally.clone(), row.version));
                self.moments.push((token.position(), versions.collect()));
            }
        }
    }

    /// What is shown.
    pub(crate) fn totals(&self) -> Vec<(&str, u64)> {
        self.rows.iter().map(|(tally, row)| (tally.as_str(), row.total)).collect()
    }
}
