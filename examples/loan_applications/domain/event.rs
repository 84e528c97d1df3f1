//! The events of an application.

use eventsource::prelude::*;

use super::{Act, OfferAct, Submission, WorkAct};

/// An event of an application for a loan. One event is one row of the bank's own log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "loan_application")]
pub enum ApplicationEvent {
    /// A customer asked for a loan.
    Submitted(Submission),
    /// It was taken in, with information still missing.
    PartlySubmitted(Act),
    /// It passed the first check.
    Preaccepted(Act),
    /// It is complete enough to make an offer.
    Accepted(Act),
    /// Its terms are final.
    Finalized(Act),
    /// The bank approved the loan.
    Approved(Act),
    /// The loan was entered in the books.
    Registered(Act),
    /// The loan was paid out.
    Activated(Act),
    /// The bank declined.
    Declined(Act),
    /// The customer gave up or no longer responded.
    Cancelled(Act),

    /// An offer was chosen for the customer.
    OfferSelected(OfferAct),
    /// The offer was drawn up.
    OfferCreated(OfferAct),
    /// The offer was sent to the customer.
    OfferSent(OfferAct),
    /// The customer sent the offer back, signed or with questions.
    OfferSentBack(OfferAct),
    /// The offer was accepted.
    OfferAccepted(OfferAct),
    /// The offer was withdrawn.
    OfferCancelled(OfferAct),
    /// The bank stepped back from the offer.
    OfferDeclined(OfferAct),

    /// Work was put on a clerk's list.
    WorkScheduled(WorkAct),
    /// A clerk took it in hand.
    WorkStarted(WorkAct),
    /// It was put away, done or for another day.
    WorkCompleted(WorkAct),
}

impl ApplicationEvent {
    /// When it happened at the bank.
    pub fn at(&self) -> Timestamp {
        self.act().at
    }

    /// When it happened at the bank, and who did it.
    pub fn act(&self) -> Act {
        match *self {
            Self::Submitted(Submission { at, clerk, .. }) => Act { at, clerk },
            Self::PartlySubmitted(act)
            | Self::Preaccepted(act)
            | Self::Accepted(act)
            | Self::Finalized(act)
            | Self::Approved(act)
            | Self::Registered(act)
            | Self::Activated(act)
            | Self::Declined(act)
            | Self::Cancelled(act) => act,
            Self::OfferSelected(OfferAct { at, clerk, .. })
            | Self::OfferCreated(OfferAct { at, clerk, .. })
            | Self::OfferSent(OfferAct { at, clerk, .. })
            | Self::OfferSentBack(OfferAct { at, clerk, .. })
            | Self::OfferAccepted(OfferAct { at, clerk, .. })
            | Self::OfferCancelled(OfferAct { at, clerk, .. })
            | Self::OfferDeclined(OfferAct { at, clerk, .. }) => Act { at, clerk },
            Self::WorkScheduled(WorkAct { at, clerk, .. })
            | Self::WorkStarted(WorkAct { at, clerk, .. })
            | Self::WorkCompleted(WorkAct { at, clerk, .. }) => Act { at, clerk },
        }
    }
}
