//! Defaults and options.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        default_dropped::kind(),
        default_with_a_function_dropped::kind(),
        default_kept::kind(),
        defaulted_field_removed::kind(),
        defaulted_field_renamed_with_its_default::kind(),
        defaulted_field_of_another_type::kind(),
        new_defaulted_field_next_to_a_change::kind(),
        option_required::kind(),
        option_defaulted::kind(),
        required_field_optional::kind(),
        omitted_option_required::kind(),
        omitted_option_defaulted::kind(),
        omitted_field_without_default::kind(),
        default_for_an_omitted_field::kind(),
        defaults_of_a_type::kind(),
    ]
}

kind! { default_dropped, Breaking, "a `default` is removed";
    before { Opened { owner: String, #[serde(default)] vip: bool } }
    after { Opened { owner: String, vip: bool } }
    events { AccountEvent::Opened { owner: s("Ada"), vip: true } }
    older { "account.opened" / 1: r#"{"owner":"Bob"}"# }
    meant { AccountEvent::Opened { owner: s("Ada"), vip: true }, AccountEvent::Opened { owner: s("Bob"), vip: false } }
    fill { "default = \"/* the function of its former default; remove ` = …` if it had none */\"" => "default" }
}

kind! { default_with_a_function_dropped, Breaking, "a `default = \"path\"` is removed";
    before { Opened { owner: String, #[serde(default = "forty_two")] limit: u32 } }
    after { Opened { owner: String, limit: u32 } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    older { "account.opened" / 1: r#"{"owner":"Bob"}"# }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: 700 }, AccountEvent::Opened { owner: s("Bob"), limit: 42 } }
    fill { "/* the function of its former default; remove ` = …` if it had none */" => "forty_two" }
}

kind! { default_kept, Breaking, "a field is renamed next to one with `default = \"path\"`";
    before { Opened { name: String, #[serde(default = "forty_two")] limit: u32, #[serde(default)] vip: bool } }
    after { Opened { owner: String, #[serde(default = "forty_two")] limit: u32, #[serde(default)] vip: bool } }
    events { AccountEvent::Opened { name: s("Ada"), limit: 700, vip: true } }
    older { "account.opened" / 1: r#"{"name":"Bob"}"# }
    meant {
        AccountEvent::Opened { owner: s("Ada"), limit: 700, vip: true },
        AccountEvent::Opened { owner: s("Bob"), limit: 42, vip: false },
    }
    fill { "/* what it was */" => "old.name" }
}

kind! { defaulted_field_removed, Silent, "a field with `default = \"path\"` is removed";
    before { Opened { owner: String, #[serde(default = "forty_two")] limit: u32 } }
    after { Opened { owner: String } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    older { "account.opened" / 1: r#"{"owner":"Bob"}"# }
    meant { AccountEvent::Opened { owner: s("Ada") }, AccountEvent::Opened { owner: s("Bob") } }
    fill { "/* the function of its former default; remove ` = …` if it had none */" => "forty_two" }
}

kind! { defaulted_field_renamed_with_its_default, Silent, "a field with `default = \"path\"` is renamed";
    before { Opened { owner: String, #[serde(default = "forty_two")] limit: u32 } }
    after { Opened { owner: String, #[serde(default = "forty_two")] cap: u32 } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    older { "account.opened" / 1: r#"{"owner":"Bob"}"# }
    meant { AccountEvent::Opened { owner: s("Ada"), cap: 700 }, AccountEvent::Opened { owner: s("Bob"), cap: 42 } }
    fill {
        "/* the function of its former default; remove ` = …` if it had none */" => "forty_two",
        "/* what it was */" => "old.limit",
    }
}

kind! { defaulted_field_of_another_type, Breaking, "a field with `default = \"path\"` has another type";
    before { Opened { owner: String, #[serde(default = "forty_two")] limit: u32 } }
    after { Opened { owner: String, #[serde(default = "none")] limit: String } } with {
        fn none() -> String { s("none") }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    older { "account.opened" / 1: r#"{"owner":"Bob"}"# }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: s("700") }, AccountEvent::Opened { owner: s("Bob"), limit: s("42") } }
    fill {
        "/* the function of its former default; remove ` = …` if it had none */" => "forty_two",
        "/* what became of `old.limit` */" => "old.limit.to_string()",
    }
}

kind! { new_defaulted_field_next_to_a_change, Breaking, "a field with `default = \"path\"` is added, and another one has another type";
    before { Opened { owner: String, code: u32 } }
    after { Opened { owner: String, code: String, #[serde(default = "forty_two")] limit: u32, note: Option<String> } }
    events { AccountEvent::Opened { owner: s("Ada"), code: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), code: s("700"), limit: 42, note: None } }
    fill { "/* what became of `old.code` */" => "old.code.to_string()" }
}

kind! { option_required, Breaking, "an `Option` is required";
    before { Opened { owner: String, limit: Option<u32> } }
    after { Opened { owner: String, limit: u32 } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: Some(700) }, AccountEvent::Opened { owner: s("Bob"), limit: None } }
    older { "account.opened" / 1: r#"{"owner":"Eve"}"# }
    meant {
        AccountEvent::Opened { owner: s("Ada"), limit: 700 },
        AccountEvent::Opened { owner: s("Bob"), limit: 1 },
        AccountEvent::Opened { owner: s("Eve"), limit: 1 },
    }
    fill { "/* what became of `old.limit` */" => "old.limit.unwrap_or(1)" }
}

kind! { option_defaulted, Breaking, "an `Option` has a `default` instead";
    before { Opened { owner: String, limit: Option<u32> } }
    after { Opened { owner: String, #[serde(default)] limit: u32 } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: Some(700) }, AccountEvent::Opened { owner: s("Bob"), limit: None } }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: 700 }, AccountEvent::Opened { owner: s("Bob"), limit: 0 } }
    fill { "/* what became of `old.limit` */" => "old.limit.unwrap_or_default()" }
}

kind! { required_field_optional, Compatible, "a required field is an `Option`";
    before { Opened { owner: String, limit: u32 } }
    after { Opened { owner: String, limit: Option<u32> } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: Some(700) } }
}

kind! { omitted_option_required, Breaking, "an `Option` that is omitted for `None` is required";
    before { Opened { owner: String, #[serde(skip_serializing_if = "Option::is_none")] note: Option<String> } }
    after { Opened { owner: String, note: String } }
    events { AccountEvent::Opened { owner: s("Ada"), note: Some(s("vip")) }, AccountEvent::Opened { owner: s("Bob"), note: None } }
    meant { AccountEvent::Opened { owner: s("Ada"), note: s("vip") }, AccountEvent::Opened { owner: s("Bob"), note: s("") } }
    fill { "/* what became of `old.note` */" => "old.note.unwrap_or_default()" }
}

kind! { omitted_option_defaulted, Compatible, "an `Option` that is omitted for `None` has a `default` instead";
    before { Opened { owner: String, #[serde(skip_serializing_if = "Option::is_none")] note: Option<String> } }
    after { Opened { owner: String, #[serde(default)] note: Option<String> } }
    events { AccountEvent::Opened { owner: s("Ada"), note: Some(s("vip")) }, AccountEvent::Opened { owner: s("Bob"), note: None } }
    meant { AccountEvent::Opened { owner: s("Ada"), note: Some(s("vip")) }, AccountEvent::Opened { owner: s("Bob"), note: None } }
}

kind! { omitted_field_without_default, Breaking, "a field that is sometimes omitted has no `default` any more";
    before { Opened { owner: String, #[serde(default, skip_serializing_if = "Vec::is_empty")] tags: Vec<String> } }
    after { Opened { owner: String, #[serde(skip_serializing_if = "Vec::is_empty")] tags: Vec<String> } }
    events { AccountEvent::Opened { owner: s("Ada"), tags: vec![s("vip")] }, AccountEvent::Opened { owner: s("Bob"), tags: vec![] } }
    meant { AccountEvent::Opened { owner: s("Ada"), tags: vec![s("vip")] }, AccountEvent::Opened { owner: s("Bob"), tags: vec![] } }
    fill { "default = \"/* the function of its former default; remove ` = …` if it had none */\"" => "default" }
}

kind! { default_for_an_omitted_field, Compatible, "a `default` is added to a field that is sometimes omitted";
    before { Opened { owner: String, #[serde(skip_serializing_if = "Vec::is_empty")] tags: Vec<String> } }
    after { Opened { owner: String, #[serde(default, skip_serializing_if = "Vec::is_empty")] tags: Vec<String> } }
    events { AccountEvent::Opened { owner: s("Ada"), tags: vec![s("vip")] }, AccountEvent::Opened { owner: s("Bob"), tags: vec![] } }
    meant { AccountEvent::Opened { owner: s("Ada"), tags: vec![s("vip")] }, AccountEvent::Opened { owner: s("Bob"), tags: vec![] } }
}

kind! { defaults_of_a_type, Silent, "a field is renamed in a struct with `#[serde(default)]`";
    before { Opened(Opening) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(default)]
        pub(crate) struct Opening { limit: u32, name: String }

        impl Default for Opening {
            fn default() -> Self { Self { limit: 42, name: s("nobody") } }
        }
    }
    after { Opened(Opening) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(default)]
        pub(crate) struct Opening { limit: u32, owner: u64 }

        impl Default for Opening {
            fn default() -> Self { Self { limit: 42, owner: 7 } }
        }
    }
    events { AccountEvent::Opened(Opening { limit: 700, name: s("123") }) }
    older { "account.opened" / 1: r#"{}"# }
    meant { AccountEvent::Opened(Opening { limit: 700, owner: 123 }), AccountEvent::Opened(Opening { limit: 42, owner: 0 }) }
    fill { "/* its former default */" => "s(\"nobody\")", "/* what it was */" => "old.name.parse().unwrap_or_default()" }
}
