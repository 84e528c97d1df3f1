//! Raw identifiers as variants, fields, types and parameters.

#![allow(non_camel_case_types)]

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(category = "r#match")]
enum r#match {
    r#type {
        r#fn: String,
    },
    #[event(version = 2, from(r#struct))]
    r#move(r#struct2),
    r#loop,
}

#[derive(Deserialize, Schema)]
struct r#struct {
    r#impl: u32,
}

#[derive(Serialize, Deserialize, Schema)]
struct r#struct2 {
    r#impl: u64,
}

impl From<r#struct> for r#match {
    fn from(old: r#struct) -> Self {
        Self::r#move(r#struct2 { r#impl: old.r#impl.into() })
    }
}

#[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
#[aggregate(event = r#match, id = r#as, snapshot(version = 1, every = 10))]
struct r#enum {
    r#use: bool,
}

struct r#as;

impl std::fmt::Display for r#as {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one")
    }
}

impl Apply<r#match> for r#enum {
    fn apply(&mut self, _: r#match) {
        self.r#use = true;
    }
}

#[derive(Command)]
#[command(aggregate = r#enum)]
struct r#do {
    #[command(id)]
    r#in: r#as,
}

#[derive(EventSet)]
enum r#trait {
    r#static(r#match),
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "r#row")]
struct r#static {
    #[read_model(key)]
    r#type: String,
    r#fn: bool,
}

#[test]
fn raw_identifiers_lose_their_prefix() {
    assert_eq!(
        r#match::TYPES.iter().map(|ty| ty.name).collect::<Vec<_>>(),
        ["r#match.type", "r#match.move", "r#match.loop"]
    );
    assert_eq!(r#match::r#type { r#fn: "f".into() }.encode().unwrap().get(), r#"{"fn":"f"}"#);
    assert_eq!(r#do { r#in: r#as }.aggregate_id().to_string(), "one");
    assert_eq!(r#trait::TYPES.len(), 3);
    let table = r#static::table();
    assert_eq!(table.name, "r#row");
    assert_eq!(table.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), ["type", "fn"]);
}
