//! The values that commands and events are made of.

use std::{fmt, num::ParseIntError, str::FromStr};

use eventsource::prelude::*;

use super::WorkItem;

/// The bank's number of an application, and the id of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub struct ApplicationId(pub u32);

/// The number of a clerk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub struct Clerk(pub u32);

/// An amount in whole euros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub struct Euros(pub u32);

/// Which offer of an application: 1 for the first that was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(transparent)]
pub struct OfferNumber(pub u32);

/// When something was done at the bank, and by whom. The store's clock says when it was recorded, which is a
/// different time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Act {
    /// When it was done.
    pub at: Timestamp,
    /// Who did it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk: Option<Clerk>,
}

/// A customer asking for a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Submission {
    /// How much the customer asks for.
    pub amount: Euros,
    /// When it was done.
    pub at: Timestamp,
    /// Who took it in, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk: Option<Clerk>,
}

/// Something done to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct OfferAct {
    /// Which offer of the application.
    pub offer: OfferNumber,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk: Option<Clerk>,
}

/// Something done to a work item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct WorkAct {
    /// Which work.
    pub work: WorkItem,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk: Option<Clerk>,
}

impl Act {
    /// The act of asking for this amount.
    pub fn asking(self, amount: Euros) -> Submission {
        Submission { amount, at: self.at, clerk: self.clerk }
    }

    /// The act, done to this offer.
    pub fn on_offer(self, offer: OfferNumber) -> OfferAct {
        OfferAct { offer, at: self.at, clerk: self.clerk }
    }

    /// The act, done to this work item.
    pub fn on_work(self, work: WorkItem) -> WorkAct {
        WorkAct { work, at: self.at, clerk: self.clerk }
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ApplicationId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Clerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for OfferNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
