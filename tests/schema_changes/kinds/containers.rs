//! Lists, sets, maps, tuples and newtypes.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        list_to_one::kind(),
        one_to_list::kind(),
        list_to_set::kind(),
        set_to_list::kind(),
        items_of_a_set_changed::kind(),
        map_to_struct::kind(),
        struct_to_map::kind(),
        keys_of_a_map_changed::kind(),
        variant_of_a_key_removed::kind(),
        tuple_grown::kind(),
        tuple_shrunk::kind(),
        array_grown::kind(),
        array_to_list::kind(),
        tuple_to_struct::kind(),
        newtype_wrapped::kind(),
        newtype_unwrapped::kind(),
        newtype_to_struct::kind(),
        boxed::kind(),
    ]
}

kind! { list_to_one, Breaking, "a list is one value";
    before { Opened { owners: Vec<String> } }
    after { Opened { owners: String } }
    events { AccountEvent::Opened { owners: vec![s("Ada")] } }
    meant { AccountEvent::Opened { owners: s("Ada") } }
    fill { "/* what became of `old.owners` */" => "old.owners.into_iter().next().unwrap_or_default()" }
}

kind! { one_to_list, Breaking, "one value is a list";
    before { Opened { owners: String } }
    after { Opened { owners: Vec<String> } }
    events { AccountEvent::Opened { owners: s("Ada") } }
    meant { AccountEvent::Opened { owners: vec![s("Ada")] } }
    fill { "/* what became of `old.owners` */" => "vec![old.owners]" }
}

kind! { list_to_set, Silent, "a list is a set";
    before { Opened { tags: Vec<u32> } }
    after { Opened { tags: BTreeSet<u32> } }
    events { AccountEvent::Opened { tags: vec![700, 700, 600] } }
    meant { AccountEvent::Opened { tags: [600, 700].into() } }
    fill { "/* what became of `old.tags` */" => "old.tags.into_iter().collect()" }
}

kind! { set_to_list, Compatible, "a set is a list";
    before { Opened { tags: BTreeSet<u32> } }
    after { Opened { tags: Vec<u32> } }
    events { AccountEvent::Opened { tags: [600, 700].into() } }
    meant { AccountEvent::Opened { tags: vec![600, 700] } }
}

