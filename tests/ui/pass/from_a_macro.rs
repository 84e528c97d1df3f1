//! Types from a `macro_rules!` of the user: the generated code resolves its own names nevertheless.

use eventsource::prelude::*;

macro_rules! events {
    (
        $name:ident($field:ident), $category:literal, $old:ident, $function:path, $set:ident($inner:ident),
        $command:ident($id:ident: $ty:ident)
    ) => {
        #[derive(Serialize, Deserialize, Event)]
        #[event(category = $category)]
        enum $name {
            #[event(version = 3, from($old, SecondV2), upcast(1 = $function))]
            First { value: $field, list: Vec<$field> },
            #[event(version = 2, from($old))]
            Second,
        }

        #[derive(EventSet)]
        enum $set {
            First($inner),
        }

        #[derive(Default, Aggregate)]
        #[aggregate(event = $name, id = $ty)]
        struct State;

        #[derive(Command)]
        #[command(aggregate = State)]
        struct $command {
            #[command(id)]
            $id: $ty,
        }
    };
}

#[derive(Serialize, Deserialize, Schema)]
struct Field;

#[derive(Deserialize, Schema)]
struct Old {}

#[derive(Deserialize, Schema)]
struct SecondV2 {}

mod upcasters {
    pub(super) fn nothing<E>(_: super::Old, _: &eventsource::EventContext) -> [E; 0] {
        []
    }
}

events!(Made(Field), "made", Old, upcasters::nothing, Sets(Made), Make(id: String));

impl From<Old> for Made {
    fn from(_: Old) -> Self {
        Self::Second
    }
}

impl From<SecondV2> for Made {
    fn from(_: SecondV2) -> Self {
        Self::Second
    }
}

impl Apply<Made> for State {
    fn apply(&mut self, _: Made) {}
}

#[test]
fn types_made_by_a_macro_are_derived() {
    assert_eq!(Made::TYPES[0].name, "made.first");
    assert_eq!(Sets::TYPES.len(), 2);
    assert_eq!(Make { id: "one".into() }.aggregate_id(), "one");
}
