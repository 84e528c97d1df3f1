//! Decoding by hand: the type name chooses the struct, as one would write it without a framework.

use eventsource::Timestamp;

use crate::{
    Error,
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

impl Payload {
    /// Decodes the payload of an event of this type.
    ///
    /// # Errors
    ///
    /// If it is no JSON of that shape.
    pub fn decode(event_type: &str, payload: &str) -> Result<Self, Error> {
        let kind = event_type.strip_prefix("loan_application.").unwrap_or(event_type);
        Ok(match kind {
            "submitted" => Self::Submission(serde_json::from_str(payload)?),
            _ if kind.starts_with("offer_") => Self::Offer(serde_json::from_str(payload)?),
            _ if kind.starts_with("work_") => Self::Work(serde_json::from_str(payload)?),
            _ => Self::Act(serde_json::from_str(payload)?),
        })
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Submission(submission) => submission.at,
            Self::Act(act) => act.at,
            Self::Offer(act) => act.at,
            Self::Work(act) => act.at,
        }
    }

    /// The amount that was asked for, if it says so.
    pub fn amount(&self) -> Option<u32> {
        match self {
            Self::Submission(submission) => Some(submission.amount.0),
            Self::Act(_) | Self::Offer(_) | Self::Work(_) => None,
        }
    }
}
