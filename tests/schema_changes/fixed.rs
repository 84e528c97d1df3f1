//! Releases with the fixes that the check proposes. Do not edit: run the test with `EVENTSOURCE_BLESS=1`.

use super::kind::Release;
pub(crate) mod required_field_added {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, currency: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                currency: s("EUR"),
            }
        }
    }
}
pub(crate) mod field_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.owner }
        }
    }
}
pub(crate) mod all_fields_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(ClosedV1))]
        Closed,
    }
    #[derive(Deserialize, Schema)]
    struct ClosedV1 {
        reason: String,
    }
    impl From<ClosedV1> for AccountEvent {
        fn from(old: ClosedV1) -> Self {
            Self::Closed
        }
    }
}
pub(crate) mod unit_with_fields {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(ClosedV1))]
        Closed { reason: String },
    }
    #[derive(Deserialize, Schema)]
    struct ClosedV1 {}
    impl From<ClosedV1> for AccountEvent {
        fn from(old: ClosedV1) -> Self {
            Self::Closed {
                reason: s("unknown"),
            }
        }
    }
}
pub(crate) mod field_skipped {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(skip)] limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limit: Default::default(),
            }
        }
    }
}
pub(crate) mod field_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.name,
                limit: old.limit,
            }
        }
    }
}
pub(crate) mod defaulted_field_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { #[serde(default)] owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.name }
        }
    }
}
pub(crate) mod optional_field_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { remark: Option<String>, limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        note: Option<String>,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                remark: old.note,
                limit: old.limit,
            }
        }
    }
}
pub(crate) mod alias_dropped {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        #[serde(alias = "name")]
        owner: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.owner }
        }
    }
}
pub(crate) mod all_fields_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    #[serde(rename_all_fields = "camelCase")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner_name: String, credit_limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner_name: String,
        credit_limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner_name: old.owner_name,
                credit_limit: old.credit_limit,
            }
        }
    }
}
pub(crate) mod renaming_of_all_fields_dropped {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner_name: String, limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        #[serde(rename = "ownerName")]
        owner_name: String,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner_name: old.owner_name,
                limit: old.limit,
            }
        }
    }
}
pub(crate) mod unusual_names_kept {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { #[serde(rename = "e-mail")] mail: String, r#type: u32, owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        #[serde(rename = "e-mail")]
        mail: String,
        r#type: u32,
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                mail: old.mail,
                r#type: old.r#type,
                owner: old.name,
            }
        }
    }
}
pub(crate) mod unusual_name_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        #[serde(rename = "self")]
        self_: String,
        #[serde(rename = "1st")]
        _1st: u32,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { limit: old.limit }
        }
    }
}
pub(crate) mod field_removed_where_unknown_fields_are_denied {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    #[serde(deny_unknown_fields)]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    #[derive(Deserialize, Schema)]
    #[serde(deny_unknown_fields)]
    struct OpenedV1 {
        owner: String,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.owner }
        }
    }
}
pub(crate) mod fields_for_a_plain_value {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    #[derive(Deserialize, Schema)]
    #[serde(transparent)]
    struct OpenedV1(String);
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.0 }
        }
    }
}
pub(crate) mod default_dropped {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, vip: bool },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(default)]
        vip: bool,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                vip: old.vip,
            }
        }
    }
}
pub(crate) mod default_with_a_function_dropped {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(default = "forty_two")]
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limit: old.limit,
            }
        }
    }
}
pub(crate) mod default_kept {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened {
            owner: String,
            #[serde(default = "forty_two")]
            limit: u32,
            #[serde(default)]
            vip: bool,
        },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
        #[serde(default = "forty_two")]
        limit: u32,
        #[serde(default)]
        vip: bool,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.name,
                limit: old.limit,
                vip: old.vip,
            }
        }
    }
}
pub(crate) mod defaulted_field_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(default = "forty_two")]
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.owner }
        }
    }
}
pub(crate) mod defaulted_field_renamed_with_its_default {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(default = "forty_two")] cap: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(default = "forty_two")]
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                cap: old.limit,
            }
        }
    }
}
pub(crate) mod defaulted_field_of_another_type {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(default = "none")] limit: String },
    }
    fn none() -> String {
        s("none")
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(default = "forty_two")]
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limit: old.limit.to_string(),
            }
        }
    }
}
pub(crate) mod new_defaulted_field_next_to_a_change {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened {
            owner: String,
            code: String,
            #[serde(default = "forty_two")]
            limit: u32,
            note: Option<String>,
        },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        code: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                code: old.code.to_string(),
                limit: forty_two(),
                note: None,
            }
        }
    }
}
pub(crate) mod option_required {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        limit: Option<u32>,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limit: old.limit.unwrap_or(1),
            }
        }
    }
}
pub(crate) mod option_defaulted {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(default)] limit: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        limit: Option<u32>,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limit: old.limit.unwrap_or_default(),
            }
        }
    }
}
pub(crate) mod omitted_option_required {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, note: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        note: Option<String>,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                note: old.note.unwrap_or_default(),
            }
        }
    }
}
pub(crate) mod omitted_field_without_default {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened {
            owner: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            tags: Vec<String>,
        },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(default)]
        tags: Vec<String>,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                tags: old.tags,
            }
        }
    }
}
pub(crate) mod defaults_of_a_type {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened(Opening),
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(default)]
    pub(crate) struct Opening {
        limit: u32,
        owner: u64,
    }
    impl Default for Opening {
        fn default() -> Self {
            Self { limit: 42, owner: 7 }
        }
    }
    #[derive(Deserialize, Schema)]
    #[serde(default)]
    struct OpenedV1 {
        limit: u32,
        name: String,
    }
    impl Default for OpenedV1 {
        fn default() -> Self {
            let now = Opening::default();
            Self {
                limit: now.limit,
                name: s("nobody"),
            }
        }
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened(Opening {
                limit: old.limit,
                owner: old.name.parse().unwrap_or_default(),
            })
        }
    }
}
pub(crate) mod integer_narrowed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { amount: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount.try_into().unwrap_or(u32::MAX),
            }
        }
    }
}
pub(crate) mod integer_signed_in_the_same_width {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { amount: i64 },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount.try_into().unwrap_or(i64::MAX),
            }
        }
    }
}
pub(crate) mod integer_unsigned {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved { amount: u64 },
    }
    #[derive(Deserialize, Schema)]
    struct MovedV1 {
        amount: i64,
    }
    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved {
                amount: old.amount.unsigned_abs(),
            }
        }
    }
}
pub(crate) mod integer_nonzero {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { amount: std::num::NonZeroU64 },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount.try_into().unwrap_or(std::num::NonZeroU64::MIN),
            }
        }
    }
}
pub(crate) mod large_integer_to_float {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { amount: f64 },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount as f64,
            }
        }
    }
}
pub(crate) mod float_to_integer {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { cents: i64 },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: f64,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                cents: (old.amount * 100.0) as i64,
            }
        }
    }
}
pub(crate) mod float_narrowed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MeasuredV1))]
        Measured { value: f32 },
    }
    #[derive(Deserialize, Schema)]
    struct MeasuredV1 {
        value: f64,
    }
    impl From<MeasuredV1> for AccountEvent {
        fn from(old: MeasuredV1) -> Self {
            Self::Measured {
                value: old.value as f32,
            }
        }
    }
}
pub(crate) mod number_to_text {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { code: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        code: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                code: old.code.to_string(),
            }
        }
    }
}
pub(crate) mod text_to_number {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { code: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        code: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                code: old.code.parse().unwrap_or_default(),
            }
        }
    }
}
pub(crate) mod text_to_uuid {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { id: Uuid },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        id: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                id: old.id.parse().unwrap_or_default(),
            }
        }
    }
}
pub(crate) mod text_to_enum {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { currency: Currency },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Currency {
        Eur,
        Other,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        currency: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                currency: if old.currency == "Eur" {
                    Currency::Eur
                } else {
                    Currency::Other
                },
            }
        }
    }
}
pub(crate) mod text_to_timestamp {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { on: Timestamp },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        on: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                on: serde_json::from_value(old.on.into())
                    .unwrap_or_else(|_| {
                        serde_json::from_str("\"1970-01-01T00:00:00Z\"").expect("a time")
                    }),
            }
        }
    }
}
pub(crate) mod text_to_character {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(GradedV1))]
        Graded { grade: char },
    }
    #[derive(Deserialize, Schema)]
    struct GradedV1 {
        grade: String,
    }
    impl From<GradedV1> for AccountEvent {
        fn from(old: GradedV1) -> Self {
            Self::Graded {
                grade: old.grade.chars().next().unwrap_or('-'),
            }
        }
    }
}
pub(crate) mod truth_value_to_enum {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { vip: Level },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Level {
        Plain,
        Vip,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        vip: bool,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                vip: if old.vip { Level::Vip } else { Level::Plain },
            }
        }
    }
}
pub(crate) mod any_value_to_type {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(NotedV1))]
        Noted { note: Note },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Note {
        text: String,
    }
    #[derive(Deserialize, Schema)]
    struct NotedV1 {
        note: serde_json::Value,
    }
    impl From<NotedV1> for AccountEvent {
        fn from(old: NotedV1) -> Self {
            Self::Noted {
                note: serde_json::from_value(old.note)
                    .unwrap_or_else(|_| Note { text: s("") }),
            }
        }
    }
}
pub(crate) mod written_by_a_function {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { #[serde(with = "as_text")] #[schema(as = "string")] amount: u64 },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount,
            }
        }
    }
}
pub(crate) mod no_longer_written_by_a_function {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { amount: u64 },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        #[schema(as = "string(amount)")]
        amount: String,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount.parse().unwrap_or_default(),
            }
        }
    }
}
pub(crate) mod function_kept {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited {
            #[serde(with = "as_text")]
            #[schema(as = "string(amount)")]
            amount: u64,
            owner: String,
        },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        #[serde(with = "as_text")]
        #[schema(as = "string(amount)")]
        amount: u64,
        name: String,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount,
                owner: old.name,
            }
        }
    }
}
pub(crate) mod duration_to_seconds {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PausedV1))]
        Paused { time: u64 },
    }
    #[derive(Deserialize, Schema)]
    struct PausedV1 {
        time: DurationV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(deny_unknown_fields)]
    struct DurationV1 {
        secs: u64,
        nanos: u32,
    }
    impl From<PausedV1> for AccountEvent {
        fn from(old: PausedV1) -> Self {
            Self::Paused {
                time: old.time.secs,
            }
        }
    }
}
pub(crate) mod widened_next_to_a_change {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited { amount: u64, owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
        name: String,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited {
                amount: old.amount,
                owner: old.name,
            }
        }
    }
}
pub(crate) mod list_to_one {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owners: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owners: Vec<String>,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owners: old.owners.into_iter().next().unwrap_or_default(),
            }
        }
    }
}
pub(crate) mod one_to_list {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owners: Vec<String> },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owners: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owners: vec![old.owners],
            }
        }
    }
}
pub(crate) mod list_to_set {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { tags: BTreeSet<u32> },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        tags: Vec<u32>,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                tags: old.tags.into_iter().collect(),
            }
        }
    }
}
pub(crate) mod items_of_a_set_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { tags: BTreeSet<String> },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        tags: Vec<TagV1>,
    }
    #[derive(Deserialize, Schema)]
    struct TagV1 {
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                tags: old.tags.into_iter().map(|tag| tag.name).collect(),
            }
        }
    }
}
pub(crate) mod map_to_struct {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(LimitedV1))]
        Limited { limits: Limits },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Limits {
        day: u64,
        month: u64,
    }
    #[derive(Deserialize, Schema)]
    struct LimitedV1 {
        limits: std::collections::BTreeMap<String, u64>,
    }
    impl From<LimitedV1> for AccountEvent {
        fn from(old: LimitedV1) -> Self {
            Self::Limited {
                limits: Limits {
                    day: old.limits.get("day").copied().unwrap_or(0),
                    month: old.limits.get("month").copied().unwrap_or(0),
                },
            }
        }
    }
}
pub(crate) mod keys_of_a_map_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(LimitedV1))]
        Limited { limits: BTreeMap<u32, u64> },
    }
    #[derive(Deserialize, Schema)]
    struct LimitedV1 {
        limits: std::collections::BTreeMap<String, u64>,
    }
    impl From<LimitedV1> for AccountEvent {
        fn from(old: LimitedV1) -> Self {
            Self::Limited {
                limits: old
                    .limits
                    .into_iter()
                    .map(|(key, limit)| (key.len() as u32, limit))
                    .collect(),
            }
        }
    }
}
pub(crate) mod variant_of_a_key_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(LimitedV1))]
        Limited { limits: BTreeMap<Period, u64> },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    pub(crate) enum Period {
        Day,
    }
    #[derive(Deserialize, Schema)]
    struct LimitedV1 {
        limits: std::collections::BTreeMap<PeriodV1, u64>,
    }
    #[derive(Deserialize, Schema, PartialEq, Eq, PartialOrd, Ord)]
    enum PeriodV1 {
        Day,
        Week,
    }
    impl From<LimitedV1> for AccountEvent {
        fn from(old: LimitedV1) -> Self {
            Self::Limited {
                limits: old
                    .limits
                    .into_iter()
                    .filter(|(period, _)| *period == PeriodV1::Day)
                    .map(|(_, limit)| (Period::Day, limit))
                    .collect(),
            }
        }
    }
}
pub(crate) mod tuple_grown {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved { to: (u32, u32, u32) },
    }
    #[derive(Deserialize, Schema)]
    struct MovedV1 {
        to: (u32, u32),
    }
    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved {
                to: (old.to.0, old.to.1, 0),
            }
        }
    }
}
pub(crate) mod tuple_shrunk {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved { to: (u32, u32) },
    }
    #[derive(Deserialize, Schema)]
    struct MovedV1 {
        to: (u32, u32, u32),
    }
    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved {
                to: (old.to.0, old.to.1),
            }
        }
    }
}
pub(crate) mod array_grown {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved { to: [u32; 3] },
    }
    #[derive(Deserialize, Schema)]
    struct MovedV1 {
        to: [u32; 2],
    }
    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved {
                to: [old.to[0], old.to[1], 0],
            }
        }
    }
}
pub(crate) mod tuple_to_struct {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved { to: Place },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Place {
        number: u32,
        street: String,
    }
    #[derive(Deserialize, Schema)]
    struct MovedV1 {
        to: (String, u32),
    }
    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved {
                to: Place {
                    number: old.to.1,
                    street: old.to.0,
                },
            }
        }
    }
}
pub(crate) mod newtype_to_struct {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: Owner },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Owner {
        first: String,
        last: String,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: OwnerV1,
    }
    #[derive(Deserialize, Schema)]
    struct OwnerV1(String);
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: Owner {
                    first: old.owner.0,
                    last: s(""),
                },
            }
        }
    }
}
pub(crate) mod variant_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Cash,
        Card { number: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Cash,
        Cheque,
        Card { number: u32 },
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Card { number } => Means::Card { number },
                    _ => Means::Cash,
                },
            }
        }
    }
}
pub(crate) mod variant_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Coins,
        Card(u32),
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Cash,
        Card(u32),
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Cash => Means::Coins,
                    MeansV1::Card(number) => Means::Card(number),
                },
            }
        }
    }
}
pub(crate) mod variant_with_content {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Cash,
        Card(u32),
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Cash,
        Card,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Cash => Means::Cash,
                    MeansV1::Card => Means::Card(0),
                },
            }
        }
    }
}
pub(crate) mod variant_without_content {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Cash,
        Card,
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Cash,
        Card(u32),
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Cash => Means::Cash,
                    MeansV1::Card(_) => Means::Card,
                },
            }
        }
    }
}
pub(crate) mod variant_with_named_fields {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Card { owner: String, number: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Card(u32, String),
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: {
                    let MeansV1::Card(number, owner) = old.with;
                    Means::Card { owner, number }
                },
            }
        }
    }
}
pub(crate) mod field_of_a_variant_added {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Card { number: u32, #[serde(default = "forty_two")] limit: u32, owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Card { number: u32, #[serde(default = "forty_two")] limit: u32 },
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: {
                    let MeansV1::Card { number, limit } = old.with;
                    Means::Card {
                        number,
                        limit,
                        owner: s(""),
                    }
                },
            }
        }
    }
}
pub(crate) mod all_variants_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(rename_all = "snake_case")]
    pub(crate) enum Means {
        Cash,
        CreditCard,
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Cash,
        CreditCard,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Cash => Means::Cash,
                    MeansV1::CreditCard => Means::CreditCard,
                },
            }
        }
    }
}
pub(crate) mod renamed_variant_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    pub(crate) enum Means {
        CreditCard,
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        #[serde(rename = "CREDIT_CARD")]
        CreditCard,
        #[serde(rename = "BANK_CHEQUE")]
        BANKCHEQUE,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::CreditCard | MeansV1::BANKCHEQUE => Means::CreditCard,
                },
            }
        }
    }
}
pub(crate) mod tag_added {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(tag = "kind")]
    pub(crate) enum Means {
        Card { number: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Card { number: u32 },
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: {
                    let MeansV1::Card { number } = old.with;
                    Means::Card { number }
                },
            }
        }
    }
}
pub(crate) mod tag_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(tag = "type")]
    pub(crate) enum Means {
        Cash,
        Card { number: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(tag = "kind")]
    enum MeansV1 {
        Cash,
        Card { number: u32 },
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Cash => Means::Cash,
                    MeansV1::Card { number } => Means::Card { number },
                },
            }
        }
    }
}
pub(crate) mod content_next_to_the_tag {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(tag = "kind", content = "of")]
    pub(crate) enum Means {
        Card { number: u32 },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(tag = "kind")]
    enum MeansV1 {
        Card { number: u32 },
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: {
                    let MeansV1::Card { number } = old.with;
                    Means::Card { number }
                },
            }
        }
    }
}
pub(crate) mod tag_for_untagged {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(tag = "kind")]
    pub(crate) enum Means {
        Card { number: u32 },
        Account { iban: String },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(untagged)]
    enum MeansV1 {
        Card { number: u32 },
        Account { iban: String },
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Card { number } => Means::Card { number },
                    MeansV1::Account { iban } => Means::Account { iban },
                },
            }
        }
    }
}
pub(crate) mod untagged_variants_reordered {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(untagged)]
    pub(crate) enum Means {
        Account { number: u32 },
        Card { number: u32, owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(untagged)]
    enum MeansV1 {
        Card { number: u32, owner: String },
        Account { number: u32 },
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Card { number, owner } => Means::Card { number, owner },
                    MeansV1::Account { number } => Means::Account { number },
                },
            }
        }
    }
}
pub(crate) mod variant_removed_next_to_other {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Cash,
        #[serde(other)]
        Unknown,
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        Cash,
        Cheque,
        #[serde(other)]
        Unknown,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Cash | MeansV1::Cheque => Means::Cash,
                    MeansV1::Unknown => Means::Unknown,
                },
            }
        }
    }
}
pub(crate) mod nested_field_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OrderedV1))]
        Ordered { line: Line },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Line {
        article: String,
        #[serde(default = "forty_two")]
        count: u32,
    }
    #[derive(Deserialize, Schema)]
    struct OrderedV1 {
        line: LineV1,
    }
    #[derive(Deserialize, Schema)]
    struct LineV1 {
        item: String,
        #[serde(default = "forty_two")]
        count: u32,
    }
    impl From<OrderedV1> for AccountEvent {
        fn from(old: OrderedV1) -> Self {
            Self::Ordered {
                line: Line {
                    article: old.line.item,
                    count: old.line.count,
                },
            }
        }
    }
}
pub(crate) mod nested_field_renamed_in_a_list {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OrderedV1))]
        Ordered { lines: Vec<Line>, by_name: BTreeMap<String, Line> },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Line {
        article: String,
    }
    #[derive(Deserialize, Schema)]
    struct OrderedV1 {
        lines: Vec<LineV1>,
        by_name: std::collections::BTreeMap<String, LineV1>,
    }
    #[derive(Deserialize, Schema)]
    struct LineV1 {
        item: String,
    }
    impl From<OrderedV1> for AccountEvent {
        fn from(old: OrderedV1) -> Self {
            Self::Ordered {
                lines: old
                    .lines
                    .into_iter()
                    .map(|line| Line { article: line.item })
                    .collect(),
                by_name: old
                    .by_name
                    .into_iter()
                    .map(|(name, line)| (name, Line { article: line.item }))
                    .collect(),
            }
        }
    }
}
pub(crate) mod compatible_nested_change_next_to_another {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OrderedV1))]
        Ordered { line: Line, owner: String },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Line {
        item: String,
        #[serde(default)]
        count: u32,
    }
    #[derive(Deserialize, Schema)]
    struct OrderedV1 {
        line: Line,
        name: String,
    }
    impl From<OrderedV1> for AccountEvent {
        fn from(old: OrderedV1) -> Self {
            Self::Ordered {
                line: old.line,
                owner: old.name,
            }
        }
    }
}
pub(crate) mod struct_of_a_variant_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited(Deposit),
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Deposit {
        amount: u64,
        #[serde(default = "forty_two")]
        limit: u32,
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
        #[serde(default = "forty_two")]
        limit: u32,
        note: String,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited(Deposit {
                amount: old.amount,
                limit: old.limit,
            })
        }
    }
}
pub(crate) mod boxed_struct_of_a_variant_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(DepositedV1))]
        Deposited(Box<Deposit>),
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Deposit {
        amount: u64,
        remark: String,
    }
    #[derive(Deserialize, Schema)]
    struct DepositedV1 {
        amount: u64,
        note: String,
    }
    impl From<DepositedV1> for AccountEvent {
        fn from(old: DepositedV1) -> Self {
            Self::Deposited(
                Box::new(Deposit {
                    amount: old.amount,
                    remark: old.note,
                }),
            )
        }
    }
}
pub(crate) mod enum_of_a_variant_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid(Means),
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Cash,
    }
    #[derive(Deserialize, Schema)]
    enum PaidV1 {
        Cash,
        Cheque,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid(
                match old {
                    PaidV1::Cash | PaidV1::Cheque => Means::Cash,
                },
            )
        }
    }
}
pub(crate) mod recursive_type_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PlantedV1))]
        Planted { tree: Tree },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Tree {
        title: String,
        next: Option<Box<Tree>>,
        children: Vec<Tree>,
    }
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
    #[derive(Deserialize, Schema)]
    struct PlantedV1 {
        tree: TreeV1,
    }
    #[derive(Deserialize, Schema)]
    struct TreeV1 {
        name: String,
        next: Option<Box<TreeV1>>,
        children: Vec<TreeV1>,
    }
    impl From<PlantedV1> for AccountEvent {
        fn from(old: PlantedV1) -> Self {
            Self::Planted {
                tree: {
                    fn plain(old: TreeV1) -> TreeBefore {
                        TreeBefore(
                            old.name,
                            old.next.map(|next| Box::new(plain(*next))),
                            old.children.into_iter().map(plain).collect(),
                        )
                    }
                    plain(old.tree).into()
                },
            }
        }
    }
}
pub(crate) mod type_in_a_module_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { price: money::Money },
    }
    pub(crate) mod money {
        use super::*;
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Money {
            amount: u64,
            unit: Unit,
            #[serde(default = "forty_two")]
            rate: u32,
        }
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Unit {
            Eur,
        }
        impl Money {
            pub(crate) fn eur(amount: u64, rate: u32) -> Self {
                Self {
                    amount,
                    unit: Unit::Eur,
                    rate,
                }
            }
        }
        #[derive(Deserialize, Schema)]
        pub(crate) struct MoneyV1 {
            pub(crate) cents: u64,
            pub(crate) unit: Unit,
            #[serde(default = "forty_two")]
            pub(crate) rate: u32,
        }
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        price: crate::schema_changes::fixed::type_in_a_module_changed::money::MoneyV1,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                price: money::Money::eur(old.price.cents, old.price.rate),
            }
        }
    }
}
pub(crate) mod struct_of_a_variant_in_a_module_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(
            version = 2,
            from(
                crate::schema_changes::fixed::struct_of_a_variant_in_a_module_changed::payload::DepositedV1
            )
        )]
        Deposited(payload::Deposit),
    }
    pub(crate) mod payload {
        use super::*;
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Deposit {
            amount: u64,
            remark: String,
        }
        impl Deposit {
            pub(crate) fn new(amount: u64, remark: String) -> Self {
                Self { amount, remark }
            }
        }
        #[derive(Deserialize, Schema)]
        pub(crate) struct DepositedV1 {
            pub(crate) amount: u64,
            pub(crate) note: String,
        }
        impl From<DepositedV1> for Deposit {
            fn from(old: DepositedV1) -> Self {
                Self {
                    amount: old.amount,
                    remark: old.note,
                }
            }
        }
    }
    impl From<
        crate::schema_changes::fixed::struct_of_a_variant_in_a_module_changed::payload::DepositedV1,
    > for AccountEvent {
        fn from(
            old: crate::schema_changes::fixed::struct_of_a_variant_in_a_module_changed::payload::DepositedV1,
        ) -> Self {
            Self::Deposited(old.into())
        }
    }
}
pub(crate) mod unchanged_type_in_a_module {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { amount: u32 },
        Priced { unit: money::Unit, page: money::Page<money::Unit> },
    }
    pub(crate) mod money {
        use super::*;
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Unit {
            Eur,
        }
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Page<T> {
            pub(crate) of: T,
        }
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        unit: crate::schema_changes::fixed::unchanged_type_in_a_module::money::Unit,
        page: crate::schema_changes::fixed::unchanged_type_in_a_module::money::Page<
            crate::schema_changes::fixed::unchanged_type_in_a_module::money::Unit,
        >,
        amount: u32,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid { amount: old.amount }
        }
    }
}
pub(crate) mod one_of_two_types_of_one_name_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved { from: home::Place, to: work::Place },
    }
    pub(crate) mod home {
        use super::*;
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Place {
            pub(crate) street: String,
        }
    }
    pub(crate) mod work {
        use super::*;
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Place {
            pub(crate) office: u32,
        }
        #[derive(Deserialize, Schema)]
        pub(crate) struct Place2V1 {
            pub(crate) room: u32,
        }
    }
    #[derive(Deserialize, Schema)]
    struct MovedV1 {
        from: home::Place,
        to: crate::schema_changes::fixed::one_of_two_types_of_one_name_changed::work::Place2V1,
    }
    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved {
                from: old.from,
                to: work::Place { office: old.to.room },
            }
        }
    }
}
pub(crate) mod argument_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(ListedV1))]
        Listed { page: Page<String> },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Page<T> {
        items: Vec<T>,
    }
    #[derive(Deserialize, Schema)]
    struct ListedV1 {
        page: PageV1,
    }
    #[derive(Deserialize, Schema)]
    struct PageV1 {
        items: Vec<u32>,
    }
    impl From<ListedV1> for AccountEvent {
        fn from(old: ListedV1) -> Self {
            Self::Listed {
                page: Page {
                    items: old.page.items.iter().map(u32::to_string).collect(),
                },
            }
        }
    }
}
pub(crate) mod generic_type_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(ListedV1))]
        Listed { page: Page<String> },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Page<T> {
        rows: Vec<T>,
        next: u32,
    }
    #[derive(Deserialize, Schema)]
    struct ListedV1 {
        page: PageV1,
    }
    #[derive(Deserialize, Schema)]
    struct PageV1 {
        items: Vec<String>,
        next: u32,
    }
    impl From<ListedV1> for AccountEvent {
        fn from(old: ListedV1) -> Self {
            Self::Listed {
                page: Page {
                    rows: old.page.items,
                    next: old.page.next,
                },
            }
        }
    }
}
pub(crate) mod flatten_dropped {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, limits: Limits },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Limits {
        limit: u32,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(flatten)]
        limits: Limits,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limits: old.limits,
            }
        }
    }
}
pub(crate) mod flatten_added {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(flatten)] limits: Limits },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Limits {
        limit: u32,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        limits: Limits,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limits: old.limits,
            }
        }
    }
}
pub(crate) mod flattened_field_renamed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(flatten)] limits: Limits },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Limits {
        cap: u32,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(flatten)]
        limits: LimitsV1,
    }
    #[derive(Deserialize, Schema)]
    struct LimitsV1 {
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                limits: Limits { cap: old.limits.limit },
            }
        }
    }
}
pub(crate) mod flattened_map_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        #[serde(flatten)]
        rest: std::collections::BTreeMap<String, serde_json::Value>,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.owner }
        }
    }
}
pub(crate) mod event_with_a_name_of_its_own {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(
            name = "bank.account-opened",
            was("account.created"),
            version = 2,
            from(OpenedV1)
        )]
        Opened { owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.name }
        }
    }
}
pub(crate) mod event_renamed_and_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(was("account.opened"), version = 2, from(CreatedV1))]
        Created { owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct CreatedV1 {
        name: String,
    }
    impl From<CreatedV1> for AccountEvent {
        fn from(old: CreatedV1) -> Self {
            Self::Created { owner: old.name }
        }
    }
}
pub(crate) mod variant_that_is_a_keyword {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[serde(rename = "yielded!")]
        #[event(version = 2, from(YieldV1))]
        Yield { owner: String },
    }
    #[derive(Deserialize, Schema)]
    struct YieldV1 {
        name: String,
    }
    impl From<YieldV1> for AccountEvent {
        fn from(old: YieldV1) -> Self {
            Self::Yield { owner: old.name }
        }
    }
}
pub(crate) mod third_version {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 3, from(OpenedV1, OpenedV2))]
        Opened { holder: String, limit: u32 },
    }
    #[derive(Debug, Deserialize, Schema)]
    pub(crate) struct OpenedV1 {
        name: String,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV2 {
        owner: String,
        limit: u32,
    }
    impl From<OpenedV1> for OpenedV2 {
        fn from(old: OpenedV1) -> Self {
            Self { owner: old.name, limit: 42 }
        }
    }
    impl From<OpenedV2> for AccountEvent {
        fn from(old: OpenedV2) -> Self {
            Self::Opened {
                holder: old.owner,
                limit: old.limit,
            }
        }
    }
}
pub(crate) mod fourth_version {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 4, from(OpenedV1, OpenedV2, OpenedV3))]
        Opened { owner: String, limit: String },
    }
    #[derive(Debug, Deserialize, Schema)]
    pub(crate) struct OpenedV1 {
        name: String,
    }
    #[derive(Debug, Deserialize, Schema)]
    pub(crate) struct OpenedV2 {
        title: String,
    }
    impl From<OpenedV1> for OpenedV2 {
        fn from(old: OpenedV1) -> Self {
            Self { title: old.name }
        }
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV3 {
        owner: String,
        limit: u32,
    }
    impl From<OpenedV2> for OpenedV3 {
        fn from(old: OpenedV2) -> Self {
            Self {
                owner: old.title,
                limit: 42,
            }
        }
    }
    impl From<OpenedV3> for AccountEvent {
        fn from(old: OpenedV3) -> Self {
            Self::Opened {
                owner: old.owner,
                limit: old.limit.to_string(),
            }
        }
    }
}
pub(crate) mod version_after_an_upcaster_function {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 3, from(OpenedV1, OpenedV2), upcast(1 = split))]
        Opened { holder: String },
    }
    #[derive(Debug, Deserialize, Schema)]
    pub(crate) struct OpenedV1 {
        names: Vec<String>,
    }
    fn split(old: OpenedV1, _: &EventContext) -> Vec<AccountEvent> {
        old.names.into_iter().map(|holder| AccountEvent::Opened { holder }).collect()
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV2 {
        owner: String,
    }
    impl From<OpenedV2> for AccountEvent {
        fn from(old: OpenedV2) -> Self {
            Self::Opened { holder: old.owner }
        }
    }
}
pub(crate) mod type_of_two_events_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { by: Person },
        #[event(version = 2, from(ClosedV1))]
        Closed { by: Person },
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Person {
        label: String,
    }
    #[derive(Deserialize, Schema)]
    struct ClosedV1 {
        by: PersonV1,
    }
    #[derive(Deserialize, Schema)]
    struct PersonV1 {
        name: String,
    }
    impl From<ClosedV1> for AccountEvent {
        fn from(old: ClosedV1) -> Self {
            Self::Closed {
                by: Person { label: old.by.name },
            }
        }
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        by: PersonV1,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                by: Person { label: old.by.name },
            }
        }
    }
}
pub(crate) mod type_that_was_kept_before_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { by: Person },
        Kept(PersonV1),
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Person {
        label: String,
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct PersonV1 {
        id: u32,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        by: OpenedPersonV1,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedPersonV1 {
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                by: Person { label: old.by.name },
            }
        }
    }
}
/// All of them.
pub(crate) fn all() -> Vec<Release> {
    vec![
        Release::of:: < required_field_added::AccountEvent > ("required_field_added"),
        Release::of:: < field_removed::AccountEvent > ("field_removed"), Release::of:: <
        all_fields_removed::AccountEvent > ("all_fields_removed"), Release::of:: <
        unit_with_fields::AccountEvent > ("unit_with_fields"), Release::of:: <
        field_skipped::AccountEvent > ("field_skipped"), Release::of:: <
        field_renamed::AccountEvent > ("field_renamed"), Release::of:: <
        defaulted_field_renamed::AccountEvent > ("defaulted_field_renamed"),
        Release::of:: < optional_field_renamed::AccountEvent >
        ("optional_field_renamed"), Release::of:: < alias_dropped::AccountEvent >
        ("alias_dropped"), Release::of:: < all_fields_renamed::AccountEvent >
        ("all_fields_renamed"), Release::of:: <
        renaming_of_all_fields_dropped::AccountEvent >
        ("renaming_of_all_fields_dropped"), Release::of:: <
        unusual_names_kept::AccountEvent > ("unusual_names_kept"), Release::of:: <
        unusual_name_removed::AccountEvent > ("unusual_name_removed"), Release::of:: <
        field_removed_where_unknown_fields_are_denied::AccountEvent >
        ("field_removed_where_unknown_fields_are_denied"), Release::of:: <
        fields_for_a_plain_value::AccountEvent > ("fields_for_a_plain_value"),
        Release::of:: < default_dropped::AccountEvent > ("default_dropped"),
        Release::of:: < default_with_a_function_dropped::AccountEvent >
        ("default_with_a_function_dropped"), Release::of:: < default_kept::AccountEvent >
        ("default_kept"), Release::of:: < defaulted_field_removed::AccountEvent >
        ("defaulted_field_removed"), Release::of:: <
        defaulted_field_renamed_with_its_default::AccountEvent >
        ("defaulted_field_renamed_with_its_default"), Release::of:: <
        defaulted_field_of_another_type::AccountEvent >
        ("defaulted_field_of_another_type"), Release::of:: <
        new_defaulted_field_next_to_a_change::AccountEvent >
        ("new_defaulted_field_next_to_a_change"), Release::of:: <
        option_required::AccountEvent > ("option_required"), Release::of:: <
        option_defaulted::AccountEvent > ("option_defaulted"), Release::of:: <
        omitted_option_required::AccountEvent > ("omitted_option_required"),
        Release::of:: < omitted_field_without_default::AccountEvent >
        ("omitted_field_without_default"), Release::of:: <
        defaults_of_a_type::AccountEvent > ("defaults_of_a_type"), Release::of:: <
        integer_narrowed::AccountEvent > ("integer_narrowed"), Release::of:: <
        integer_signed_in_the_same_width::AccountEvent >
        ("integer_signed_in_the_same_width"), Release::of:: <
        integer_unsigned::AccountEvent > ("integer_unsigned"), Release::of:: <
        integer_nonzero::AccountEvent > ("integer_nonzero"), Release::of:: <
        large_integer_to_float::AccountEvent > ("large_integer_to_float"), Release::of::
        < float_to_integer::AccountEvent > ("float_to_integer"), Release::of:: <
        float_narrowed::AccountEvent > ("float_narrowed"), Release::of:: <
        number_to_text::AccountEvent > ("number_to_text"), Release::of:: <
        text_to_number::AccountEvent > ("text_to_number"), Release::of:: <
        text_to_uuid::AccountEvent > ("text_to_uuid"), Release::of:: <
        text_to_enum::AccountEvent > ("text_to_enum"), Release::of:: <
        text_to_timestamp::AccountEvent > ("text_to_timestamp"), Release::of:: <
        text_to_character::AccountEvent > ("text_to_character"), Release::of:: <
        truth_value_to_enum::AccountEvent > ("truth_value_to_enum"), Release::of:: <
        any_value_to_type::AccountEvent > ("any_value_to_type"), Release::of:: <
        written_by_a_function::AccountEvent > ("written_by_a_function"), Release::of:: <
        no_longer_written_by_a_function::AccountEvent >
        ("no_longer_written_by_a_function"), Release::of:: < function_kept::AccountEvent
        > ("function_kept"), Release::of:: < duration_to_seconds::AccountEvent >
        ("duration_to_seconds"), Release::of:: < widened_next_to_a_change::AccountEvent >
        ("widened_next_to_a_change"), Release::of:: < list_to_one::AccountEvent >
        ("list_to_one"), Release::of:: < one_to_list::AccountEvent > ("one_to_list"),
        Release::of:: < list_to_set::AccountEvent > ("list_to_set"), Release::of:: <
        items_of_a_set_changed::AccountEvent > ("items_of_a_set_changed"), Release::of::
        < map_to_struct::AccountEvent > ("map_to_struct"), Release::of:: <
        keys_of_a_map_changed::AccountEvent > ("keys_of_a_map_changed"), Release::of:: <
        variant_of_a_key_removed::AccountEvent > ("variant_of_a_key_removed"),
        Release::of:: < tuple_grown::AccountEvent > ("tuple_grown"), Release::of:: <
        tuple_shrunk::AccountEvent > ("tuple_shrunk"), Release::of:: <
        array_grown::AccountEvent > ("array_grown"), Release::of:: <
        tuple_to_struct::AccountEvent > ("tuple_to_struct"), Release::of:: <
        newtype_to_struct::AccountEvent > ("newtype_to_struct"), Release::of:: <
        variant_removed::AccountEvent > ("variant_removed"), Release::of:: <
        variant_renamed::AccountEvent > ("variant_renamed"), Release::of:: <
        variant_with_content::AccountEvent > ("variant_with_content"), Release::of:: <
        variant_without_content::AccountEvent > ("variant_without_content"),
        Release::of:: < variant_with_named_fields::AccountEvent >
        ("variant_with_named_fields"), Release::of:: <
        field_of_a_variant_added::AccountEvent > ("field_of_a_variant_added"),
        Release::of:: < all_variants_renamed::AccountEvent > ("all_variants_renamed"),
        Release::of:: < renamed_variant_removed::AccountEvent >
        ("renamed_variant_removed"), Release::of:: < tag_added::AccountEvent >
        ("tag_added"), Release::of:: < tag_renamed::AccountEvent > ("tag_renamed"),
        Release::of:: < content_next_to_the_tag::AccountEvent >
        ("content_next_to_the_tag"), Release::of:: < tag_for_untagged::AccountEvent >
        ("tag_for_untagged"), Release::of:: < untagged_variants_reordered::AccountEvent >
        ("untagged_variants_reordered"), Release::of:: <
        variant_removed_next_to_other::AccountEvent > ("variant_removed_next_to_other"),
        Release::of:: < nested_field_renamed::AccountEvent > ("nested_field_renamed"),
        Release::of:: < nested_field_renamed_in_a_list::AccountEvent >
        ("nested_field_renamed_in_a_list"), Release::of:: <
        compatible_nested_change_next_to_another::AccountEvent >
        ("compatible_nested_change_next_to_another"), Release::of:: <
        struct_of_a_variant_changed::AccountEvent > ("struct_of_a_variant_changed"),
        Release::of:: < boxed_struct_of_a_variant_changed::AccountEvent >
        ("boxed_struct_of_a_variant_changed"), Release::of:: <
        enum_of_a_variant_changed::AccountEvent > ("enum_of_a_variant_changed"),
        Release::of:: < recursive_type_changed::AccountEvent >
        ("recursive_type_changed"), Release::of:: <
        type_in_a_module_changed::AccountEvent > ("type_in_a_module_changed"),
        Release::of:: < struct_of_a_variant_in_a_module_changed::AccountEvent >
        ("struct_of_a_variant_in_a_module_changed"), Release::of:: <
        unchanged_type_in_a_module::AccountEvent > ("unchanged_type_in_a_module"),
        Release::of:: < one_of_two_types_of_one_name_changed::AccountEvent >
        ("one_of_two_types_of_one_name_changed"), Release::of:: <
        argument_changed::AccountEvent > ("argument_changed"), Release::of:: <
        generic_type_changed::AccountEvent > ("generic_type_changed"), Release::of:: <
        flatten_dropped::AccountEvent > ("flatten_dropped"), Release::of:: <
        flatten_added::AccountEvent > ("flatten_added"), Release::of:: <
        flattened_field_renamed::AccountEvent > ("flattened_field_renamed"),
        Release::of:: < flattened_map_removed::AccountEvent > ("flattened_map_removed"),
        Release::of:: < event_with_a_name_of_its_own::AccountEvent >
        ("event_with_a_name_of_its_own"), Release::of:: <
        event_renamed_and_changed::AccountEvent > ("event_renamed_and_changed"),
        Release::of:: < variant_that_is_a_keyword::AccountEvent >
        ("variant_that_is_a_keyword"), Release::of:: < third_version::AccountEvent >
        ("third_version"), Release::of:: < fourth_version::AccountEvent >
        ("fourth_version"), Release::of:: <
        version_after_an_upcaster_function::AccountEvent >
        ("version_after_an_upcaster_function"), Release::of:: <
        type_of_two_events_changed::AccountEvent > ("type_of_two_events_changed"),
        Release::of:: < type_that_was_kept_before_changed::AccountEvent >
        ("type_that_was_kept_before_changed")
    ]
}
