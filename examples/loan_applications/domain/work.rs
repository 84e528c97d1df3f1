//! Work items: the work of clerks on an application.

use std::{collections::BTreeSet, fmt};

use eventsource::prelude::*;

/// A kind of work. The bank's own names are Dutch, see `activity.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum WorkItem {
    /// Finding out whether a first contact should become an application.
    HandleLead,
    /// Asking the customer for what the application lacks.
    CompleteApplication,
    /// Asking after an offer that was sent.
    FollowUpOffer,
    /// Assessing the application with the offer the customer sent back.
    Assess,
    /// Asking for documents that the assessment found missing.
    ChaseDocuments,
    /// Looking into a suspicion of fraud.
    InvestigateFraud,
    /// Changing the terms of the contract.
    ChangeContract,
}

/// The work on one application.
#[derive(Debug, Clone, Default)]
pub(super) struct Work {
    /// The kinds of work that have been scheduled at least once.
    pub(super) scheduled: BTreeSet<WorkItem>,
    /// The work in progress.
    pub(super) in_hand: Option<WorkItem>,
    /// Whether the assessment has been begun.
    pub(super) assessed: bool,
}

impl Work {
    pub(super) fn start(&mut self, work: WorkItem) {
        self.in_hand = Some(work);
        self.assessed |= work == WorkItem::Assess;
    }
}

impl fmt::Display for WorkItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HandleLead => "handling the lead",
            Self::CompleteApplication => "completing the application",
            Self::FollowUpOffer => "following up the offer",
            Self::Assess => "the assessment",
            Self::ChaseDocuments => "chasing missing documents",
            Self::InvestigateFraud => "the fraud investigation",
            Self::ChangeContract => "changing the contract",
        })
    }
}
