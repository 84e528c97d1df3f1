//! Work items: scheduled, started and completed, started and completed again.

use eventsource::prelude::*;

use super::super::{
    Act, Application, ApplicationEvent, ApplicationId, Outcome, Refusal, WorkItem, application::Progress,
    offers::Stage,
};

/// Puts work on the list of the clerks.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct ScheduleWork {
    #[command(id)]
    pub application: ApplicationId,
    pub work: WorkItem,
    pub act: Act,
}

/// Starts work.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct StartWork {
    #[command(id)]
    pub application: ApplicationId,
    pub work: WorkItem,
    pub act: Act,
}

/// Stops work, completed or to be continued later.
#[derive(Debug, Clone, Command)]
#[command(aggregate = Application)]
pub struct CompleteWork {
    #[command(id)]
    pub application: ApplicationId,
    pub work: WorkItem,
    pub act: Act,
}

impl Handle<ScheduleWork> for Application {
    type Error = Refusal;

    fn handle(&self, command: &ScheduleWork) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.in_order(command.act.at)?;
        self.has_been(Progress::PartlySubmitted)?;
        self.not_rejected()?;
        self.has_its_time(command.work)?;
        Ok(vec![ApplicationEvent::WorkScheduled(command.act.on_work(command.work))])
    }
}

impl Handle<StartWork> for Application {
    type Error = Refusal;

    fn handle(&self, command: &StartWork) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.can_be_done(command.work, command.act)?;
        // A cancelled application may have a clerk call once more; a declined one is left alone.
        if self.rejected == Some(Outcome::Declined) {
            return Err(Refusal::Decided(Outcome::Declined));
        }
        Ok(vec![ApplicationEvent::WorkStarted(command.act.on_work(command.work))])
    }
}

impl Handle<CompleteWork> for Application {
    type Error = Refusal;

    fn handle(&self, command: &CompleteWork) -> Result<Vec<ApplicationEvent>, Refusal> {
        self.can_be_done(command.work, command.act)?;
        Ok(vec![ApplicationEvent::WorkCompleted(command.act.on_work(command.work))])
    }
}

impl Application {
    /// Each kind of work is scheduled in its part of the application's life only.
    fn has_its_time(&self, work: WorkItem) -> Result<(), Refusal> {
        match work {
            WorkItem::ChangeContract => {
                let sent = self.offers.with_customer().is_some() || self.offers.stage() == Stage::Accepted;
                if sent { Ok(()) } else { Err(Refusal::TooEarlyFor(work)) }
            }
            // The only work left on an approved loan is to change its contract.
            _ if self.not_approved().is_err() => Err(Refusal::TooLateFor(work)),
            WorkItem::HandleLead if self.progress >= Progress::Preaccepted => Err(Refusal::TooLateFor(work)),
            WorkItem::CompleteApplication if self.progress >= Progress::Accepted => {
                Err(Refusal::TooLateFor(work))
            }
            WorkItem::Assess if self.offers.stage() != Stage::SentBack => Err(Refusal::TooEarlyFor(work)),
            WorkItem::ChaseDocuments if !self.work.assessed => Err(Refusal::TooEarlyFor(work)),
            _ => Ok(()),
        }
    }

    /// Work is done only after it was scheduled, and one kind at a time.
    fn can_be_done(&self, work: WorkItem, act: Act) -> Result<(), Refusal> {
        self.in_order(act.at)?;
        if !self.work.scheduled.contains(&work) {
            return Err(Refusal::NotScheduled(work));
        }
        match self.work.in_hand {
            Some(other) if other != work => Err(Refusal::OtherWorkInHand(other)),
            _ => Ok(()),
        }
    }
}
