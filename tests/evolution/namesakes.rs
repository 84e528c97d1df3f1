//! Events of one name in two enums of one module.

use eventsource::prelude::*;

use super::releases::said;

mod first {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "bank")]
    pub(super) enum BankEvent {
        Opened { owner: String },
    }

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "loan")]
    pub(super) enum LoanEvent {
        Opened { amount: u64 },
    }

    #[derive(EventSet)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(super) enum AccountEvent {
        Bank(BankEvent),
        Loan(LoanEvent),
    }
}

mod second {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "bank")]
    pub(super) enum BankEvent {
        Opened { name: String },
    }

    #[derive(Debug, Serialize, Deserialize, Event)]
    #[event(category = "loan")]
    pub(super) enum LoanEvent {
        Opened { sum: u64 },
    }

    #[derive(EventSet)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub(super) enum AccountEvent {
        Bank(BankEvent),
        Loan(LoanEvent),
    }
}

#[test]
fn the_old_types_of_two_events_of_one_name_have_two_names() {
    let said = said::<first::AccountEvent, second::AccountEvent>().expect("a failure");
    for code in ["struct OpenedV1 {\n        owner", "struct LoanEventOpenedV1 {\n        amount"] {
        assert!(said.contains(code), "{said}");
    }
    assert!(said.contains("impl From<LoanEventOpenedV1> for LoanEvent {"), "{said}");
}
