//! The state of an application, folded from its events, and the queries that commands make on it.

use std::fmt;

use eventsource::prelude::*;

use super::{
    ApplicationEvent, ApplicationId, Refusal,
    offers::{Offers, Stage},
    work::Work,
};

/// An application for a loan.
///
/// It is folded from its events for each command and keeps no snapshots: the longest stream has 175 events, the
/// usual one 20, and reading those costs less than also reading a snapshot.
#[derive(Debug, Clone, Default, Aggregate)]
#[aggregate(event = ApplicationEvent, id = ApplicationId)]
pub struct Application {
    pub(super) progress: Progress,
    pub(super) approval: Approval,
    pub(super) rejected: Option<Outcome>,
    pub(super) offers: Offers,
    pub(super) work: Work,
    last_act: Option<Timestamp>,
}

/// The stages an application goes through, one by one, until it is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// There is no application yet.
    #[default]
    New,
    Submitted,
    PartlySubmitted,
    Preaccepted,
    Accepted,
    Finalized,
}

/// The completed steps of the approval; the bank does them in any order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Approval {
    pub(super) approved: bool,
    pub(super) registered: bool,
    pub(super) activated: bool,
}

/// The outcome of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Approved,
    Declined,
    Cancelled,
    Undecided,
}

impl Apply<ApplicationEvent> for Application {
    fn apply(&mut self, event: ApplicationEvent) {
        self.last_act = Some(event.at());
        match event {
            ApplicationEvent::Submitted(_) => self.progress = Progress::Submitted,
            ApplicationEvent::PartlySubmitted(_) => self.progress = Progress::PartlySubmitted,
            ApplicationEvent::Preaccepted(_) => self.progress = Progress::Preaccepted,
            ApplicationEvent::Accepted(_) => self.progress = Progress::Accepted,
            ApplicationEvent::Finalized(_) => self.progress = Progress::Finalized,
            ApplicationEvent::Approved(_) => self.approval.approved = true,
            ApplicationEvent::Registered(_) => self.approval.registered = true,
            ApplicationEvent::Activated(_) => self.approval.activated = true,
            ApplicationEvent::Declined(_) => self.rejected = Some(Outcome::Declined),
            ApplicationEvent::Cancelled(_) => self.rejected = Some(Outcome::Cancelled),
            ApplicationEvent::OfferSelected(_) => self.offers.select(),
            ApplicationEvent::OfferCreated(_) => self.offers.set(Stage::Created),
            ApplicationEvent::OfferSent(_) => self.offers.set(Stage::Sent),
            ApplicationEvent::OfferSentBack(_) => self.offers.send_back(),
            ApplicationEvent::OfferAccepted(_) => self.offers.set(Stage::Accepted),
            ApplicationEvent::OfferCancelled(_) => self.offers.cancel(),
            ApplicationEvent::OfferDeclined(_) => self.offers.set(Stage::Declined),
            ApplicationEvent::WorkScheduled(act) => {
                self.work.scheduled.insert(act.work);
            }
            ApplicationEvent::WorkStarted(act) => self.work.start(act.work),
            ApplicationEvent::WorkCompleted(_) => self.work.in_hand = None,
        }
    }
}

impl Application {
    /// The outcome so far.
    pub fn outcome(&self) -> Outcome {
        match self.rejected {
            Some(outcome) => outcome,
            None if self.approval.approved => Outcome::Approved,
            None => Outcome::Undecided,
        }
    }

    /// Requires that an act is not earlier than those that are recorded.
    pub(super) fn in_order(&self, at: Timestamp) -> Result<(), Refusal> {
        match self.last_act {
            Some(last) if at < last => Err(Refusal::OutOfOrder { at, last }),
            _ => Ok(()),
        }
    }

    /// Requires that the application is exactly at this stage.
    pub(super) fn is(&self, required: Progress) -> Result<(), Refusal> {
        let actual = self.progress;
        if actual == required { Ok(()) } else { Err(Refusal::WrongStage { required, actual }) }
    }

    /// Requires that the application is at this stage or a later one.
    pub(super) fn has_been(&self, required: Progress) -> Result<(), Refusal> {
        let actual = self.progress;
        if actual >= required { Ok(()) } else { Err(Refusal::WrongStage { required, actual }) }
    }

    /// Neither declined nor cancelled.
    pub(super) fn not_rejected(&self) -> Result<(), Refusal> {
        self.rejected.map_or(Ok(()), |outcome| Err(Refusal::Decided(outcome)))
    }

    /// No step of an approval was done.
    pub(super) fn not_approved(&self) -> Result<(), Refusal> {
        let Approval { approved, registered, activated } = self.approval;
        if approved || registered || activated {
            return Err(Refusal::Decided(Outcome::Approved));
        }
        Ok(())
    }

    /// Neither declined nor cancelled, nor on the way to being approved.
    pub(super) fn undecided(&self) -> Result<(), Refusal> {
        self.not_rejected()?;
        self.not_approved()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "not submitted",
            Self::Submitted => "submitted",
            Self::PartlySubmitted => "partly submitted",
            Self::Preaccepted => "preaccepted",
            Self::Accepted => "accepted",
            Self::Finalized => "finalized",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Undecided => "undecided",
        })
    }
}
