//! Enums in events.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        variant_added::kind(),
        variant_removed::kind(),
        variant_renamed::kind(),
        variant_renamed_with_an_alias::kind(),
        variants_reordered::kind(),
        variant_with_content::kind(),
        variant_without_content::kind(),
        variant_with_named_fields::kind(),
        field_of_a_variant_added::kind(),
        all_variants_renamed::kind(),
        renamed_variant_removed::kind(),
        tag_added::kind(),
        tag_renamed::kind(),
        content_next_to_the_tag::kind(),
        tag_for_untagged::kind(),
        untagged_variants_reordered::kind(),
        other_variant_added::kind(),
        variant_removed_next_to_other::kind(),
    ]
}

kind! { variant_added, Compatible, "a variant is added to a nested enum";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card }
    }
    events { AccountEvent::Paid { with: Means::Cash } }
    meant { AccountEvent::Paid { with: Means::Cash } }
}

kind! { variant_removed, Breaking, "a variant is removed from a nested enum";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Cheque, Card { number: u32 } }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card { number: u32 } }
    }
    events { AccountEvent::Paid { with: Means::Cheque }, AccountEvent::Paid { with: Means::Card { number: 700 } } }
    meant { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card { number: 700 } } }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Card { number } => Means::Card { number }, _ => Means::Cash }"
    }
}

kind! { variant_renamed, Breaking, "a variant of a nested enum is renamed";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card(u32) }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Coins, Card(u32) }
    }
    events { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card(700) } }
    meant { AccountEvent::Paid { with: Means::Coins }, AccountEvent::Paid { with: Means::Card(700) } }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Cash => Means::Coins, MeansV1::Card(number) => Means::Card(number) }"
    }
}

kind! { variant_renamed_with_an_alias, Compatible, "a variant of a nested enum is renamed, with `alias`";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { #[serde(alias = "Cash")] Coins }
    }
    events { AccountEvent::Paid { with: Means::Cash } }
    meant { AccountEvent::Paid { with: Means::Coins } }
    renamed { "Cash" => "Coins" }
}

kind! { variants_reordered, Compatible, "the variants of a nested enum change their order";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card(u32) }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Card(u32), Cash }
    }
    events { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card(700) } }
    meant { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card(700) } }
}

kind! { variant_with_content, Breaking, "a variant without content has some";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card(u32) }
    }
    events { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card } }
    meant { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card(0) } }
    fill {
        "/* what became of `old.with` */" => "match old.with { MeansV1::Cash => Means::Cash, MeansV1::Card => Means::Card(0) }"
    }
}

kind! { variant_without_content, Breaking, "a variant loses its content";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card(u32) }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Card }
    }
    events { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card(700) } }
    meant { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card } }
    fill {
        "/* what became of `old.with` */" => "match old.with { MeansV1::Cash => Means::Cash, MeansV1::Card(_) => Means::Card }"
    }
}

kind! { variant_with_named_fields, Breaking, "the content of a variant has field names";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Card(u32, String) }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Card { owner: String, number: u32 } }
    }
    events { AccountEvent::Paid { with: Means::Card(700, s("Ada")) } }
    meant { AccountEvent::Paid { with: Means::Card { owner: s("Ada"), number: 700 } } }
    fill { "/* what became of `old.with` */" => "{ let MeansV1::Card(number, owner) = old.with; Means::Card { owner, number } }" }
}

kind! { field_of_a_variant_added, Breaking, "a required field is added to a variant of a nested enum";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Card { number: u32, #[serde(default = "forty_two")] limit: u32 } }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Card { number: u32, #[serde(default = "forty_two")] limit: u32, owner: String } }
    }
    events { AccountEvent::Paid { with: Means::Card { number: 700, limit: 600 } } }
    older { "account.paid" / 1: r#"{"with":{"Card":{"number":800}}}"# }
    meant {
        AccountEvent::Paid { with: Means::Card { number: 700, limit: 600, owner: s("") } },
        AccountEvent::Paid { with: Means::Card { number: 800, limit: 42, owner: s("") } },
    }
    fill {
        "/* what became of `old.with` */" =>
            "{ let MeansV1::Card { number, limit } = old.with; Means::Card { number, limit, owner: s(\"\") } }"
    }
}

kind! { all_variants_renamed, Breaking, "`rename_all` is added to a nested enum";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, CreditCard }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Means { Cash, CreditCard }
    }
    events { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::CreditCard } }
    meant { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::CreditCard } }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Cash => Means::Cash, MeansV1::CreditCard => Means::CreditCard }"
    }
}

