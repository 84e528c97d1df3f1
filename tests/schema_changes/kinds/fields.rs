//! Fields of a variant.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        required_field_added::kind(),
        optional_field_added::kind(),
        defaulted_field_added::kind(),
        field_with_a_default_of_its_own_added::kind(),
        field_removed::kind(),
        all_fields_removed::kind(),
        unit_with_fields::kind(),
        field_skipped::kind(),
        field_renamed::kind(),
        field_renamed_with_an_alias::kind(),
        field_renamed_in_rust::kind(),
        defaulted_field_renamed::kind(),
        optional_field_renamed::kind(),
        fields_reordered::kind(),
        alias_dropped::kind(),
        all_fields_renamed::kind(),
        renaming_of_all_fields_dropped::kind(),
        unusual_names_kept::kind(),
        unusual_name_removed::kind(),
        unknown_fields_denied::kind(),
        field_removed_where_unknown_fields_are_denied::kind(),
        struct_for_the_fields::kind(),
        fields_for_a_plain_value::kind(),
    ]
}

kind! { required_field_added, Breaking, "a required field is added";
    before { Opened { owner: String } }
    after { Opened { owner: String, currency: String } }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada"), currency: s("EUR") } }
    fill { "/* what it was */" => "s(\"EUR\")" }
}

kind! { optional_field_added, Compatible, "an `Option` is added";
    before { Opened { owner: String } }
    after { Opened { owner: String, note: Option<String> } }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada"), note: None } }
}

