//! The answers, computed from the rows of any store. In Postgres, the statements in `sql/` return the same.

use std::{collections::BTreeMap, fmt, time::Duration};

use eventsource::prelude::*;

use super::{
    super::domain::{Clerk, Euros, WorkItem},
    ApplicationRow, ClerkWorkload, OpenWorkItem, ReadModels, State, WorkState,
};

/// The answers to the bank's questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub states: BTreeMap<State, Amounts>,
    pub months: BTreeMap<Month, Turnover>,
    /// By the state that is the decision.
    pub decisions: BTreeMap<State, TimeToDecision>,
    pub all_decisions: Option<TimeToDecision>,
    pub clerks: BTreeMap<Clerk, Workload>,
    pub open_work: BTreeMap<WorkItem, OpenWork>,
}

/// How many applications, and how many euros in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    pub applications: u64,
    pub euros: u64,
}

/// A month in UTC, such as `2012-02`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(String);

/// The amounts requested and approved in a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turnover {
    pub requested: Amounts,
    pub approved: Amounts,
}

/// The time from submission to decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeToDecision {
    pub decisions: u64,
    pub median: Duration,
    /// The 90th percentile.
    pub nine_of_ten: Duration,
}

/// The acts of a clerk, and the work in progress.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Workload {
    pub acts: u64,
    pub work_completed: u64,
    pub offers_sent: u64,
    pub decisions: u64,
    pub in_hand: u64,
}

/// Open work of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenWork {
    pub waiting: u64,
    pub in_hand: u64,
}

impl From<&ReadModels> for Summary {
    fn from(ReadModels { applications, clerks, open_work }: &ReadModels) -> Self {
        Self {
            states: states(applications),
            months: months(applications),
            decisions: State::ALL
                .into_iter()
                .filter_map(|state| Some((state, time_to_decision(applications, |row| row.state == state)?)))
                .collect(),
            all_decisions: time_to_decision(applications, |_| true),
            clerks: workloads(clerks, open_work),
            open_work: kinds(open_work),
        }
    }
}

fn states(rows: &[ApplicationRow]) -> BTreeMap<State, Amounts> {
    let mut states: BTreeMap<State, Amounts> = BTreeMap::new();
    for row in rows {
        states.entry(row.state).or_default().count(row);
    }
    states
}

fn months(rows: &[ApplicationRow]) -> BTreeMap<Month, Turnover> {
    let mut months: BTreeMap<Month, Turnover> = BTreeMap::new();
    for row in rows {
        months.entry(Month::of(row.submitted_at)).or_default().requested.count(row);
        if let (State::Approved, Some(at)) = (row.state, row.decided_at) {
            months.entry(Month::of(at)).or_default().approved.count(row);
        }
    }
    months
}

fn time_to_decision(
    rows: &[ApplicationRow],
    wanted: impl Fn(&ApplicationRow) -> bool,
) -> Option<TimeToDecision> {
    let took = |row: &ApplicationRow| {
        let micros = row.decided_at?.as_microsecond() - row.submitted_at.as_microsecond();
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
    };
    let mut times: Vec<Duration> = rows.iter().filter(|row| wanted(row)).filter_map(took).collect();
    times.sort_unstable();
    // The percentile by the nearest-rank method.
    let percentile = |per_cent: usize| times.get((times.len() * per_cent).div_ceil(100).saturating_sub(1));
    Some(TimeToDecision {
        decisions: times.len() as u64,
        median: *percentile(50)?,
        nine_of_ten: *percentile(90)?,
    })
}

fn workloads(rows: &[ClerkWorkload], open_work: &[OpenWorkItem]) -> BTreeMap<Clerk, Workload> {
    let workload = |row: &ClerkWorkload| {
        let in_hand = open_work.iter().filter(|item| item.clerk == Some(row.clerk) && item.is_in_hand());
        let workload = Workload {
            acts: row.acts.into(),
            work_completed: row.work_completed.into(),
            offers_sent: row.offers_sent.into(),
            decisions: row.decisions.into(),
            in_hand: in_hand.count() as u64,
        };
        (row.clerk, workload)
    };
    rows.iter().map(workload).collect()
}

fn kinds(rows: &[OpenWorkItem]) -> BTreeMap<WorkItem, OpenWork> {
    let mut kinds: BTreeMap<WorkItem, OpenWork> = BTreeMap::new();
    for row in rows {
        let open = kinds.entry(row.work).or_default();
        match row.state {
            WorkState::Waiting => open.waiting += 1,
            WorkState::InHand => open.in_hand += 1,
        }
    }
    kinds
}

impl Amounts {
    fn count(&mut self, row: &ApplicationRow) {
        let Euros(euros) = row.amount;
        self.applications += 1;
        self.euros += u64::from(euros);
    }
}

impl Month {
    fn of(at: Timestamp) -> Self {
        // RFC 3339 begins with the year and the month.
        Self(at.to_string().chars().take("2012-02".len()).collect())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
