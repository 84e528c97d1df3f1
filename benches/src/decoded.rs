//! Decoding by hand: the type name chooses the struct, as one would write it without a framework.

use eventsource::Timestamp;

use crate::{
    AccountEvent, Error,
    loan_applications::domain::{Act, OfferAct, Submission, WorkAct},
};

/// A payload, decoded.
#[derive(Debug)]
pub enum Payload {
    /// That it was asked for.
    Submission(Submission),
    /// What happened to the application itself.
    Act(Act),
    /// What happened to an offer.
    Offer(OfferAct),
    /// What happened to a work item.
    Work(WorkAct),
}

/// What is replayed by hand: a payload, decoded, and what a row needs of it.
pub trait Decoded: Sized {
    /// Decodes the payload of an event of this type.
    ///
    /// # Errors
    ///
    /// If it is no JSON of that shape.
    fn decode(event_type: &str, payload: &str) -> Result<Self, Error>;

    /// When it happened.
    fn at(&self) -> Timestamp;

    /// What it adds to the amount in its row.
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

    /// An application is submitted once.
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
