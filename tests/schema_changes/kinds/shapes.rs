//! Other forms of fields and types.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        types_kept::kind(),
        fields_of_many_types_removed::kind(),
        struct_with_a_tag_changed::kind(),
        tag_of_a_struct_removed::kind(),
        element_of_a_tuple_struct_changed::kind(),
        field_no_longer_read::kind(),
        field_never_read_next_to_a_change::kind(),
        field_no_longer_written::kind(),
        skipped_field_kept::kind(),
        two_fields_joined::kind(),
        field_split::kind(),
        plain_value_changed::kind(),
        struct_for_changed_fields::kind(),
        fields_for_a_changed_struct::kind(),
        generic_struct_of_a_variant_changed::kind(),
        nested_field_removed_under_other_names::kind(),
        alias_of_a_variant_dropped::kind(),
        struct_in_a_tagged_variant_changed::kind(),
        defaults_of_a_type_by_a_function::kind(),
        parameter_of_the_events::kind(),
        library_with_another_path::kind(),
    ]
}

kind! { types_kept, Breaking, "a field is renamed next to fields of many types";
    before {
        Opened {
            name: String,
            shared: Box<str>,
            size: usize,
            map: std::collections::HashMap<String, Vec<Option<u8>>>,
            path: std::path::PathBuf,
            text: std::borrow::Cow<'static, str>,
            one: std::num::NonZeroU8,
            few: ([u8; 3], (i128, f32)),
            time: std::time::Duration,
            done: Result<u32, String>,
            unit: (),
        }
    }
    after {
        Opened {
            owner: String,
            shared: Box<str>,
            size: usize,
            map: std::collections::HashMap<String, Vec<Option<u8>>>,
            path: std::path::PathBuf,
            text: std::borrow::Cow<'static, str>,
            one: std::num::NonZeroU8,
            few: ([u8; 3], (i128, f32)),
            time: std::time::Duration,
            done: Result<u32, String>,
            unit: (),
        }
    }
    events {
        AccountEvent::Opened {
            name: s("Ada"),
            shared: "shared".into(),
            size: 700,
            map: [(s("key"), vec![Some(3), None])].into(),
            path: "path".into(),
            text: "text".into(),
            one: std::num::NonZeroU8::MIN,
            few: ([1, 2, 3], (-4, 0.5)),
            time: std::time::Duration::from_secs(800),
            done: Err(s("refused")),
            unit: (),
        }
    }
    meant {
        AccountEvent::Opened {
            owner: s("Ada"),
            shared: "shared".into(),
            size: 700,
            map: [(s("key"), vec![Some(3), None])].into(),
            path: "path".into(),
            text: "text".into(),
            one: std::num::NonZeroU8::MIN,
            few: ([1, 2, 3], (-4, 0.5)),
            time: std::time::Duration::from_secs(800),
            done: Err(s("refused")),
            unit: (),
        }
    }
    fill { "/* what it was */" => "old.name" }
}

kind! { fields_of_many_types_removed, Silent, "fields of many types are removed";
    before {
        Opened {
            owner: String,
            r#type: Box<str>,
            size: usize,
            map: std::collections::HashMap<u16, Vec<Option<u8>>>,
            one: std::num::NonZeroI16,
            few: ([u8; 3], (i128, f32), (u8,)),
            time: std::time::Duration,
            done: Result<u32, Marker>,
            unit: Marker,
            id: Uuid,
            at: Timestamp,
            address: std::net::IpAddr,
            socket: Option<std::net::SocketAddr>,
            letter: char,
            any: Value,
            set: BTreeSet<char>,
        }
    } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Marker;
    }
    after { Opened { owner: String } }
    events {
        AccountEvent::Opened {
            owner: s("Ada"),
            r#type: "shared".into(),
            size: 700,
            map: [(5, vec![Some(3), None])].into(),
            one: std::num::NonZeroI16::MIN,
            few: ([1, 2, 3], (-4, 0.5), (1,)),
            time: std::time::Duration::from_secs(800),
            done: Err(Marker),
            unit: Marker,
            id: Uuid::nil(),
            at: Timestamp::now(),
            address: [127, 0, 0, 1].into(),
            socket: Some(([127, 0, 0, 1], 80).into()),
            letter: 'x',
            any: Value::Null,
            set: ['a', 'b'].into(),
        }
    }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { struct_with_a_tag_changed, Breaking, "a field is renamed in a struct with a `tag`";
    before { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind", rename = "line")]
        pub(crate) struct Line { item: String }
    }
    after { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind", rename = "line")]
        pub(crate) struct Line { article: String }
    }
    events { AccountEvent::Ordered { line: Line { item: s("tea") } } }
    meant { AccountEvent::Ordered { line: Line { article: s("tea") } } }
    fill { "/* what became of `old.line` */" => "Line { article: old.line.item }" }
}

