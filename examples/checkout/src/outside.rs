//! The services outside of the shop, as small fakes with the faults of real ones.

mod mail;
mod payments;

pub use self::{
    mail::MailCatcher,
    payments::{Conduct, PaymentService},
};

fn happens_once_in(times: u64) -> bool {
    times > 0 && fastrand::u64(..times) == 0
}
