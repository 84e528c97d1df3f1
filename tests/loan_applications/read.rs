//! The same answers as the read models give them.

use std::collections::BTreeMap;

use super::{
    by_hand::Answers,
    loan_applications::{
        activity::{Activity, PUBLISHED},
        read_models::{Amounts, ReadModels, Summary, TimeToDecision},
    },
};

/// The contents and answers of the read models.
pub(crate) fn answers(read_models: &ReadModels) -> Answers {
    let ReadModels { applications, open_work, .. } = read_models;
    let summary = Summary::from(read_models);
    let pair = |amounts: &Amounts| (amounts.applications, amounts.euros);
    let micros = |time: std::time::Duration| u64::try_from(time.as_micros()).expect("a span of years");
    let time = |times: &TimeToDecision| (times.decisions, micros(times.median), micros(times.nine_of_ten));
    let applications = applications.iter().map(|row| {
        let amount = u64::from(row.amount.0);
        (row.application.0, (row.state.to_string(), amount, row.submitted_at, row.decided_at))
    });
    let open_work = open_work.iter().map(|row| {
        let (_, name, _) = PUBLISHED.iter().find(|it| it.0 == Activity::Work(row.work)).expect("a name");
        let key = (row.application.0, (*name).to_owned());
        (key, (row.is_in_hand(), row.clerk.map(|clerk| clerk.0), row.since))
    });
    let months = summary.months.iter().map(|(month, turnover)| {
        let (requested, approved) = (turnover.requested, turnover.approved);
        let amounts = [requested.applications, requested.euros, approved.applications, approved.euros];
        (month.to_string(), amounts)
    });
    let clerks = summary
        .clerks
        .iter()
        .map(|(clerk, of)| (clerk.0, [of.acts, of.work_completed, of.offers_sent, of.decisions, of.in_hand]));
    let mut times: BTreeMap<_, _> =
        summary.decisions.iter().map(|(state, times)| (state.to_string(), time(times))).collect();
    times.extend(summary.all_decisions.iter().map(|times| ("any".to_owned(), time(times))));
    Answers {
        applications: applications.collect(),
        open_work: open_work.collect(),
        states: summary.states.iter().map(|(state, amounts)| (state.to_string(), pair(amounts))).collect(),
        months: months.collect(),
        times,
        clerks: clerks.collect(),
    }
}
