//! Offers: selected, created, sent, and then returned, accepted, cancelled or declined.

use eventsource::prelude::*;

use super::super::{
    Act, Application, ApplicationEvent, ApplicationId, OfferNumber, Outcome, Refusal, application::Progress,
    offers::Stage,
};

/// Selects an offer for the customer. One that is still with the customer is to be cancelled next.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct SelectOffer {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Draws up the selected offer.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct CreateOffer {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Sends the created offer to the customer.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct SendOffer {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Takes back an offer that the customer returned.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct ReceiveOfferBack {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Accepts the offer that is with the customer. It may be one that replaced the offer he sent back.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct AcceptOffer {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Withdraws the offer that is with the customer.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct CancelOffer {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Steps back from the offer that is with the customer.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct DeclineOffer {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

impl Handle<SelectOffer> for Application {
    type Error = Refusal;

    fn handle(&self, command: &SelectOffer) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.undecided()?;
        self.has_been(Progress::Accepted)?;
        self.nothing_in_preparation()?;
        if matches!(self.offers.stage(), Stage::Accepted | Stage::Declined) {
            return Err(Refusal::OffersSettled(self.offers.newest()));
        }
        Ok(vec![ApplicationEvent::OfferSelected(command.act.on_offer(self.offers.next()))])
    }
}

impl Handle<CreateOffer> for Application {
    type Error = Refusal;

    fn handle(&self, command: &CreateOffer) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.undecided()?;
        self.has_been(Progress::Finalized)?;
        match (self.offers.stage(), self.offers.with_customer()) {
            (Stage::Selected, _) => {
                Ok(vec![ApplicationEvent::OfferCreated(command.act.on_offer(self.offers.newest()))])
            }
            (Stage::Replacing, Some(offer)) => Err(Refusal::OfferWithCustomer(offer)),
            _ => Err(Refusal::NoOfferSelected),
        }
    }
}

impl Handle<SendOffer> for Application {
    type Error = Refusal;

    fn handle(&self, command: &SendOffer) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.undecided()?;
        if self.offers.stage() != Stage::Created {
            return Err(Refusal::NoOfferCreated);
        }
        Ok(vec![ApplicationEvent::OfferSent(command.act.on_offer(self.offers.newest()))])
    }
}

impl Handle<ReceiveOfferBack> for Application {
    type Error = Refusal;

    fn handle(&self, command: &ReceiveOfferBack) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.undecided()?;
        let offer = self.offer_to_settle()?;
        if self.offers.stage() == Stage::SentBack {
            return Err(Refusal::AlreadySentBack(offer));
        }
        Ok(vec![ApplicationEvent::OfferSentBack(command.act.on_offer(offer))])
    }
}

impl Handle<AcceptOffer> for Application {
    type Error = Refusal;

    fn handle(&self, command: &AcceptOffer) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.not_rejected()?;
        let offer = self.offer_to_settle()?;
        if !self.offers.any_sent_back {
            return Err(Refusal::NothingSentBack);
        }
        Ok(vec![ApplicationEvent::OfferAccepted(command.act.on_offer(offer))])
    }
}

impl Handle<CancelOffer> for Application {
    type Error = Refusal;

    fn handle(&self, command: &CancelOffer) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.not_approved()?;
        if self.rejected == Some(Outcome::Declined) {
            return Err(Refusal::Decided(Outcome::Declined));
        }
        let offer = self.offers.with_customer().ok_or(Refusal::NoOfferWithCustomer)?;
        Ok(vec![ApplicationEvent::OfferCancelled(command.act.on_offer(offer))])
    }
}

impl Handle<DeclineOffer> for Application {
    type Error = Refusal;

    fn handle(&self, command: &DeclineOffer) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.not_approved()?;
        if self.rejected == Some(Outcome::Cancelled) {
            return Err(Refusal::Decided(Outcome::Cancelled));
        }
        let offer = self.offer_to_settle()?;
        Ok(vec![ApplicationEvent::OfferDeclined(command.act.on_offer(offer))])
    }
}

/// The rules that several commands share.
impl Application {
    pub(super) fn nothing_in_preparation(&self) -> Result<(), Refusal> {
        if self.offers.in_preparation() {
            return Err(Refusal::OfferInPreparation(self.offers.newest()));
        }
        Ok(())
    }

    /// The offer that is with the customer.
    fn offer_to_settle(&self) -> Result<OfferNumber, Refusal> {
        self.nothing_in_preparation()?;
        self.offers.with_customer().ok_or(Refusal::NoOfferWithCustomer)
    }
}
