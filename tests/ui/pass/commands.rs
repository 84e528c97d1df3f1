//! `aggregate` and `id`, on named and unnamed fields, owned and borrowed.

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Opened,
}

#[derive(Default, Aggregate)]
#[aggregate(event = AccountEvent, id = String)]
struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

#[derive(Command)]
#[command(aggregate = Account)]
struct Named {
    note: u8,
    #[command(id)]
    account: String,
}

mod elsewhere {
    use eventsource::prelude::*;

    #[derive(Command)]
    #[command(aggregate = super::Account)]
    pub(super) struct Tuple(pub(super) u8, #[command(id)] pub(super) String);
}

#[derive(Command)]
#[command(aggregate = Account)]
struct Borrowed<'a> {
    #[command(id)]
    account: &'a String,
}

#[derive(Command)]
#[command(aggregate = Account)]
struct Shared {
    #[command(id)]
    account: std::sync::Arc<String>,
}

#[derive(Serialize, Deserialize, Schema, Command)]
#[command(aggregate = Account, name = "award.give", version = 1)]
struct Scheduled(#[command(id)] String, u64);

#[test]
fn a_scheduled_command_has_one_type_of_its_name() {
    let award = Scheduled("acc-1".to_owned(), 5);
    assert_eq!(award.encode().unwrap().get(), r#"["acc-1",5]"#);
    assert_eq!((Scheduled::NAME, award.event_type().name), ("award.give", "award.give"));
    assert_eq!(Scheduled::TYPES.len(), 1);
}

#[test]
fn commands_borrow_their_id() {
    let account = "acc-1".to_owned();
    let named = Named { note: 1, account: account.clone() };
    let tuple = elsewhere::Tuple(1, account.clone());
    assert_eq!(named.aggregate_id(), &account);
    assert_eq!(tuple.aggregate_id(), &account);
    assert_eq!((named.note, tuple.0), (1, 1));
    assert_eq!(Borrowed { account: &account }.aggregate_id(), &account);
    assert_eq!(Shared { account: account.clone().into() }.aggregate_id(), &account);
}
