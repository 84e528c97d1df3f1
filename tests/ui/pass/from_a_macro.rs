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

/// Values of attributes from a `macro_rules!` of the user, which wraps them in groups.
mod values {
    use super::*;

    macro_rules! values {
        ($($kind:ident)*) => { $(values! { @ $kind })* };
        (@ literal) => { values! { @define literals literal } };
        (@ expr) => { values! { @define expressions expr } };
        (@define $module:ident $kind:ident) => {
            pub(super) mod $module {
                use eventsource::prelude::*;

                macro_rules! types {
                    (
                        $category:$kind, $name:$kind, $was:literal, $version:$kind, $of:literal, $as:$kind, $every:$kind,
                        $partitions:$kind, $setup:$kind, $command:$kind
                    ) => {
                        #[derive(Serialize, Deserialize, Event)]
                        #[event(category = $category)]
                        pub(crate) enum Filed {
                            #[event(name = $name, was($was), version = $version, from(OldFiled), upcast($of = file))]
                            First { #[schema(as = $as)] text: String },
                        }

                        #[derive(Default, PartialEq, Serialize, Deserialize, Aggregate)]
                        #[aggregate(event = Filed, id = str, snapshot(version = $version, every = $every))]
                        pub(crate) struct File {}

                        #[derive(Command)]
                        #[command(aggregate = File, name = $command)]
                        pub(crate) struct Put(#[command(id)] pub(crate) &'static str);

                        #[derive(Clone, Serialize, Deserialize, ReadModel)]
                        #[read_model(table = $category, version = $version, partitions = $partitions, setup = $setup)]
                        pub(crate) struct Row {
                            #[read_model(key, sql = $as)]
                            key: String,
                        }
                    };
                }

                #[derive(Deserialize, Schema)]
                pub(crate) struct OldFiled {}

                fn file(_: OldFiled, _: &EventContext) -> [Filed; 0] {
                    []
                }

                impl Apply<Filed> for File {
                    fn apply(&mut self, _: Filed) {}
                }

                types!("filed", "filed.first", "filed.one", 2, 1, "string", 100, 4, false, "PutIn");
            }
        };
    }

    values! { literal expr }

    #[test]
    fn values_of_attributes_may_come_from_a_macro() {
        assert_eq!(literals::Filed::TYPES[0].version, expressions::Filed::TYPES[0].version);
        assert_eq!((literals::Put::NAME, expressions::Put::NAME), ("PutIn", "PutIn"));
        assert_eq!((literals::Row::PARTITIONS, expressions::Row::VERSION), (4, 2));
        assert_eq!(literals::Put("one").aggregate_id(), expressions::Put("one").aggregate_id());
    }
}
