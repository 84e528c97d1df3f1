//! The life of an application, from the submission to the decision.

use eventsource::prelude::*;

use super::super::{
    Act, Application, ApplicationEvent, ApplicationId, Euros, Refusal, application::Progress, offers::Stage,
};

/// Submits an application.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Submit {
    #[command(id)]
    pub application: ApplicationId,
    pub amount: Euros,
    pub act: Act,
}

/// Takes an application in, with information still missing.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct MarkPartlySubmitted {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Lets an application pass the first check.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Preaccept {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Finds an application complete enough to make an offer.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Accept {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Finalizes the terms.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Finalize {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Approves the loan.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Approve {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Enters the loan in the books.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Register {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Pays the loan out.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Activate {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Declines the application, for the bank.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Decline {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

/// Cancels the application, for the customer.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct Cancel {
    #[command(id)]
    pub application: ApplicationId,
    pub act: Act,
}

impl Handle<Submit> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Submit) -> Result<Vec<ApplicationEvent>, Refusal> {
        if self.progress != Progress::New {
            return Err(Refusal::AlreadySubmitted);
        }
        Ok(vec![ApplicationEvent::Submitted(command.act.asking(command.amount))])
    }
}

impl Handle<MarkPartlySubmitted> for Application {
    type Error = Refusal;

    fn handle(&self, command: &MarkPartlySubmitted) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.is(Progress::Submitted)?;
        Ok(vec![ApplicationEvent::PartlySubmitted(command.act)])
    }
}

impl Handle<Preaccept> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Preaccept) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.advances_from(Progress::PartlySubmitted, command.act)?;
        Ok(vec![ApplicationEvent::Preaccepted(command.act)])
    }
}

impl Handle<Accept> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Accept) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.advances_from(Progress::Preaccepted, command.act)?;
        Ok(vec![ApplicationEvent::Accepted(command.act)])
    }
}

impl Handle<Finalize> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Finalize) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.advances_from(Progress::Accepted, command.act)?;
        Ok(vec![ApplicationEvent::Finalized(command.act)])
    }
}

impl Handle<Approve> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Approve) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.step_of_approval(self.approval.approved, command.act)?;
        Ok(vec![ApplicationEvent::Approved(command.act)])
    }
}

impl Handle<Register> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Register) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.step_of_approval(self.approval.registered, command.act)?;
        Ok(vec![ApplicationEvent::Registered(command.act)])
    }
}

impl Handle<Activate> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Activate) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.step_of_approval(self.approval.activated, command.act)?;
        Ok(vec![ApplicationEvent::Activated(command.act)])
    }
}

impl Handle<Decline> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Decline) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.can_be_rejected(command.act)?;
        Ok(vec![ApplicationEvent::Declined(command.act)])
    }
}

impl Handle<Cancel> for Application {
    type Error = Refusal;

    fn handle(&self, command: &Cancel) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.can_be_rejected(command.act)?;
        if self.offers.stage() == Stage::Declined {
            return Err(Refusal::OffersSettled(self.offers.newest()));
        }
        Ok(vec![ApplicationEvent::Cancelled(command.act)])
    }
}

/// The rules that several of these commands share.
impl Application {
    fn advances_from(&self, stage: Progress, act: Act) -> Result<(), Refusal> {
        self.in_order(act.at)?;
        self.undecided()?;
        self.is(stage)
    }

    /// The three steps of an approval have the same conditions, and no order among them. The customer's
    /// acceptance of the offer may be recorded before, between or after them.
    fn step_of_approval(&self, done: bool, act: Act) -> Result<(), Refusal> {
        self.in_order(act.at)?;
        self.not_rejected()?;
        self.has_been(Progress::Finalized)?;
        if done {
            return Err(Refusal::StepDone);
        }
        if !self.work.assessed {
            return Err(Refusal::NotAssessed);
        }
        if !self.offers.any_sent_back {
            return Err(Refusal::NothingSentBack);
        }
        self.nothing_in_preparation()?;
        if self.offers.with_customer().is_none() && self.offers.stage() != Stage::Accepted {
            return Err(Refusal::NoOfferWithCustomer);
        }
        Ok(())
    }

    /// It may be declined or cancelled at every stage, but only once, and not after it was approved.
    fn can_be_rejected(&self, act: Act) -> Result<(), Refusal> {
        self.in_order(act.at)?;
        self.undecided()?;
        self.has_been(Progress::PartlySubmitted)?;
        self.nothing_in_preparation()?;
        if self.offers.stage() == Stage::Accepted {
            return Err(Refusal::OffersSettled(self.offers.newest()));
        }
        Ok(())
    }
}
