//! The domain: an application for a loan with its offers and its work items, as events, state and commands.

mod application;
mod commands;
mod event;
mod offers;
mod refusal;
mod values;
mod work;

pub use application::{Application, Outcome};
pub use commands::*;
pub use event::ApplicationEvent;
pub use refusal::Refusal;
pub use values::{Act, ApplicationId, Clerk, Euros, OfferAct, OfferNumber, Submission, WorkAct};
pub use work::WorkItem;

#[cfg(test)]
mod tests;
