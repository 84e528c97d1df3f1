//! Golden expansions: the generated code of the derives, to be reviewed when it changes.

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_quote};

use crate::{aggregate, command, event, event_set, process, read_model};

fn formatted(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).expect("the expansion is a list of items"))
}

macro_rules! assert_expansion {
    ($expand:path, $name:literal, $($input:tt)*) => {
        let input: DeriveInput = parse_quote!($($input)*);
        insta::with_settings!({ snapshot_path => "../expansions", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, formatted($expand(&input)));
        });
    };
}

#[test]
fn an_event_has_a_name_and_an_arm_for_each_variant() {
    assert_expansion! { event::expand, "event",
        #[event(category = "account")]
        enum AccountEvent {
            Opened { owner: String },
            #[event(name = "account.debited", was("account.withdrawn", "withdrawn"))]
            Debited(Debit),
            #[serde(rename = "shut")]
            r#Closed,
        }
    }
}

#[test]
fn an_event_hops_from_each_older_version_to_the_current_one_or_to_an_upcaster() {
    assert_expansion! { event::expand, "event_versions",
        #[event(category = "account")]
        enum AccountEvent {
            #[event(version = 3, from(OpenedV1, OpenedV2))]
            Opened { owner: String },
            #[event(version = 4, from(MovedV1, MovedV2, MovedV3), upcast(2 = old::split))]
            Moved { amount: i64 },
        }
    }
}

#[test]
fn an_event_is_written_in_an_older_version_by_a_function_of_its_fields() {
    assert_expansion! { event::expand, "event_write",
        #[event(category = "account")]
        enum AccountEvent {
            #[event(version = 3, from(OpenedV1, OpenedV2), write = 2, downcast = old::opened)]
            Opened { owner: String, r#type: Kind },
            #[event(version = 2, from(DebitV1), write = 1, downcast = debit_v1)]
            Debited(Debit),
            Closed,
        }
    }
}

#[test]
fn an_event_with_parameters_bounds_them_and_finds_the_renamed_crate() {
    assert_expansion! { event::expand, "event_generic",
        #[event(category = "document")]
        #[eventsource(crate = "crate::es")]
        enum DocumentEvent<T: Clone, const N: usize> where T: Debug {
            Saved { content: [T; N] },
        }
    }
}

#[test]
fn an_event_with_a_mistake_is_an_error_and_a_placeholder_impl() {
    assert_expansion! { event::expand, "event_mistake",
        #[event(category = "account")]
        enum AccountEvent<'a, T> {
            Opened { owner: &'a T },
        }
    }
}

#[test]
fn an_event_set_asks_its_members_in_order() {
    assert_expansion! { event_set::expand, "event_set",
        enum ShopEvent {
            Order(OrderEvent),
            Payment(PaymentEvent),
        }
    }
}

#[test]
fn an_aggregate_names_its_types() {
    assert_expansion! { aggregate::expand, "aggregate",
        #[aggregate(event = AccountEvent, id = AccountId)]
        struct Account {
            open: bool,
        }
    }
}

#[test]
fn an_aggregate_with_snapshots_describes_its_state() {
    assert_expansion! { aggregate::expand, "aggregate_snapshot",
        #[aggregate(event = DocumentEvent<T>, id = Id<T>, snapshot(version = 2, every = 100))]
        struct Document<T> {
            content: T,
        }
    }
}

#[test]
fn an_aggregate_has_its_weight_function() {
    assert_expansion! { aggregate::expand, "aggregate_weight",
        #[aggregate(event = OrderEvent, id = OrderId, weight = Order::lines)]
        struct Order {
            lines: Vec<Line>,
        }
    }
}

#[test]
fn an_aggregate_without_an_id_is_an_error_and_a_placeholder_impl() {
    assert_expansion! { aggregate::expand, "aggregate_mistake",
        #[aggregate(event = AccountEvent)]
        struct Account {
            open: bool,
        }
    }
}

#[test]
fn a_command_borrows_its_id() {
    assert_expansion! { command::expand, "command",
        #[command(aggregate = Account)]
        struct Deposit {
            #[command(id)]
            account: AccountId,
            amount: u64,
        }
    }
}

#[test]
fn a_command_may_have_lifetimes_and_parameters() {
    assert_expansion! { command::expand, "command_generic",
        #[command(aggregate = Document<T>)]
        struct Save<'a, T>(&'a str, #[command(id)] &'a Id<T>);
    }
}

#[test]
fn a_scheduled_command_is_its_own_stored_form() {
    assert_expansion! { command::expand, "command_scheduled",
        #[command(aggregate = Account, name = "reminder.send", version = 3, from(RemindV1, RemindV2))]
        struct Remind {
            #[command(id)]
            account: AccountId,
            text: String,
        }
    }
}

#[test]
fn a_command_without_an_id_is_an_error_and_a_placeholder_impl() {
    assert_expansion! { command::expand, "command_mistake",
        #[command(aggregate = Account)]
        struct Deposit {
            amount: u64,
        }
    }
}

#[test]
fn a_process_reacts_to_each_set_by_its_own_functions() {
    assert_expansion! { process::expand, "process",
        #[aggregate(event = CheckoutEvent, id = OrderId)]
        #[process(name = "checkout", on(OrderEvent, shop::OrderEvent), partitions = 4, restartable)]
        pub(crate) struct Checkout {
            paid: bool,
        }
    }
}

#[test]
fn a_process_without_a_name_is_an_error_and_a_placeholder_impl() {
    assert_expansion! { process::expand, "process_mistake",
        #[process(on(OrderEvent))]
        struct Checkout {
            paid: bool,
        }
    }
}

#[test]
fn a_read_model_names_its_columns_and_clones_its_key() {
    assert_expansion! { read_model::expand, "read_model",
        #[read_model(table = "account_balances", version = 2, partitions = 4, setup = false)]
        #[serde(rename_all = "camelCase")]
        struct AccountBalance {
            #[read_model(key)]
            account_id: String,
            balance: Option<i64>,
            #[read_model(sql = "numeric(12,2)")]
            limit: Option<Money>,
        }
    }
}

#[test]
fn a_read_model_with_several_keys_has_a_tuple_of_them() {
    assert_expansion! { read_model::expand, "read_model_tuple",
        #[read_model(table = "seats")]
        struct Seat {
            #[read_model(key)]
            r#type: Kind,
            taken: bool,
            #[read_model(key)]
            number: u32,
        }
    }
}

#[test]
fn a_read_model_with_mistakes_is_errors_and_a_placeholder_impl() {
    assert_expansion! { read_model::expand, "read_model_mistake",
        #[read_model(version = 0)]
        struct AccountBalance {
            #[read_model(key)]
            account: String,
            #[serde(skip)]
            balance: i64,
        }
    }
}
