//! The commands of an application: one for each act of the bank.

mod lifecycle;
mod offers;
mod work;

pub use lifecycle::{
    Accept, Activate, Approve, Cancel, Decline, Finalize, MarkPartlySubmitted, Preaccept, Register, Submit,
};
pub use offers::{
    AcceptOffer, CancelOffer, CreateOffer, DeclineOffer, ReceiveOfferBack, SelectOffer, SendOffer,
};
pub use work::{CompleteWork, ScheduleWork, StartWork};
