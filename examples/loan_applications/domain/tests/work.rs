//! The rules of the work items.

use super::{super::application::Progress, *};

fn schedule(work: WorkItem) -> ScheduleWork {
    ScheduleWork { application: ID, work, act: act(0) }
}

fn start(work: WorkItem) -> StartWork {
    StartWork { application: ID, work, act: act(0) }
}

fn complete(work: WorkItem) -> CompleteWork {
    CompleteWork { application: ID, work, act: act(0) }
}

#[test]
fn work_is_done_only_after_it_was_scheduled() {
    let lead = WorkItem::HandleLead;
    given::<Application>(partly_submitted()).when(start(lead)).then_rejected(Refusal::NotScheduled(lead));
    given::<Application>(partly_submitted()).when(complete(lead)).then_rejected(Refusal::NotScheduled(lead));
    let scheduled = then(partly_submitted(), [ApplicationEvent::WorkScheduled(work(lead))]);
    given::<Application>(scheduled.clone())
        .when(start(lead))
        .then([ApplicationEvent::WorkStarted(work(lead))]);
    given::<Application>(scheduled).when(complete(lead)).then([ApplicationEvent::WorkCompleted(work(lead))]);
}

#[test]
fn one_kind_of_work_is_in_hand_at_a_time() {
    let (lead, fraud) = (WorkItem::HandleLead, WorkItem::InvestigateFraud);
    let busy = then(
        partly_submitted(),
        [
            ApplicationEvent::WorkScheduled(work(lead)),
            ApplicationEvent::WorkScheduled(work(fraud)),
            ApplicationEvent::WorkStarted(work(lead)),
        ],
    );
    given::<Application>(busy.clone()).when(start(fraud)).then_rejected(Refusal::OtherWorkInHand(lead));
    given::<Application>(busy.clone()).when(complete(fraud)).then_rejected(Refusal::OtherWorkInHand(lead));
    given::<Application>(busy.clone()).when(start(lead)).then([ApplicationEvent::WorkStarted(work(lead))]);
    given::<Application>(then(busy, [ApplicationEvent::WorkCompleted(work(lead))]))
        .when(start(fraud))
        .then([ApplicationEvent::WorkStarted(work(fraud))]);
}

#[test]
fn nothing_is_scheduled_for_an_application_that_was_turned_down() {
    let fraud = WorkItem::InvestigateFraud;
    given::<Application>([])
        .when(schedule(fraud))
        .then_rejected(Refusal::WrongStage { required: Progress::PartlySubmitted, actual: Progress::New });
    given::<Application>(declined()).when(schedule(fraud)).then_rejected(Refusal::Decided(Outcome::Declined));
    given::<Application>(cancelled())
        .when(schedule(fraud))
        .then_rejected(Refusal::Decided(Outcome::Cancelled));
}

#[test]
fn work_goes_on_for_a_cancelled_application_and_is_only_completed_for_a_declined_one() {
    let follow_up = WorkItem::FollowUpOffer;
    let scheduled = then(sent(), [ApplicationEvent::WorkScheduled(work(follow_up))]);
    let declined = then(scheduled.clone(), [ApplicationEvent::Declined(act(0))]);
    given::<Application>(declined.clone())
        .when(start(follow_up))
        .then_rejected(Refusal::Decided(Outcome::Declined));
    given::<Application>(declined)
        .when(complete(follow_up))
        .then([ApplicationEvent::WorkCompleted(work(follow_up))]);
    given::<Application>(then(scheduled, [ApplicationEvent::Cancelled(act(0))]))
        .when(start(follow_up))
        .then([ApplicationEvent::WorkStarted(work(follow_up))]);
}

#[test]
fn each_kind_of_work_has_its_time() {
    type Case = (WorkItem, Vec<ApplicationEvent>, Vec<ApplicationEvent>, fn(WorkItem) -> Refusal);
    let cases: [Case; 5] = [
        (WorkItem::HandleLead, partly_submitted(), accepted(), Refusal::TooLateFor),
        (WorkItem::CompleteApplication, partly_submitted(), accepted(), Refusal::TooLateFor),
        (WorkItem::Assess, sent_back(), sent(), Refusal::TooEarlyFor),
        (WorkItem::ChaseDocuments, assessed(), sent_back(), Refusal::TooEarlyFor),
        (WorkItem::ChangeContract, sent(), finalized(), Refusal::TooEarlyFor),
    ];
    for (item, in_time, out_of_time, refusal) in cases {
        given::<Application>(in_time)
            .when(schedule(item))
            .then([ApplicationEvent::WorkScheduled(work(item))]);
        given::<Application>(out_of_time).when(schedule(item)).then_rejected(refusal(item));
    }
}

#[test]
fn all_that_is_left_to_do_about_an_approved_loan_is_to_change_its_contract() {
    let change = WorkItem::ChangeContract;
    given::<Application>(approved())
        .when(schedule(change))
        .then([ApplicationEvent::WorkScheduled(work(change))]);
    for item in [WorkItem::Assess, WorkItem::ChaseDocuments, WorkItem::FollowUpOffer] {
        given::<Application>(approved()).when(schedule(item)).then_rejected(Refusal::TooLateFor(item));
    }
}