kind! { renamed_variant_removed, Breaking, "a variant is removed from an enum with `rename_all`";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub(crate) enum Means { CreditCard, BankCheque }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub(crate) enum Means { CreditCard }
    }
    events { AccountEvent::Paid { with: Means::CreditCard }, AccountEvent::Paid { with: Means::BankCheque } }
    meant { AccountEvent::Paid { with: Means::CreditCard }, AccountEvent::Paid { with: Means::CreditCard } }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::CreditCard | MeansV1::BankCheque => Means::CreditCard }"
    }
}

kind! { tag_added, Breaking, "a `tag` is added to a nested enum";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Card { number: u32 } }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind")]
        pub(crate) enum Means { Card { number: u32 } }
    }
    events { AccountEvent::Paid { with: Means::Card { number: 700 } } }
    meant { AccountEvent::Paid { with: Means::Card { number: 700 } } }
    fill { "/* what became of `old.with` */" => "{ let MeansV1::Card { number } = old.with; Means::Card { number } }" }
}

kind! { tag_renamed, Breaking, "the `tag` of a nested enum is renamed";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind")]
        pub(crate) enum Means { Cash, Card { number: u32 } }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "type")]
        pub(crate) enum Means { Cash, Card { number: u32 } }
    }
    events { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card { number: 700 } } }
    meant { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Card { number: 700 } } }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Cash => Means::Cash, MeansV1::Card { number } => Means::Card { number } }"
    }
}

kind! { content_next_to_the_tag, Breaking, "a `content` is added to the `tag` of a nested enum";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind")]
        pub(crate) enum Means { Card { number: u32 } }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind", content = "of")]
        pub(crate) enum Means { Card { number: u32 } }
    }
    events { AccountEvent::Paid { with: Means::Card { number: 700 } } }
    meant { AccountEvent::Paid { with: Means::Card { number: 700 } } }
    fill { "/* what became of `old.with` */" => "{ let MeansV1::Card { number } = old.with; Means::Card { number } }" }
}

kind! { tag_for_untagged, Breaking, "an `untagged` enum has a `tag`";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(untagged)]
        pub(crate) enum Means { Card { number: u32 }, Account { iban: String } }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(tag = "kind")]
        pub(crate) enum Means { Card { number: u32 }, Account { iban: String } }
    }
    events { AccountEvent::Paid { with: Means::Card { number: 700 } }, AccountEvent::Paid { with: Means::Account { iban: s("DE12") } } }
    meant { AccountEvent::Paid { with: Means::Card { number: 700 } }, AccountEvent::Paid { with: Means::Account { iban: s("DE12") } } }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Card { number } => Means::Card { number }, MeansV1::Account { iban } => Means::Account { iban } }"
    }
}

kind! { untagged_variants_reordered, Silent, "the variants of an `untagged` enum change their order";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(untagged)]
        pub(crate) enum Means { Card { number: u32, owner: String }, Account { number: u32 } }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        #[serde(untagged)]
        pub(crate) enum Means { Account { number: u32 }, Card { number: u32, owner: String } }
    }
    events {
        AccountEvent::Paid { with: Means::Card { number: 700, owner: s("Ada") } },
        AccountEvent::Paid { with: Means::Account { number: 800 } },
    }
    meant {
        AccountEvent::Paid { with: Means::Card { number: 700, owner: s("Ada") } },
        AccountEvent::Paid { with: Means::Account { number: 800 } },
    }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Card { number, owner } => Means::Card { number, owner }, MeansV1::Account { number } => Means::Account { number } }"
    }
}

kind! { other_variant_added, Compatible, "a variant for unknown names (`other`) is added";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, #[serde(other)] Unknown }
    }
    events { AccountEvent::Paid { with: Means::Cash } }
    meant { AccountEvent::Paid { with: Means::Cash } }
}

kind! { variant_removed_next_to_other, Silent, "a variant is removed from an enum with `other`";
    before { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, Cheque, #[serde(other)] Unknown }
    }
    after { Paid { with: Means } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Means { Cash, #[serde(other)] Unknown }
    }
    events { AccountEvent::Paid { with: Means::Cheque }, AccountEvent::Paid { with: Means::Cash } }
    meant { AccountEvent::Paid { with: Means::Cash }, AccountEvent::Paid { with: Means::Cash } }
    fill {
        "/* what became of `old.with` */" =>
            "match old.with { MeansV1::Cash | MeansV1::Cheque => Means::Cash, MeansV1::Unknown => Means::Unknown }"
    }
}
