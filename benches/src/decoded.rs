//! Decoding by hand: the type name chooses the struct, as one would write it without a framework.

use eventsource::Timestamp;

use crate::{
    AccountEvent, Error,
    loan_applications::domain::{Act, OfferAct, Submission, WorkAct},
};

/// A payload, decoded.
#[derive(Debug)]
pub enum Payload {
    /// The submission of the application.
    Submission(Submission),
    /// An act on the application itself.
    Act(Act),
    /// An act on an offer.
    Offer(OfferAct),
    /// An act on a work item.
    Work(WorkAct),
}

/// A decoded payload for a replay by hand, with the values that a row needs.
pub trait Decoded: Sized {
    /// Decodes the payload of an event of this type.
    ///
    /// # Errors
    ///
    /// If it is not JSON of that shape.
    fn decode(event_type: &str, payload: &str) -> Result<Self, Error>;

    /// The time of the event.
    fn at(&self) -> Timestamp;

    /// The amount that it adds to its row.
    fn amount(&self) -> i64;
}

impl Decoded for Payload {
    fn decode(event_type: &str, payload: &str) -> Result<Self, Error> {
        let kind = event_type.strip_prefix("loan_application.").unwrap_or(event_type);
        Ok(match kind {
            "submitted" => Self::Submission(serde_json::from_str(payload)?),
            _ if kind.starts_with("offer_") => Self::Offer(serde_json::from_str(payload)?),
            _ if kind.starts_with("work_") => Self::Work(serde_json::from_str(payload)?),
            _ => Self::Act(serde_json::from_str(payload)?),
        })
    }

    fn at(&self) -> Timestamp {
        match self {
            Self::Submission(submission) => submission.at,
            Self::Act(act) => act.at,
            Self::Offer(act) => act.at,
            Self::Work(act) => act.at,
        }
    }

    /// The requested amount; an application is submitted once.
    fn amount(&self) -> i64 {
        match self {
            Self::Submission(submission) => submission.amount.0.into(),
            Self::Act(_) | Self::Offer(_) | Self::Work(_) => 0,
        }
    }
}

impl Decoded for AccountEvent {
    fn decode(event_type: &str, payload: &str) -> Result<Self, Error> {
        Self::decoded(event_type, payload)
    }

    fn at(&self) -> Timestamp {
        match self {
            Self::Opened(opening) => opening.at,
            Self::Deposited(entry) | Self::Withdrawn(entry) => entry.at,
        }
    }

    fn amount(&self) -> i64 {
        let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        match self {
            Self::Opened(_) => 0,
            Self::Deposited(entry) => signed(entry.amount),
            Self::Withdrawn(entry) => -signed(entry.amount),
        }
    }
}