kind! { items_of_a_set_changed, Breaking, "the items of a set have another type";
    before { Opened { tags: BTreeSet<Tag> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct Tag { name: String }
    }
    after { Opened { tags: BTreeSet<String> } }
    events { AccountEvent::Opened { tags: [Tag { name: s("vip") }].into() } }
    meant { AccountEvent::Opened { tags: [s("vip")].into() } }
    fill { "/* what became of `old.tags` */" => "old.tags.into_iter().map(|tag| tag.name).collect()" }
}

kind! { map_to_struct, Breaking, "a map is a struct";
    before { Limited { limits: BTreeMap<String, u64> } }
    after { Limited { limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { day: u64, month: u64 }
    }
    events { AccountEvent::Limited { limits: [(s("day"), 600), (s("month"), 700)].into() }, AccountEvent::Limited { limits: [].into() } }
    meant {
        AccountEvent::Limited { limits: Limits { day: 600, month: 700 } },
        AccountEvent::Limited { limits: Limits { day: 0, month: 0 } },
    }
    fill {
        "/* what became of `old.limits` */" =>
            "Limits { day: old.limits.get(\"day\").copied().unwrap_or(0), month: old.limits.get(\"month\").copied().unwrap_or(0) }"
    }
}

kind! { struct_to_map, Compatible, "a struct is a map";
    before { Limited { limits: Limits } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Limits { day: u64, month: u64 }
    }
    after { Limited { limits: BTreeMap<String, u64> } }
    events { AccountEvent::Limited { limits: Limits { day: 600, month: 700 } } }
    meant { AccountEvent::Limited { limits: [(s("day"), 600), (s("month"), 700)].into() } }
}

kind! { keys_of_a_map_changed, Breaking, "the keys of a map have another type";
    before { Limited { limits: BTreeMap<String, u64> } }
    after { Limited { limits: BTreeMap<u32, u64> } }
    events { AccountEvent::Limited { limits: [(s("day"), 600)].into() } }
    meant { AccountEvent::Limited { limits: [(3, 600)].into() } }
    fill { "/* what became of `old.limits` */" => "old.limits.into_iter().map(|(key, limit)| (key.len() as u32, limit)).collect()" }
}

kind! { variant_of_a_key_removed, Breaking, "a variant of the keys of a map is removed";
    before { Limited { limits: BTreeMap<Period, u64> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Period { Day, Week }
    }
    after { Limited { limits: BTreeMap<Period, u64> } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Period { Day }
    }
    events { AccountEvent::Limited { limits: [(Period::Day, 600), (Period::Week, 700)].into() } }
    meant { AccountEvent::Limited { limits: [(Period::Day, 600)].into() } }
    fill {
        "/* what became of `old.limits` */" =>
            "old.limits.into_iter().filter(|(period, _)| *period == PeriodV1::Day).map(|(_, limit)| (Period::Day, limit)).collect()"
    }
}

kind! { tuple_grown, Breaking, "a tuple grows";
    before { Moved { to: (u32, u32) } }
    after { Moved { to: (u32, u32, u32) } }
    events { AccountEvent::Moved { to: (600, 700) } }
    meant { AccountEvent::Moved { to: (600, 700, 0) } }
    fill { "/* what became of `old.to` */" => "(old.to.0, old.to.1, 0)" }
}

kind! { tuple_shrunk, Breaking, "a tuple shrinks";
    before { Moved { to: (u32, u32, u32) } }
    after { Moved { to: (u32, u32) } }
    events { AccountEvent::Moved { to: (600, 700, 800) } }
    meant { AccountEvent::Moved { to: (600, 700) } }
    fill { "/* what became of `old.to` */" => "(old.to.0, old.to.1)" }
}

kind! { array_grown, Breaking, "an array grows";
    before { Moved { to: [u32; 2] } }
    after { Moved { to: [u32; 3] } }
    events { AccountEvent::Moved { to: [600, 700] } }
    meant { AccountEvent::Moved { to: [600, 700, 0] } }
    fill { "/* what became of `old.to` */" => "[old.to[0], old.to[1], 0]" }
}

kind! { array_to_list, Compatible, "an array is a list";
    before { Moved { to: [u32; 2] } }
    after { Moved { to: Vec<u32> } }
    events { AccountEvent::Moved { to: [600, 700] } }
    meant { AccountEvent::Moved { to: vec![600, 700] } }
}

kind! { tuple_to_struct, Breaking, "a tuple is a struct";
    before { Moved { to: (String, u32) } }
    after { Moved { to: Place } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Place { number: u32, street: String }
    }
    events { AccountEvent::Moved { to: (s("High Street"), 700) } }
    meant { AccountEvent::Moved { to: Place { number: 700, street: s("High Street") } } }
    fill { "/* what became of `old.to` */" => "Place { number: old.to.1, street: old.to.0 }" }
}

kind! { newtype_wrapped, Compatible, "a value is wrapped in a newtype";
    before { Opened { owner: String } }
    after { Opened { owner: Owner } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Owner(String);
    }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Opened { owner: Owner(s("Ada")) } }
}

kind! { newtype_unwrapped, Compatible, "a newtype is unwrapped";
    before { Opened { owner: Owner } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Owner(String);
    }
    after { Opened { owner: String } }
    events { AccountEvent::Opened { owner: Owner(s("Ada")) } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { newtype_to_struct, Breaking, "a newtype is a struct with fields";
    before { Opened { owner: Owner } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Owner(String);
    }
    after { Opened { owner: Owner } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Owner { first: String, last: String }
    }
    events { AccountEvent::Opened { owner: Owner(s("Ada Lovelace")) } }
    meant { AccountEvent::Opened { owner: Owner { first: s("Ada Lovelace"), last: s("") } } }
    fill { "/* what became of `old.owner` */" => "Owner { first: old.owner.0, last: s(\"\") }" }
}

kind! { boxed, Compatible, "a value is boxed";
    before { Opened { owner: String, limit: u32 } }
    after { Opened { owner: Box<str>, limit: Box<u32> } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: "Ada".into(), limit: Box::new(700) } }
}