kind! { tag_of_a_struct_removed, Compatible, "the `tag` of a struct is removed";
    before { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind")]
        pub(crate) struct Line { item: String }
    }
    after { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Line { item: String }
    }
    events { AccountEvent::Ordered { line: Line { item: s("tea") } } }
    meant { AccountEvent::Ordered { line: Line { item: s("tea") } } }
}

kind! { element_of_a_tuple_struct_changed, Breaking, "an element of a tuple struct has another type";
    before { Moved { to: Place } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Place(String, u32, #[serde(default = "forty_two")] u32);
    }
    after { Moved { to: Place } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Place(String, String, #[serde(default = "forty_two")] u32);
    }
    events { AccountEvent::Moved { to: Place(s("High Street"), 700, 800) } }
    older { "account.moved" / 1: r#"{"to":["Low Street",600]}"# }
    meant { AccountEvent::Moved { to: Place(s("High Street"), s("700"), 800) }, AccountEvent::Moved { to: Place(s("Low Street"), s("600"), 42) } }
    fill {
        "/* the function of its former default; remove ` = …` if it had none */" => "forty_two",
        "/* what became of `old.to` */" => "Place(old.to.0, old.to.1.to_string(), old.to.2)",
    }
}

kind! { field_no_longer_read, Silent, "a field is no longer read (`skip_deserializing`)";
    before { Opened { owner: String, total: u32 } }
    after { Opened { owner: String, #[serde(skip_deserializing)] total: u32 } }
    events { AccountEvent::Opened { owner: s("Ada"), total: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), total: 0 } }
}

kind! { field_never_read_next_to_a_change, Breaking, "a field is renamed next to one that is never read";
    before { Opened { name: String, #[serde(skip_deserializing)] total: u32 } }
    after { Opened { owner: String, #[serde(skip_deserializing, default = "forty_two")] total: u32 } }
    events { AccountEvent::Opened { name: s("Ada"), total: 42 } }
    meant { AccountEvent::Opened { owner: s("Ada"), total: 42 } }
    fill { "/* what it was */" => "old.name" }
}

kind! { field_no_longer_written, Compatible, "a field is only read any more (`skip_serializing`, with `default`)";
    before { Opened { owner: String, total: u32 } }
    after { Opened { owner: String, #[serde(skip_serializing, default)] total: u32 } }
    events { AccountEvent::Opened { owner: s("Ada"), total: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), total: 700 } }
}

kind! { skipped_field_kept, Breaking, "a field is renamed next to one with `skip`";
    before { Opened { name: String, #[serde(skip)] total: u32 } }
    after { Opened { owner: String, #[serde(skip, default = "forty_two")] total: u32 } }
    events { AccountEvent::Opened { name: s("Ada"), total: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), total: 42 } }
    fill { "/* what it was */" => "old.name" }
}

kind! { two_fields_joined, Breaking, "two fields become one, with `alias`";
    before { Opened { name: String, owner: String, limit: u32 } }
    after { Opened { #[serde(alias = "name")] owner: String, limit: u32 } }
    events { AccountEvent::Opened { name: s("Ada"), owner: s("Lovelace"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada Lovelace"), limit: 700 } }
    fill { "/* what became of `old.name` and `old.owner` */" => "format!(\"{} {}\", old.name, old.owner)" }
}

kind! { field_split, Breaking, "one field becomes two";
    before { Opened { name: String } }
    after { Opened { first: String, last: String } }
    events { AccountEvent::Opened { name: s("Ada Lovelace") } }
    meant { AccountEvent::Opened { first: s("Ada"), last: s("Lovelace") } }
    fill {
        "first: /* what it was */" => "first: s(old.name.split(' ').next().unwrap_or_default())",
        "last: /* what it was */" => "last: s(old.name.split(' ').nth(1).unwrap_or_default())",
    }
}

kind! { plain_value_changed, Breaking, "the plain value of a variant has another type, `Opened(String)` to `Opened(u32)`";
    before { Opened(String) }
    after { Opened(u32) }
    events { AccountEvent::Opened(s("700")) }
    meant { AccountEvent::Opened(700) }
    fill { "/* what became of `old` */" => "old.0.parse().unwrap_or_default()" }
}

kind! { struct_for_changed_fields, Breaking, "the fields of a variant move to a struct, and one is renamed";
    before { Opened { name: String, #[serde(default = "forty_two")] limit: u32 } }
    after { Opened(Opening) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Opening { owner: String, #[serde(default = "forty_two")] limit: u32 }
    }
    events { AccountEvent::Opened { name: s("Ada"), limit: 700 } }
    older { "account.opened" / 1: r#"{"name":"Bob"}"# }
    meant { AccountEvent::Opened(Opening { owner: s("Ada"), limit: 700 }), AccountEvent::Opened(Opening { owner: s("Bob"), limit: 42 }) }
    fill { "/* what it was */" => "old.name" }
}

kind! { fields_for_a_changed_struct, Breaking, "the fields of a struct move to the variant, and one is renamed";
    before { Opened(Opening) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Opening { name: String, limit: u32 }
    }
    after { Opened { owner: String, limit: u32 } }
    events { AccountEvent::Opened(Opening { name: s("Ada"), limit: 700 }) }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    fill { "/* what it was */" => "old.name" }
}

kind! { generic_struct_of_a_variant_changed, Breaking, "a field is renamed in the generic struct of a variant";
    before { Listed(Page<String>) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Page<T> { items: Vec<T>, next: u32 }
    }
    after { Listed(Page<String>) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Page<T> { rows: Vec<T>, next: u32 }
    }
    events { AccountEvent::Listed(Page { items: vec![s("tea")], next: 700 }) }
    meant { AccountEvent::Listed(Page { rows: vec![s("tea")], next: 700 }) }
    fill { "/* what it was */" => "old.items" }
}

kind! { nested_field_removed_under_other_names, Silent, "a field is removed from a nested struct with `rename_all`";
    before { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(crate) struct Line { item_name: String, unit_price: u32 }
    }
    after { Ordered { line: Line } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct Line { item_name: String }
    }
    events { AccountEvent::Ordered { line: Line { item_name: s("tea"), unit_price: 700 } } }
    meant { AccountEvent::Ordered { line: Line { item_name: s("tea") } } }
    fill { "/* what became of `old.line` */" => "Line { item_name: old.line.item_name }" }
}

kind! { alias_of_a_variant_dropped, Breaking, "an `alias` of a variant of a nested enum is removed";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { #[serde(alias = "Cash")] Coins }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Coins }
    }
    events { AccountEvent::Paid { with: Means::Coins } }
    older { "account.paid" / 1: r#"{"with":"Cash"}"# }
    meant { AccountEvent::Paid { with: Means::Coins }, AccountEvent::Paid { with: Means::Coins } }
    fill { "/* what became of `old.with` */" => "match old.with { MeansV1::Coins => Means::Coins }" }
}

kind! { struct_in_a_tagged_variant_changed, Breaking, "a field is renamed in the struct of a variant of a nested enum with a `tag`";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind", content = "of")]
        pub(crate) enum Means { Cash, Card(Card), Pair(u32, Card) }
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Card { number: u32 }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind", content = "of")]
        pub(crate) enum Means { Cash, Card(Card), Pair(u32, Card) }
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Card { digits: u32 }
    }
    events {
        AccountEvent::Paid { with: Means::Cash },
        AccountEvent::Paid { with: Means::Card(Card { number: 700 }) },
        AccountEvent::Paid { with: Means::Pair(600, Card { number: 700 }) },
    }
    meant {
        AccountEvent::Paid { with: Means::Cash },
        AccountEvent::Paid { with: Means::Card(Card { digits: 700 }) },
        AccountEvent::Paid { with: Means::Pair(600, Card { digits: 700 }) },
    }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Cash => Means::Cash, MeansV1::Card(card) => Means::Card(Card { digits: card.number }), MeansV1::Pair(first, card) => Means::Pair(first, Card { digits: card.number }) }"
    }
}

kind! { defaults_of_a_type_by_a_function, Breaking, "a field is added to a struct with `#[serde(default = \"path\")]`, and one changes";
    before { Opened { limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(default = "limits")]
        pub(crate) struct Limits { day: u32, month: u32 }
        fn limits() -> Limits { Limits { day: 42, month: 43 } }
    }
    after { Opened { limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(default = "limits")]
        pub(crate) struct Limits { day: u32, month: String, year: u32 }
        fn limits() -> Limits { Limits { day: 42, month: s("43"), year: 44 } }
    }
    events { AccountEvent::Opened { limits: Limits { day: 600, month: 700 } } }
    older { "account.opened" / 1: r#"{"limits":{}}"# }
    meant {
        AccountEvent::Opened { limits: Limits { day: 600, month: s("700"), year: 44 } },
        AccountEvent::Opened { limits: Limits { day: 42, month: s("43"), year: 44 } },
    }
    fill {
        "/* its former default */" => "43",
        "/* what became of `old.limits` */" => "Limits { day: old.limits.day, month: old.limits.month.to_string(), ..limits() }",
    }
}

kind! { parameter_of_the_events, Breaking, "a field is renamed in an enum of events with a parameter";
    before (<T: Clone>) (<String>) { Saved { content: T, list: Vec<T>, name: String } }
    after (<T: Clone>) (<String>) { Saved { content: T, list: Vec<T>, owner: String } }
    events { AccountEvent::Saved { content: s("text"), list: vec![s("more")], name: s("Ada") } }
    meant { AccountEvent::Saved { content: s("text"), list: vec![s("more")], owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { library_with_another_path, Breaking, "a field is renamed where this crate has another path";
    before #[eventsource(crate = "crate::schema_changes::prelude::library")] { Opened { name: String, at: Timestamp } }
    after #[eventsource(crate = "crate::schema_changes::prelude::library")] { Opened { owner: String } }
    events { AccountEvent::Opened { name: s("Ada"), at: Timestamp::now() } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}
