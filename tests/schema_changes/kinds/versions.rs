//! Names and versions of events.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        event_with_a_name_of_its_own::kind(),
        event_renamed::kind(),
        event_renamed_and_changed::kind(),
        event_added::kind(),
        variant_that_is_a_keyword::kind(),
        third_version::kind(),
        fourth_version::kind(),
        version_after_an_upcaster_function::kind(),
        type_of_two_events_changed::kind(),
        type_that_was_kept_before_changed::kind(),
        type_of_an_older_version_changed::kind(),
        type_of_two_versions_changed::kind(),
        third_version_with_a_parameter::kind(),
    ]
}

kind! { event_with_a_name_of_its_own, Breaking, "a field is renamed in an event with `name` and `was`";
    before { #[event(name = "bank.account-opened", was("account.created"))] Opened { name: String } }
    after { #[event(name = "bank.account-opened", was("account.created"))] Opened { owner: String } }
    events { AccountEvent::Opened { name: s("Ada") } }
    older { "account.created" / 1: r#"{"name":"Bob"}"# }
    meant { AccountEvent::Opened { owner: s("Ada") }, AccountEvent::Opened { owner: s("Bob") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { event_renamed, Compatible, "an event is renamed, with `was` for its former name";
    before { Opened { owner: String } }
    after { #[event(was("account.opened"))] Created { owner: String } }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Created { owner: s("Ada") } }
}

kind! { event_renamed_and_changed, Breaking, "an event is renamed, with `was`, and a field of it too";
    before { Opened { name: String } }
    after { #[event(was("account.opened"))] Created { owner: String } }
    events { AccountEvent::Opened { name: s("Ada") } }
    meant { AccountEvent::Created { owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { event_added, Compatible, "an event is added";
    before { Opened { owner: String } }
    after { Opened { owner: String }, Closed }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { variant_that_is_a_keyword, Breaking, "a field is renamed in a variant with serde's `rename`";
    before { #[serde(rename = "yielded!")] Yield { name: String } }
    after { #[serde(rename = "yielded!")] Yield { owner: String } }
    events { AccountEvent::Yield { name: s("Ada") } }
    meant { AccountEvent::Yield { owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { third_version, Breaking, "an event changes a second time";
    before { #[event(version = 2, from(OpenedV1))] Opened { owner: String, limit: u32 } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { name: String }

        impl From<OpenedV1> for AccountEvent {
            fn from(old: OpenedV1) -> Self { Self::Opened { owner: old.name, limit: 42 } }
        }
    }
    after { #[event(version = 2, from(OpenedV1))] Opened { holder: String, limit: u32 } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { name: String }
        impl From<OpenedV1> for AccountEvent {
            fn from(old: OpenedV1) -> Self { Self::Opened { holder: old.name, limit: 42 } }
        }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    older { "account.opened" / 1: r#"{"name":"Bob"}"# }
    meant { AccountEvent::Opened { holder: s("Ada"), limit: 700 }, AccountEvent::Opened { holder: s("Bob"), limit: 42 } }
    fill {
        "/* what `impl From<OpenedV1> for AccountEvent` returned, as a `OpenedV2` */" => "Self { owner: old.name, limit: 42 }",
        "/* what it was */" => "old.owner",
    }
}

kind! { fourth_version, Breaking, "an event with two older versions changes again";
    before { #[event(version = 3, from(OpenedV1, OpenedV2))] Opened { owner: String, limit: u32 } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { name: String }

        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV2 { title: String }

        impl From<OpenedV1> for OpenedV2 {
            fn from(old: OpenedV1) -> Self { Self { title: old.name } }
        }

        impl From<OpenedV2> for AccountEvent {
            fn from(old: OpenedV2) -> Self { Self::Opened { owner: old.title, limit: 42 } }
        }
    }
    after { #[event(version = 3, from(OpenedV1, OpenedV2))] Opened { owner: String, limit: String } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { name: String }

        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV2 { title: String }

        impl From<OpenedV1> for OpenedV2 {
            fn from(old: OpenedV1) -> Self { Self { title: old.name } }
        }
        impl From<OpenedV2> for AccountEvent {
            fn from(old: OpenedV2) -> Self { Self::Opened { owner: old.title, limit: s("42") } }
        }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    older {
        "account.opened" / 2: r#"{"title":"Bob"}"#,
        "account.opened" / 1: r#"{"name":"Eve"}"#,
    }
    meant {
        AccountEvent::Opened { owner: s("Ada"), limit: s("700") },
        AccountEvent::Opened { owner: s("Bob"), limit: s("42") },
        AccountEvent::Opened { owner: s("Eve"), limit: s("42") },
    }
    fill {
        "/* what `impl From<OpenedV2> for AccountEvent` returned, as a `OpenedV3` */" => "Self { owner: old.title, limit: 42 }",
        "/* what became of `old.limit` */" => "old.limit.to_string()",
    }
}

kind! { version_after_an_upcaster_function, Breaking, "an event with an upcaster function changes again";
    before { #[event(version = 2, from(OpenedV1), upcast(1 = split))] Opened { owner: String } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { names: Vec<String> }

        fn split(old: OpenedV1, _: &EventContext) -> Vec<AccountEvent> {
            old.names.into_iter().map(|owner| AccountEvent::Opened { owner }).collect()
        }
    }
    after { #[event(version = 2, from(OpenedV1), upcast(1 = split))] Opened { holder: String } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { names: Vec<String> }

        fn split(old: OpenedV1, _: &EventContext) -> Vec<AccountEvent> {
            old.names.into_iter().map(|holder| AccountEvent::Opened { holder }).collect()
        }
    }
    events { AccountEvent::Opened { owner: s("Ada") } }
    older { "account.opened" / 1: r#"{"names":["Bob"]}"# }
    meant { AccountEvent::Opened { holder: s("Ada") }, AccountEvent::Opened { holder: s("Bob") } }
    fill { "/* what it was */" => "old.owner" }
}

kind! { type_of_two_events_changed, Breaking, "a field is renamed in a struct of two events";
    before { Opened { by: Person }, Closed { by: Person } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Person { name: String }
    }
    after { Opened { by: Person }, Closed { by: Person } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Person { label: String }
    }
    events { AccountEvent::Opened { by: Person { name: s("Ada") } }, AccountEvent::Closed { by: Person { name: s("Bob") } } }
    meant { AccountEvent::Opened { by: Person { label: s("Ada") } }, AccountEvent::Closed { by: Person { label: s("Bob") } } }
    fill { "/* what became of `old.by` */" => "Person { label: old.by.name }" }
}

kind! { type_that_was_kept_before_changed, Breaking, "a struct changes whose name with a version is taken";
    before { Opened { by: Person }, Kept(PersonV1) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Person { name: String }
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct PersonV1 { id: u32 }
    }
    after { Opened { by: Person }, Kept(PersonV1) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Person { label: String }
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct PersonV1 { id: u32 }
    }
    events { AccountEvent::Opened { by: Person { name: s("Ada") } }, AccountEvent::Kept(PersonV1 { id: 700 }) }
    meant { AccountEvent::Opened { by: Person { label: s("Ada") } }, AccountEvent::Kept(PersonV1 { id: 700 }) }
    fill { "/* what became of `old.by` */" => "Person { label: old.by.name }" }
}

kind! { type_of_an_older_version_changed, Breaking, "the type of an older version changes";
    before { #[event(version = 2, from(OpenedV1))] Opened { owner: String } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { name: NameV1 }

        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct NameV1 { first: String }

        impl From<OpenedV1> for AccountEvent {
            fn from(old: OpenedV1) -> Self { Self::Opened { owner: old.name.first } }
        }
    }
    after { #[event(version = 2, from(OpenedV1))] Opened { owner: String } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { name: NameV1 }

        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct NameV1 { first: String, last: String }

        impl From<OpenedV1> for AccountEvent {
            fn from(old: OpenedV1) -> Self { Self::Opened { owner: old.name.first } }
        }
    }
    events { AccountEvent::Opened { owner: s("Ada") } }
    older { "account.opened" / 1: r#"{"name":{"first":"Bob"}}"# }
    meant { AccountEvent::Opened { owner: s("Ada") }, AccountEvent::Opened { owner: s("Bob") } }
}

kind! { type_of_two_versions_changed, Breaking, "a field is renamed in a struct of the current and of an older version";
    before { #[event(version = 2, from(OpenedV1))] Opened { by: Person, limit: u32 } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Person { name: String }

        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { by: Person }

        impl From<OpenedV1> for AccountEvent {
            fn from(old: OpenedV1) -> Self { Self::Opened { by: old.by, limit: 42 } }
        }
    }
    after { #[event(version = 2, from(OpenedV1))] Opened { by: Person, limit: u32 } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Person { label: String }

        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct OpenedV1 { by: Person }

        impl From<OpenedV1> for AccountEvent {
            fn from(old: OpenedV1) -> Self { Self::Opened { by: old.by, limit: 42 } }
        }
    }
    events { AccountEvent::Opened { by: Person { name: s("Ada") }, limit: 700 } }
    older { "account.opened" / 1: r#"{"by":{"name":"Bob"}}"# }
    meant {
        AccountEvent::Opened { by: Person { label: s("Ada") }, limit: 700 },
        AccountEvent::Opened { by: Person { label: s("Bob") }, limit: 42 },
    }
    fill {
        "/* what `impl From<OpenedV1> for AccountEvent` returned, as a `OpenedV2` */" => "Self { by: old.by, limit: 42 }",
        "/* what became of `old.by` */" => "Person { label: old.by.name }",
    }
}

kind! { third_version_with_a_parameter, Breaking, "an event of an enum with a parameter changes a second time";
    before (<T: Clone>) (<String>) { #[event(version = 2, from(SavedV1<T>))] Saved { content: T, name: String } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct SavedV1<T> { text: T }

        impl<T: Clone> From<SavedV1<T>> for AccountEvent<T> {
            fn from(old: SavedV1<T>) -> Self { Self::Saved { content: old.text, name: s("none") } }
        }
    }
    after (<T: Clone>) (<String>) { #[event(version = 2, from(SavedV1<T>))] Saved { content: T, owner: String } } with {
        #[derive(Debug, Deserialize, Schema)]
        pub(crate) struct SavedV1<T> { text: T }

        impl<T: Clone> From<SavedV1<T>> for AccountEvent<T> {
            fn from(old: SavedV1<T>) -> Self { Self::Saved { content: old.text, owner: s("none") } }
        }
    }
    events { AccountEvent::Saved { content: s("text"), name: s("Ada") } }
    older { "account.saved" / 1: r#"{"text":"first"}"# }
    meant {
        AccountEvent::Saved { content: s("text"), owner: s("Ada") },
        AccountEvent::Saved { content: s("first"), owner: s("none") },
    }
    fill {
        "/* what `impl<T: Clone> From<SavedV1<T>> for AccountEvent<T>` returned, as a `SavedV2` */" =>
            "Self { content: old.text, name: s(\"none\") }",
        "/* what it was */" => "old.name",
    }
}