kind! { defaulted_field_added, Compatible, "a field with `default` is added";
    before { Opened { owner: String } }
    after { Opened { owner: String, #[serde(default)] vip: bool } }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada"), vip: false } }
}

kind! { field_with_a_default_of_its_own_added, Compatible, "a field with `default = \"path\"` is added";
    before { Opened { owner: String } }
    after { Opened { owner: String, #[serde(default = "forty_two")] limit: u32 } }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: 42 } }
}

kind! { field_removed, Silent, "a field is removed";
    before { Opened { owner: String, limit: u32 } }
    after { Opened { owner: String } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { all_fields_removed, Silent, "all fields are removed, and the variant is a unit";
    before { Closed { reason: String } }
    after { Closed }
    events { AccountEvent::Closed { reason: s("moved away") } }
    meant { AccountEvent::Closed }
}

kind! { unit_with_fields, Breaking, "a variant without fields has one";
    before { Closed }
    after { Closed { reason: String } }
    events { AccountEvent::Closed }
    meant { AccountEvent::Closed { reason: s("unknown") } }
    fill { "/* what it was */" => "s(\"unknown\")" }
}

kind! { field_skipped, Silent, "a field is no longer stored (`skip`)";
    before { Opened { owner: String, limit: u32 } }
    after { Opened { owner: String, #[serde(skip)] limit: u32 } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: 0 } }
}

kind! { field_renamed, Breaking, "a field is renamed";
    before { Opened { name: String, limit: u32 } }
    after { Opened { owner: String, limit: u32 } }
    events { AccountEvent::Opened { name: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    fill { "/* what it was */" => "old.name" }
}

kind! { field_renamed_with_an_alias, Compatible, "a field is renamed, with `alias` for its former name";
    before { Opened { name: String } }
    after { Opened { #[serde(alias = "name")] owner: String } }
    events { AccountEvent::Opened { name: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { field_renamed_in_rust, Compatible, "a field is renamed in Rust only, with `rename` to its former name";
    before { Opened { name: String } }
    after { Opened { #[serde(rename = "name")] owner: String } }
    events { AccountEvent::Opened { name: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { defaulted_field_renamed, Silent, "a field is renamed, and has a default";
    before { Opened { name: String } }
    after { Opened { #[serde(default)] owner: String } }
    events { AccountEvent::Opened { name: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { optional_field_renamed, Silent, "an `Option` is renamed";
    before { Opened { note: Option<String>, limit: u32 } }
    after { Opened { remark: Option<String>, limit: u32 } }
    events { AccountEvent::Opened { note: Some(s("vip")), limit: 700 }, AccountEvent::Opened { note: None, limit: 3 } }
    meant { AccountEvent::Opened { remark: Some(s("vip")), limit: 700 }, AccountEvent::Opened { remark: None, limit: 3 } }
    fill { "/* what it was */" => "old.note" }
}

kind! { fields_reordered, Compatible, "fields change their order";
    before { Opened { owner: String, limit: u32 } }
    after { Opened { limit: u32, owner: String } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
}

kind! { alias_dropped, Breaking, "an `alias` is removed";
    before { Opened { #[serde(alias = "name")] owner: String } }
    after { Opened { owner: String } }
    events { AccountEvent::Opened { owner: s("Ada") } }
    older { "account.opened" / 1: r#"{"name":"Bob"}"# }
    meant { AccountEvent::Opened { owner: s("Ada") }, AccountEvent::Opened { owner: s("Bob") } }
}

kind! { all_fields_renamed, Breaking, "`rename_all_fields` is added";
    before { Opened { owner_name: String, credit_limit: u32 } }
    after #[serde(rename_all_fields = "camelCase")] { Opened { owner_name: String, credit_limit: u32 } }
    events { AccountEvent::Opened { owner_name: s("Ada"), credit_limit: 700 } }
    meant { AccountEvent::Opened { owner_name: s("Ada"), credit_limit: 700 } }
    fill {
        "owner_name: /* what it was */" => "owner_name: old.owner_name",
        "credit_limit: /* what it was */" => "credit_limit: old.credit_limit",
    }
}

kind! { renaming_of_all_fields_dropped, Breaking, "`rename_all` is removed from a variant";
    before { #[serde(rename_all = "camelCase")] Opened { owner_name: String, limit: u32 } }
    after { Opened { owner_name: String, limit: u32 } }
    events { AccountEvent::Opened { owner_name: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner_name: s("Ada"), limit: 700 } }
    fill { "/* what it was */" => "old.owner_name" }
}

kind! { unusual_names_kept, Breaking, "a field is renamed next to one with `rename` and a keyword";
    before { Opened { #[serde(rename = "e-mail")] mail: String, r#type: u32, name: String } }
    after { Opened { #[serde(rename = "e-mail")] mail: String, r#type: u32, owner: String } }
    events { AccountEvent::Opened { mail: s("a@b"), r#type: 700, name: s("Ada") } }
    meant { AccountEvent::Opened { mail: s("a@b"), r#type: 700, owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { unusual_name_removed, Silent, "a field with an unusual name is removed";
    before { Opened { #[serde(rename = "self")] own: String, #[serde(rename = "1st")] first: u32, limit: u32 } }
    after { Opened { limit: u32 } }
    events { AccountEvent::Opened { own: s("Ada"), first: 800, limit: 700 } }
    meant { AccountEvent::Opened { limit: 700 } }
}

kind! { unknown_fields_denied, Compatible, "`deny_unknown_fields` is added";
    before { Opened { owner: String } }
    after #[serde(deny_unknown_fields)] { Opened { owner: String } }
    events { AccountEvent::Opened { owner: s("Ada") } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { field_removed_where_unknown_fields_are_denied, Breaking, "a field is removed under `deny_unknown_fields`";
    before #[serde(deny_unknown_fields)] { Opened { owner: String, limit: u32 } }
    after #[serde(deny_unknown_fields)] { Opened { owner: String } }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened { owner: s("Ada") } }
}

kind! { struct_for_the_fields, Compatible, "the fields of a variant move to a struct, `Opened(Opened)`";
    before { Opened { owner: String, limit: u32 } }
    after { Opened(Opening) } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Opening { owner: String, limit: u32 }
    }
    events { AccountEvent::Opened { owner: s("Ada"), limit: 700 } }
    meant { AccountEvent::Opened(Opening { owner: s("Ada"), limit: 700 }) }
}

kind! { fields_for_a_plain_value, Breaking, "a variant with one plain value has fields";
    before { Opened(String) }
    after { Opened { owner: String } }
    events { AccountEvent::Opened(s("Ada")) }
    meant { AccountEvent::Opened { owner: s("Ada") } }
    fill { "/* what it was */" => "old.0" }
}
