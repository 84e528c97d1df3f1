//! The bank's own names of activities, and how often each occurs in its published log.

use super::domain::{ApplicationEvent, WorkItem};

/// The activity of a row of the bank's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Activity {
    Submitted,
    PartlySubmitted,
    Preaccepted,
    Accepted,
    Finalized,
    Approved,
    Registered,
    Activated,
    Declined,
    Cancelled,
    OfferSelected,
    OfferCreated,
    OfferSent,
    OfferSentBack,
    OfferAccepted,
    OfferCancelled,
    OfferDeclined,
    Work(WorkItem),
}

/// The lifecycle of a row about a work item. All other rows have `COMPLETE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    Schedule,
    Start,
    Complete,
}

/// All activities under the bank's names, with the published number of their rows: BPI Challenge 2012,
/// van Dongen, 4TU.ResearchData, doi 10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f.
pub const PUBLISHED: [(Activity, &str, u64); 24] = [
    (Activity::Submitted, "A_SUBMITTED", 13_087),
    (Activity::PartlySubmitted, "A_PARTLYSUBMITTED", 13_087),
    (Activity::Preaccepted, "A_PREACCEPTED", 7_367),
    (Activity::Accepted, "A_ACCEPTED", 5_113),
    (Activity::Finalized, "A_FINALIZED", 5_015),
    (Activity::Approved, "A_APPROVED", 2_246),
    (Activity::Registered, "A_REGISTERED", 2_246),
    (Activity::Activated, "A_ACTIVATED", 2_246),
    (Activity::Declined, "A_DECLINED", 7_635),
    (Activity::Cancelled, "A_CANCELLED", 2_807),
    (Activity::OfferSelected, "O_SELECTED", 7_030),
    (Activity::OfferCreated, "O_CREATED", 7_030),
    (Activity::OfferSent, "O_SENT", 7_030),
    (Activity::OfferSentBack, "O_SENT_BACK", 3_454),
    (Activity::OfferAccepted, "O_ACCEPTED", 2_243),
    (Activity::OfferCancelled, "O_CANCELLED", 3_655),
    (Activity::OfferDeclined, "O_DECLINED", 802),
    (Activity::Work(WorkItem::HandleLead), "W_Afhandelen leads", 16_566),
    (Activity::Work(WorkItem::CompleteApplication), "W_Completeren aanvraag", 54_850),
    (Activity::Work(WorkItem::FollowUpOffer), "W_Nabellen offertes", 52_016),
    (Activity::Work(WorkItem::Assess), "W_Valideren aanvraag", 20_809),
    (Activity::Work(WorkItem::ChaseDocuments), "W_Nabellen incomplete dossiers", 25_190),
    (Activity::Work(WorkItem::InvestigateFraud), "W_Beoordelen fraude", 664),
    (Activity::Work(WorkItem::ChangeContract), "W_Wijzigen contractgegevens", 12),
];

impl Activity {
    /// The activity with this name in the bank's log.
    pub fn named(name: &str) -> Option<Self> {
        PUBLISHED.iter().find(|(_, known, _)| *known == name).map(|(activity, ..)| *activity)
    }
}

impl Lifecycle {
    /// The lifecycle with this name in the bank's log.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "SCHEDULE" => Some(Self::Schedule),
            "START" => Some(Self::Start),
            "COMPLETE" => Some(Self::Complete),
            _ => None,
        }
    }
}

impl From<&ApplicationEvent> for Activity {
    fn from(event: &ApplicationEvent) -> Self {
        match event {
            ApplicationEvent::Submitted(_) => Self::Submitted,
            ApplicationEvent::PartlySubmitted(_) => Self::PartlySubmitted,
            ApplicationEvent::Preaccepted(_) => Self::Preaccepted,
            ApplicationEvent::Accepted(_) => Self::Accepted,
            ApplicationEvent::Finalized(_) => Self::Finalized,
            ApplicationEvent::Approved(_) => Self::Approved,
            ApplicationEvent::Registered(_) => Self::Registered,
            ApplicationEvent::Activated(_) => Self::Activated,
            ApplicationEvent::Declined(_) => Self::Declined,
            ApplicationEvent::Cancelled(_) => Self::Cancelled,
            ApplicationEvent::OfferSelected(_) => Self::OfferSelected,
            ApplicationEvent::OfferCreated(_) => Self::OfferCreated,
            ApplicationEvent::OfferSent(_) => Self::OfferSent,
            ApplicationEvent::OfferSentBack(_) => Self::OfferSentBack,
            ApplicationEvent::OfferAccepted(_) => Self::OfferAccepted,
            ApplicationEvent::OfferCancelled(_) => Self::OfferCancelled,
            ApplicationEvent::OfferDeclined(_) => Self::OfferDeclined,
            ApplicationEvent::WorkScheduled(act)
            | ApplicationEvent::WorkStarted(act)
            | ApplicationEvent::WorkCompleted(act) => Self::Work(act.work),
        }
    }
}
