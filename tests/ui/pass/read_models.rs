use std::collections::HashMap;

use eventsource::{
    prelude::*,
    store::{Column, ColumnKind},
};
use serde_json::Value;

/// Has no schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Money(i64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Frozen,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct AccountId(uuid::Uuid);

/// Every attribute, and a field of every kind.
#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances", version = 3, partitions = 8, setup = false)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Balance {
    #[read_model(key)]
    account_id: AccountId,
    #[read_model(key, sql = "varchar(3)")]
    r#type: String,
    #[serde(default)]
    is_open: bool,
    small: u8,
    middle: u32,
    large: Option<u64>,
    rate: f32,
    #[serde(rename = "status", alias = "state")]
    state: State,
    opened_at: Option<Timestamp>,
    labels: HashMap<String, String>,
    anything: Value,
    #[read_model(sql = "numeric(12,2)")]
    limit: Option<Money>,
    #[serde(with = "as_text")]
    #[read_model(sql = "text")]
    cents: i64,
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(cents: &i64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(cents)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

/// Made by a macro of the user.
macro_rules! row {
    ($name:ident, $table:literal, $key:ty) => {
        #[derive(Clone, Serialize, Deserialize, ReadModel)]
        #[read_model(table = $table)]
        struct $name {
            #[read_model(key)]
            id: $key,
        }
    };
}

row!(Counter, "counters", u64);

#[test]
fn a_row_has_the_columns_that_serde_writes() {
    let column = |name: &str, kind, nullable, key| Column { name: name.to_owned(), kind, nullable, key };
    let native = |name: &str| ColumnKind::Native(name.to_owned());
    let table = Balance::table();
    assert_eq!((&*table.name, table.owned_by_application), ("balances", true));
    assert_eq!((Balance::TABLE, Balance::VERSION, Balance::PARTITIONS), ("balances", 3, 8));
    let expected = [
        column("accountId", ColumnKind::Uuid, false, true),
        column("type", native("varchar(3)"), false, true),
        column("isOpen", ColumnKind::Bool, false, false),
        column("small", ColumnKind::Int16, false, false),
        column("middle", ColumnKind::Int64, false, false),
        column("large", ColumnKind::Numeric, true, false),
        column("rate", ColumnKind::Float32, false, false),
        column("status", ColumnKind::Text, false, false),
        column("openedAt", ColumnKind::Timestamp, true, false),
        column("labels", ColumnKind::Json, false, false),
        column("anything", ColumnKind::Json, true, false),
        column("limit", native("numeric(12,2)"), true, false),
        column("cents", native("text"), false, false),
    ];
    assert_eq!(table.columns, expected);
}

#[test]
fn a_key_is_a_clone_of_its_fields() {
    assert_eq!(Counter { id: 7 }.row_key(), 7);
    assert_eq!((Counter::TABLE, Counter::VERSION, Counter::PARTITIONS), ("counters", 1, 1));
    assert!(!Counter::table().owned_by_application);

    let account = AccountId(uuid::Uuid::from_u128(1));
    let json = r#"{"accountId":"00000000-0000-0000-0000-000000000001","type":"eur","small":1,"middle":1,
        "large":null,"rate":0.5,"state":"open","openedAt":"2026-11-21T05:37:56.123456+00:00","labels":{},
        "anything":null,"limit":null,"cents":"5"}"#;
    let row: Balance = serde_json::from_str(json).unwrap();
    assert_eq!(row.row_key(), (account, "eur".to_owned()));
}
