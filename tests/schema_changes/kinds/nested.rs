//! Structs in events.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        nested_field_renamed::kind(),
        nested_field_renamed_in_a_list::kind(),
        nested_field_with_a_default_added::kind(),
        compatible_nested_change_next_to_another::kind(),
        struct_of_a_variant_changed::kind(),
        boxed_struct_of_a_variant_changed::kind(),
        enum_of_a_variant_changed::kind(),
        recursive_type_changed::kind(),
        type_in_a_module_changed::kind(),
        struct_of_a_variant_in_a_module_changed::kind(),
        unchanged_type_in_a_module::kind(),
        one_of_two_types_of_one_name_changed::kind(),
        argument_changed::kind(),
        generic_type_changed::kind(),
        fields_flattened::kind(),
        flatten_dropped::kind(),
        flatten_added::kind(),
        flattened_field_renamed::kind(),
        flattened_map_removed::kind(),
    ]
}

kind! { nested_field_renamed, Breaking, "a field of a nested struct is renamed";
    before { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { item: String, #[serde(default = "forty_two")] count: u32 }
    }
    after { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { article: String, #[serde(default = "forty_two")] count: u32 }
    }
    events { AccountEvent::Ordered { line: Line { item: s("tea"), count: 700 } } }
    older { "account.ordered" / 1: r#"{"line":{"item":"coffee"}}"# }
    meant {
        AccountEvent::Ordered { line: Line { article: s("tea"), count: 700 } },
        AccountEvent::Ordered { line: Line { article: s("coffee"), count: 42 } },
    }
    fill { "/* what became of `old.line` */" => "Line { article: old.line.item, count: old.line.count }" }
}

kind! { nested_field_renamed_in_a_list, Breaking, "a field of the items of a list is renamed";
    before { Ordered { lines: Vec<Line>, by_name: BTreeMap<String, Line> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { item: String }
    }
    after { Ordered { lines: Vec<Line>, by_name: BTreeMap<String, Line> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { article: String }
    }
    events { AccountEvent::Ordered { lines: vec![Line { item: s("tea") }], by_name: [(s("x"), Line { item: s("milk") })].into() } }
    meant { AccountEvent::Ordered { lines: vec![Line { article: s("tea") }], by_name: [(s("x"), Line { article: s("milk") })].into() } }
    fill {
        "/* what became of `old.lines` */" => "old.lines.into_iter().map(|line| Line { article: line.item }).collect()",
        "/* what became of `old.by_name` */" =>
            "old.by_name.into_iter().map(|(name, line)| (name, Line { article: line.item })).collect()",
    }
}

kind! { nested_field_with_a_default_added, Compatible, "a field with `default` is added to a nested struct";
    before { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { item: String }
    }
    after { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { item: String, #[serde(default)] count: u32 }
    }
    events { AccountEvent::Ordered { line: Line { item: s("tea") } } }
    meant { AccountEvent::Ordered { line: Line { item: s("tea"), count: 0 } } }
}

kind! { compatible_nested_change_next_to_another, Breaking, "a field is renamed, and a nested struct has a new field with `default`";
    before { Ordered { line: Line, name: String } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { item: String }
    }
    after { Ordered { line: Line, owner: String } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { item: String, #[serde(default)] count: u32 }
    }
    events { AccountEvent::Ordered { line: Line { item: s("tea") }, name: s("Ada") } }
    meant { AccountEvent::Ordered { line: Line { item: s("tea"), count: 0 }, owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { struct_of_a_variant_changed, Silent, "a field is removed from the struct of a variant, `Deposited(Deposit)`";
    before { Deposited(Deposit) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Deposit { amount: u64, #[serde(default = "forty_two")] limit: u32, note: String }
    }
    after { Deposited(Deposit) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Deposit { amount: u64, #[serde(default = "forty_two")] limit: u32 }
    }
    events { AccountEvent::Deposited(Deposit { amount: 700, limit: 800, note: s("rent") }) }
    older { "account.deposited" / 1: r#"{"amount":900,"note":"rent"}"# }
    meant {
        AccountEvent::Deposited(Deposit { amount: 700, limit: 800 }),
        AccountEvent::Deposited(Deposit { amount: 900, limit: 42 }),
    }
}

kind! { boxed_struct_of_a_variant_changed, Breaking, "a field is renamed in a boxed struct, `Deposited(Box<Deposit>)`";
    before { Deposited(Box<Deposit>) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Deposit { amount: u64, note: String }
    }
    after { Deposited(Box<Deposit>) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Deposit { amount: u64, remark: String }
    }
    events { AccountEvent::Deposited(Box::new(Deposit { amount: 700, note: s("rent") })) }
    meant { AccountEvent::Deposited(Box::new(Deposit { amount: 700, remark: s("rent") })) }
    fill { "/* what it was */" => "old.note" }
}

kind! { enum_of_a_variant_changed, Breaking, "a variant is removed from the enum of a variant, `Paid(Means)`";
    before { Paid(Means) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Cheque }
    }
    after { Paid(Means) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash }
    }
    events { AccountEvent::Paid(Means::Cheque) }
    meant { AccountEvent::Paid(Means::Cash) }
    fill { "/* what became of `old` */" => "match old { PaidV1::Cash | PaidV1::Cheque => Means::Cash }" }
}

kind! { recursive_type_changed, Breaking, "a field of a type that contains itself is renamed";
    before { Planted { tree: Tree } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Tree { name: String, next: Option<Box<Tree>>, children: Vec<Tree> }
    }
    after { Planted { tree: Tree } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Tree { title: String, next: Option<Box<Tree>>, children: Vec<Tree> }

        impl From<TreeBefore> for Tree {
            fn from(old: TreeBefore) -> Self {
                Self {
                    title: old.0,
                    next: old.1.map(|next| Box::new(Tree::from(*next))),
                    children: old.2.into_iter().map(Tree::from).collect(),
                }
            }
        }

        pub(crate) struct TreeBefore(String, Option<Box<TreeBefore>>, Vec<TreeBefore>);
    }
    events {
        AccountEvent::Planted {
            tree: Tree {
                name: s("oak"),
                next: Some(Box::new(Tree { name: s("elm"), next: None, children: vec![] })),
                children: vec![Tree { name: s("ash"), next: None, children: vec![] }],
            }
        }
    }
    meant {
        AccountEvent::Planted {
            tree: Tree {
                title: s("oak"),
                next: Some(Box::new(Tree { title: s("elm"), next: None, children: vec![] })),
                children: vec![Tree { title: s("ash"), next: None, children: vec![] }],
            }
        }
    }
    fill {
        "/* what became of `old.tree` */" =>
            "{ fn plain(old: TreeV1) -> TreeBefore { TreeBefore(old.name, old.next.map(|next| Box::new(plain(*next))), old.children.into_iter().map(plain).collect()) } plain(old.tree).into() }"
    }
}

kind! { type_in_a_module_changed, Breaking, "a field of a struct in another module is renamed";
    before { Paid { price: money::Money } } with {
        pub(crate) mod money {
            use super::*;

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Money { pub(crate) cents: u64, pub(crate) unit: Unit, #[serde(default = "forty_two")] pub(crate) rate: u32 }

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) enum Unit { Eur }
        }
    }
    after { Paid { price: money::Money } } with {
        pub(crate) mod money {
            use super::*;

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Money { amount: u64, unit: Unit, #[serde(default = "forty_two")] rate: u32 }

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) enum Unit { Eur }

            impl Money {
                pub(crate) fn eur(amount: u64, rate: u32) -> Self {
                    Self { amount, unit: Unit::Eur, rate }
                }
            }
        }
    }
    events { AccountEvent::Paid { price: money::Money { cents: 700, unit: money::Unit::Eur, rate: 800 } } }
    older { "account.paid" / 1: r#"{"price":{"cents":900,"unit":"Eur"}}"# }
    meant { AccountEvent::Paid { price: money::Money::eur(700, 800) }, AccountEvent::Paid { price: money::Money::eur(900, 42) } }
    fill { "/* what became of `old.price` */" => "money::Money::eur(old.price.cents, old.price.rate)" }
}

kind! { struct_of_a_variant_in_a_module_changed, Breaking, "a field is renamed in the struct of a variant, in another module";
    before { Deposited(payload::Deposit) } with {
        pub(crate) mod payload {
            use super::*;

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Deposit { pub(crate) amount: u64, pub(crate) note: String }
        }
    }
    after { Deposited(payload::Deposit) } with {
        pub(crate) mod payload {
            use super::*;

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Deposit { amount: u64, remark: String }

            impl Deposit {
                pub(crate) fn new(amount: u64, remark: String) -> Self {
                    Self { amount, remark }
                }
            }
        }
    }
    events { AccountEvent::Deposited(payload::Deposit { amount: 700, note: s("rent") }) }
    meant { AccountEvent::Deposited(payload::Deposit::new(700, s("rent"))) }
    fill { "/* what it was */" => "old.note" }
}

kind! { unchanged_type_in_a_module, Silent, "a field is removed whose type is in another module";
    before { Paid { unit: money::Unit, page: money::Page<money::Unit>, amount: u32 } } with {
        pub(crate) mod money {
            use super::*;

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) enum Unit { Eur }

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Page<T> { pub(crate) of: T }
        }
    }
    after { Paid { amount: u32 }, Priced { unit: money::Unit, page: money::Page<money::Unit> } } with {
        pub(crate) mod money {
            use super::*;

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) enum Unit { Eur }

            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Page<T> { pub(crate) of: T }
        }
    }
    events { AccountEvent::Paid { unit: money::Unit::Eur, page: money::Page { of: money::Unit::Eur }, amount: 700 } }
    meant { AccountEvent::Paid { amount: 700 } }
}

kind! { one_of_two_types_of_one_name_changed, Breaking, "a field is renamed in one of two types of the same name";
    before { Moved { from: home::Place, to: work::Place } } with {
        pub(crate) mod home {
            use super::*;
            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Place { pub(crate) street: String }
        }
        pub(crate) mod work {
            use super::*;
            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Place { pub(crate) room: u32 }
        }
    }
    after { Moved { from: home::Place, to: work::Place } } with {
        pub(crate) mod home {
            use super::*;
            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Place { pub(crate) street: String }
        }
        pub(crate) mod work {
            use super::*;
            #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
            pub(crate) struct Place { pub(crate) office: u32 }
        }
    }
    events { AccountEvent::Moved { from: home::Place { street: s("High Street") }, to: work::Place { room: 700 } } }
    meant { AccountEvent::Moved { from: home::Place { street: s("High Street") }, to: work::Place { office: 700 } } }
    fill { "/* what became of `old.to` */" => "work::Place { office: old.to.room }" }
}

kind! { argument_changed, Breaking, "the argument of a generic type changes, `Page<u32>` to `Page<String>`";
    before { Listed { page: Page<u32> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Page<T> { items: Vec<T> }
    }
    after { Listed { page: Page<String> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Page<T> { items: Vec<T> }
    }
    events { AccountEvent::Listed { page: Page { items: vec![700] } } }
    meant { AccountEvent::Listed { page: Page { items: vec![s("700")] } } }
    fill {
        "/* what became of `old.page` */" => "Page { items: old.page.items.iter().map(u32::to_string).collect() }"
    }
}

kind! { generic_type_changed, Breaking, "a field of a generic type is renamed";
    before { Listed { page: Page<String> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Page<T> { items: Vec<T>, next: u32 }
    }
    after { Listed { page: Page<String> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Page<T> { rows: Vec<T>, next: u32 }
    }
    events { AccountEvent::Listed { page: Page { items: vec![s("tea")], next: 700 } } }
    meant { AccountEvent::Listed { page: Page { rows: vec![s("tea")], next: 700 } } }
    fill { "/* what became of `old.page` */" => "Page { rows: old.page.items, next: old.page.next }" }
}

kind! { fields_flattened, Compatible, "fields move to a struct with `flatten`";
    before { Opened { owner: String, limit: u32 } }
    after { Opened { owner: String, #[serde(flatten)] limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { limit: u32 }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), limits: Limits { limit: 700 } } }
}

kind! { flatten_dropped, Breaking, "`flatten` is removed";
    before { Opened { owner: String, #[serde(flatten)] limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { limit: u32 }
    }
    after { Opened { owner: String, limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { limit: u32 }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limits: Limits { limit: 700 } } }
    meant { AccountEvent::Opened { owner: s("Ada"), limits: Limits { limit: 700 } } }
}

kind! { flatten_added, Breaking, "`flatten` is added to a nested struct";
    before { Opened { owner: String, limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { limit: u32 }
    }
    after { Opened { owner: String, #[serde(flatten)] limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { limit: u32 }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limits: Limits { limit: 700 } } }
    meant { AccountEvent::Opened { owner: s("Ada"), limits: Limits { limit: 700 } } }
}

kind! { flattened_field_renamed, Breaking, "a field of a flattened struct is renamed";
    before { Opened { owner: String, #[serde(flatten)] limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { limit: u32 }
    }
    after { Opened { owner: String, #[serde(flatten)] limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { cap: u32 }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limits: Limits { limit: 700 } } }
    meant { AccountEvent::Opened { owner: s("Ada"), limits: Limits { cap: 700 } } }
    fill { "/* what became of `old.limits` */" => "Limits { cap: old.limits.limit }" }
}

kind! { flattened_map_removed, Silent, "a flattened map is removed";
    before { Opened { owner: String, #[serde(flatten)] rest: BTreeMap<String, Value> } }
    after { Opened { owner: String } }
    events { AccountEvent::Opened { owner: s("Ada"), rest: [(s("note"), Value::from("vip"))].into() } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}
