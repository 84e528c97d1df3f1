//! Why a command is rejected.

use eventsource::prelude::*;

use super::{OfferNumber, Outcome, WorkItem, application::Progress};

/// Why the bank refuses an act: each variant is a rule that its whole log obeys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An application is submitted once.
    #[error("the application was submitted already")]
    AlreadySubmitted,
    /// Acts on an application are recorded in the order of their time.
    #[error("this was done at {at}, but something that was done at {last} is recorded already")]
    OutOfOrder {
        /// When this was done.
        at: Timestamp,
        /// When the last recorded act was done.
        last: Timestamp,
    },
    /// The application goes through its stages one by one.
    #[error("the application must be {required} for this, and it is {actual}")]
    WrongStage {
        /// The stage this needs.
        required: Progress,
        /// The stage it is in.
        actual: Progress,
    },
    /// A decision is final.
    #[error("the application is {0} already")]
    Decided(Outcome),
    /// Approving, registering and activating are done once each.
    #[error("this step of the approval is done already")]
    StepDone,
    /// A loan is approved only after it was assessed.
    #[error("the application was not assessed")]
    NotAssessed,
    /// A loan is approved, and an offer accepted, only after the customer sent back an offer.
    #[error("the customer has sent back no offer")]
    NothingSentBack,
    /// There is one offer in preparation at most, and nothing is decided meanwhile.
    #[error("offer {0} is being prepared; send it first")]
    OfferInPreparation(OfferNumber),
    /// An offer is created only after it was selected.
    #[error("no offer is selected")]
    NoOfferSelected,
    /// An offer is sent only after it was created.
    #[error("no offer was created that could be sent")]
    NoOfferCreated,
    /// There is one offer with the customer at most.
    #[error("offer {0} is still with the customer; cancel it first")]
    OfferWithCustomer(OfferNumber),
    /// This needs an offer that was sent and neither cancelled, accepted nor declined.
    #[error("no offer is with the customer")]
    NoOfferWithCustomer,
    /// An offer is sent back once.
    #[error("offer {0} was sent back already")]
    AlreadySentBack(OfferNumber),
    /// After an offer was accepted or declined there is no other.
    #[error("offer {0} was accepted or declined; no other offer can follow")]
    OffersSettled(OfferNumber),
    /// Each kind of work has its time in the life of an application.
    #[error("it is too early for {0}")]
    TooEarlyFor(WorkItem),
    /// Each kind of work has its time in the life of an application.
    #[error("it is too late for {0}")]
    TooLateFor(WorkItem),
    /// Work is started and completed only after it was scheduled.
    #[error("{0} was not scheduled")]
    NotScheduled(WorkItem),
    /// One kind of work is done on an application at a time.
    #[error("{0} is in progress; complete it first")]
    OtherWorkInHand(WorkItem),
}
