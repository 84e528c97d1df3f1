//! The offers of one application: the state of the newest, and the outcome of earlier ones.

use super::OfferNumber;

/// The offers of one application. At most one is with the customer, and at most one is being prepared.
#[derive(Debug, Clone, Default)]
pub(super) struct Offers {
    /// How many offers have been selected.
    selected: u32,
    stage: Stage,
    /// Whether the customer has sent back any of them.
    pub(super) any_sent_back: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no offer, or the last one was cancelled.
    #[default]
    None,
    /// One is selected, and none is with the customer.
    Selected,
    /// One is selected to replace the one that is still with the customer.
    Replacing,
    Created,
    Sent,
    SentBack,
    Accepted,
    Declined,
}

impl Offers {
    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// The number of the offer that a selection makes.
    pub(super) fn next(&self) -> OfferNumber {
        OfferNumber(self.selected + 1)
    }

    /// The number of the newest offer.
    pub(super) fn newest(&self) -> OfferNumber {
        OfferNumber(self.selected)
    }

    /// The number of the offer that is with the customer, if one is.
    pub(super) fn with_customer(&self) -> Option<OfferNumber> {
        match self.stage {
            Stage::Sent | Stage::SentBack => Some(OfferNumber(self.selected)),
            Stage::Replacing => Some(OfferNumber(self.selected - 1)),
            Stage::None | Stage::Selected | Stage::Created | Stage::Accepted | Stage::Declined => None,
        }
    }

    /// Whether an offer is selected or created and not yet sent.
    pub(super) fn in_preparation(&self) -> bool {
        matches!(self.stage, Stage::Selected | Stage::Replacing | Stage::Created)
    }

    pub(super) fn select(&mut self) {
        self.stage = if self.with_customer().is_some() { Stage::Replacing } else { Stage::Selected };
        self.selected += 1;
    }

    pub(super) fn cancel(&mut self) {
        self.stage = if self.stage == Stage::Replacing { Stage::Selected } else { Stage::None };
    }

    pub(super) fn send_back(&mut self) {
        self.stage = Stage::SentBack;
        self.any_sent_back = true;
    }

    pub(super) fn set(&mut self, stage: Stage) {
        self.stage = stage;
    }
}
