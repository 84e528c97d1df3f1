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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct ClosedV1 {
        reason: String,
    }
    impl From<ClosedV1> for AccountEvent {
        fn from(_: ClosedV1) -> Self {
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
        BankCheque,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::CreditCard | MeansV1::BankCheque => Means::CreditCard,
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
pub(crate) mod types_kept {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
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
        },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
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
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.name,
                shared: old.shared,
                size: old.size,
                map: old.map,
                path: old.path,
                text: old.text,
                one: old.one,
                few: old.few,
                time: old.time,
                done: old.done,
                unit: old.unit,
            }
        }
    }
}
pub(crate) mod fields_of_many_types_removed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        r#type: String,
        size: u64,
        map: std::collections::BTreeMap<u16, Vec<Option<u8>>>,
        one: std::num::NonZeroI16,
        few: ([u8; 3], (i128, f32), (u8,)),
        time: DurationV1,
        done: Result<u32, MarkerV1>,
        unit: MarkerV1,
        id: uuid::Uuid,
        at: ::eventsource::Timestamp,
        address: std::net::IpAddr,
        #[schema(as = "string(socket address)?")]
        socket: Option<String>,
        letter: char,
        any: serde_json::Value,
        set: std::collections::BTreeSet<char>,
    }
    #[derive(Deserialize, Schema)]
    #[serde(deny_unknown_fields)]
    struct DurationV1 {
        secs: u64,
        nanos: u32,
    }
    #[derive(Deserialize, Schema)]
    #[serde(transparent)]
    struct MarkerV1(());
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.owner }
        }
    }
}
pub(crate) mod struct_with_a_tag_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OrderedV1))]
        Ordered { line: Line },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(tag = "kind", rename = "line")]
    pub(crate) struct Line {
        article: String,
    }
    #[derive(Deserialize, Schema)]
    struct OrderedV1 {
        line: LineV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(tag = "kind", rename = "line")]
    struct LineV1 {
        item: String,
    }
    impl From<OrderedV1> for AccountEvent {
        fn from(old: OrderedV1) -> Self {
            Self::Ordered {
                line: Line { article: old.line.item },
            }
        }
    }
}
pub(crate) mod element_of_a_tuple_struct_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(MovedV1))]
        Moved { to: Place },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Place(String, String, #[serde(default = "forty_two")] u32);
    #[derive(Deserialize, Schema)]
    struct MovedV1 {
        to: PlaceV1,
    }
    #[derive(Deserialize, Schema)]
    struct PlaceV1(String, u32, #[serde(default = "forty_two")] u32);
    impl From<MovedV1> for AccountEvent {
        fn from(old: MovedV1) -> Self {
            Self::Moved {
                to: Place(old.to.0, old.to.1.to_string(), old.to.2),
            }
        }
    }
}
pub(crate) mod field_no_longer_read {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(skip_deserializing)] total: u32 },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        owner: String,
        total: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.owner,
                total: Default::default(),
            }
        }
    }
}
pub(crate) mod field_never_read_next_to_a_change {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened {
            owner: String,
            #[serde(skip_deserializing, default = "forty_two")]
            total: u32,
        },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.name,
                total: forty_two(),
            }
        }
    }
}
pub(crate) mod skipped_field_kept {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, #[serde(skip, default = "forty_two")] total: u32 },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.name,
                total: forty_two(),
            }
        }
    }
}
pub(crate) mod two_fields_joined {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { #[serde(alias = "name")] owner: String, limit: u32 },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
        owner: String,
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: format!("{} {}", old.name, old.owner),
                limit: old.limit,
            }
        }
    }
}
pub(crate) mod field_split {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { first: String, last: String },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                first: s(old.name.split(' ').next().unwrap_or_default()),
                last: s(old.name.split(' ').nth(1).unwrap_or_default()),
            }
        }
    }
}
pub(crate) mod plain_value_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened(u32),
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    #[serde(transparent)]
    struct OpenedV1(String);
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened(old.0.parse().unwrap_or_default())
        }
    }
}
pub(crate) mod struct_for_changed_fields {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened(Opening),
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Opening {
        owner: String,
        #[serde(default = "forty_two")]
        limit: u32,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: String,
        #[serde(default = "forty_two")]
        limit: u32,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened(Opening {
                owner: old.name,
                limit: old.limit,
            })
        }
    }
}
pub(crate) mod fields_for_a_changed_struct {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String, limit: u32 },
    }
    pub(crate) type Set = AccountEvent;
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
pub(crate) mod generic_struct_of_a_variant_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(ListedV1))]
        Listed(Page<String>),
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Page<T> {
        rows: Vec<T>,
        next: u32,
    }
    #[derive(Deserialize, Schema)]
    struct ListedV1 {
        items: Vec<String>,
        next: u32,
    }
    impl From<ListedV1> for AccountEvent {
        fn from(old: ListedV1) -> Self {
            Self::Listed(Page {
                rows: old.items,
                next: old.next,
            })
        }
    }
}
pub(crate) mod nested_field_removed_under_other_names {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OrderedV1))]
        Ordered { line: Line },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct Line {
        item_name: String,
    }
    #[derive(Deserialize, Schema)]
    struct OrderedV1 {
        line: LineV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(deny_unknown_fields)]
    struct LineV1 {
        #[serde(rename = "itemName")]
        item_name: String,
        #[serde(rename = "unitPrice")]
        unit_price: u32,
    }
    impl From<OrderedV1> for AccountEvent {
        fn from(old: OrderedV1) -> Self {
            Self::Ordered {
                line: Line {
                    item_name: old.line.item_name,
                },
            }
        }
    }
}
pub(crate) mod alias_of_a_variant_dropped {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) enum Means {
        Coins,
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    enum MeansV1 {
        #[serde(alias = "Cash")]
        Coins,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Coins => Means::Coins,
                },
            }
        }
    }
}
pub(crate) mod struct_in_a_tagged_variant_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(PaidV1))]
        Paid { with: Means },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(tag = "kind", content = "of")]
    pub(crate) enum Means {
        Cash,
        Card(Card),
        Pair(u32, Card),
    }
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Card {
        digits: u32,
    }
    #[derive(Deserialize, Schema)]
    struct PaidV1 {
        with: MeansV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(tag = "kind", content = "of")]
    enum MeansV1 {
        Cash,
        Card(CardV1),
        Pair(u32, CardV1),
    }
    #[derive(Deserialize, Schema)]
    struct CardV1 {
        number: u32,
    }
    impl From<PaidV1> for AccountEvent {
        fn from(old: PaidV1) -> Self {
            Self::Paid {
                with: match old.with {
                    MeansV1::Cash => Means::Cash,
                    MeansV1::Card(card) => Means::Card(Card { digits: card.number }),
                    MeansV1::Pair(first, card) => {
                        Means::Pair(first, Card { digits: card.number })
                    }
                },
            }
        }
    }
}
pub(crate) mod defaults_of_a_type_by_a_function {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { limits: Limits },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    #[serde(default = "limits")]
    pub(crate) struct Limits {
        day: u32,
        month: String,
        year: u32,
    }
    fn limits() -> Limits {
        Limits {
            day: 42,
            month: s("43"),
            year: 44,
        }
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        limits: LimitsV1,
    }
    #[derive(Deserialize, Schema)]
    #[serde(default)]
    struct LimitsV1 {
        day: u32,
        month: u32,
    }
    impl Default for LimitsV1 {
        fn default() -> Self {
            let now = limits();
            Self { day: now.day, month: 43 }
        }
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                limits: Limits {
                    day: old.limits.day,
                    month: old.limits.month.to_string(),
                    ..limits()
                },
            }
        }
    }
}
pub(crate) mod parameter_of_the_events {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent<T: Clone> {
        #[event(version = 2, from(SavedV1<T>))]
        Saved { content: T, list: Vec<T>, owner: String },
    }
    pub(crate) type Set = AccountEvent<String>;
    #[derive(Deserialize, Schema)]
    struct SavedV1<T: Clone> {
        content: T,
        list: Vec<T>,
        name: String,
    }
    impl<T: Clone> From<SavedV1<T>> for AccountEvent<T> {
        fn from(old: SavedV1<T>) -> Self {
            Self::Saved {
                content: old.content,
                list: old.list,
                owner: old.name,
            }
        }
    }
}
pub(crate) mod library_with_another_path {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    #[eventsource(crate = "crate::schema_changes::prelude::library")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Deserialize, Schema)]
    #[eventsource(crate = "crate::schema_changes::prelude::library")]
    struct OpenedV1 {
        name: String,
        at: crate::schema_changes::prelude::library::Timestamp,
    }
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened { owner: old.name }
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
    pub(crate) type Set = AccountEvent;
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
pub(crate) mod type_of_an_older_version_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 2, from(OpenedV1))]
        Opened { owner: String },
    }
    pub(crate) type Set = AccountEvent;
    impl From<OpenedV1> for AccountEvent {
        fn from(old: OpenedV1) -> Self {
            Self::Opened {
                owner: old.name.first,
            }
        }
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        name: NameV1,
    }
    #[derive(Deserialize, Schema)]
    struct NameV1 {
        first: String,
    }
}
pub(crate) mod type_of_two_versions_changed {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent {
        #[event(version = 3, from(OpenedV1, OpenedV2))]
        Opened { by: Person, limit: u32 },
    }
    pub(crate) type Set = AccountEvent;
    #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
    pub(crate) struct Person {
        label: String,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV1 {
        by: PersonV1,
    }
    #[derive(Deserialize, Schema)]
    struct PersonV1 {
        name: String,
    }
    #[derive(Deserialize, Schema)]
    struct OpenedV2 {
        by: PersonV1,
        limit: u32,
    }
    impl From<OpenedV1> for OpenedV2 {
        fn from(old: OpenedV1) -> Self {
            Self { by: old.by, limit: 42 }
        }
    }
    impl From<OpenedV2> for AccountEvent {
        fn from(old: OpenedV2) -> Self {
            Self::Opened {
                by: Person { label: old.by.name },
                limit: old.limit,
            }
        }
    }
}
pub(crate) mod third_version_with_a_parameter {
    use crate::schema_changes::prelude::*;
    #[derive(Debug, Clone, Serialize, Deserialize, Event)]
    #[event(category = "account")]
    pub(crate) enum AccountEvent<T: Clone> {
        #[event(version = 3, from(SavedV1<T>, SavedV2<T>))]
        Saved { content: T, owner: String },
    }
    pub(crate) type Set = AccountEvent<String>;
    #[derive(Debug, Deserialize, Schema)]
    pub(crate) struct SavedV1<T> {
        text: T,
    }
    #[derive(Deserialize, Schema)]
    struct SavedV2<T: Clone> {
        content: T,
        name: String,
    }
    impl<T: Clone> From<SavedV1<T>> for SavedV2<T> {
        fn from(old: SavedV1<T>) -> Self {
            Self {
                content: old.text,
                name: s("none"),
            }
        }
    }
    impl<T: Clone> From<SavedV2<T>> for AccountEvent<T> {
        fn from(old: SavedV2<T>) -> Self {
            Self::Saved {
                content: old.content,
                owner: old.name,
            }
        }
    }
}
/// All of them.
pub(crate) fn all() -> Vec<Release> {
    vec![
        Release::of:: < required_field_added::Set > ("required_field_added"),
        Release::of:: < field_removed::Set > ("field_removed"), Release::of:: <
        all_fields_removed::Set > ("all_fields_removed"), Release::of:: <
        unit_with_fields::Set > ("unit_with_fields"), Release::of:: < field_skipped::Set
        > ("field_skipped"), Release::of:: < field_renamed::Set > ("field_renamed"),
        Release::of:: < defaulted_field_renamed::Set > ("defaulted_field_renamed"),
        Release::of:: < optional_field_renamed::Set > ("optional_field_renamed"),
        Release::of:: < alias_dropped::Set > ("alias_dropped"), Release::of:: <
        all_fields_renamed::Set > ("all_fields_renamed"), Release::of:: <
        renaming_of_all_fields_dropped::Set > ("renaming_of_all_fields_dropped"),
        Release::of:: < unusual_names_kept::Set > ("unusual_names_kept"), Release::of:: <
        unusual_name_removed::Set > ("unusual_name_removed"), Release::of:: <
        field_removed_where_unknown_fields_are_denied::Set >
        ("field_removed_where_unknown_fields_are_denied"), Release::of:: <
        fields_for_a_plain_value::Set > ("fields_for_a_plain_value"), Release::of:: <
        default_dropped::Set > ("default_dropped"), Release::of:: <
        default_with_a_function_dropped::Set > ("default_with_a_function_dropped"),
        Release::of:: < default_kept::Set > ("default_kept"), Release::of:: <
        defaulted_field_removed::Set > ("defaulted_field_removed"), Release::of:: <
        defaulted_field_renamed_with_its_default::Set >
        ("defaulted_field_renamed_with_its_default"), Release::of:: <
        defaulted_field_of_another_type::Set > ("defaulted_field_of_another_type"),
        Release::of:: < new_defaulted_field_next_to_a_change::Set >
        ("new_defaulted_field_next_to_a_change"), Release::of:: < option_required::Set >
        ("option_required"), Release::of:: < option_defaulted::Set >
        ("option_defaulted"), Release::of:: < omitted_option_required::Set >
        ("omitted_option_required"), Release::of:: < omitted_field_without_default::Set >
        ("omitted_field_without_default"), Release::of:: < defaults_of_a_type::Set >
        ("defaults_of_a_type"), Release::of:: < integer_narrowed::Set >
        ("integer_narrowed"), Release::of:: < integer_signed_in_the_same_width::Set >
        ("integer_signed_in_the_same_width"), Release::of:: < integer_unsigned::Set >
        ("integer_unsigned"), Release::of:: < integer_nonzero::Set > ("integer_nonzero"),
        Release::of:: < large_integer_to_float::Set > ("large_integer_to_float"),
        Release::of:: < float_to_integer::Set > ("float_to_integer"), Release::of:: <
        float_narrowed::Set > ("float_narrowed"), Release::of:: < number_to_text::Set >
        ("number_to_text"), Release::of:: < text_to_number::Set > ("text_to_number"),
        Release::of:: < text_to_uuid::Set > ("text_to_uuid"), Release::of:: <
        text_to_enum::Set > ("text_to_enum"), Release::of:: < text_to_timestamp::Set >
        ("text_to_timestamp"), Release::of:: < text_to_character::Set >
        ("text_to_character"), Release::of:: < truth_value_to_enum::Set >
        ("truth_value_to_enum"), Release::of:: < any_value_to_type::Set >
        ("any_value_to_type"), Release::of:: < written_by_a_function::Set >
        ("written_by_a_function"), Release::of:: < no_longer_written_by_a_function::Set >
        ("no_longer_written_by_a_function"), Release::of:: < function_kept::Set >
        ("function_kept"), Release::of:: < duration_to_seconds::Set >
        ("duration_to_seconds"), Release::of:: < widened_next_to_a_change::Set >
        ("widened_next_to_a_change"), Release::of:: < list_to_one::Set > ("list_to_one"),
        Release::of:: < one_to_list::Set > ("one_to_list"), Release::of:: <
        list_to_set::Set > ("list_to_set"), Release::of:: < items_of_a_set_changed::Set >
        ("items_of_a_set_changed"), Release::of:: < map_to_struct::Set >
        ("map_to_struct"), Release::of:: < keys_of_a_map_changed::Set >
        ("keys_of_a_map_changed"), Release::of:: < variant_of_a_key_removed::Set >
        ("variant_of_a_key_removed"), Release::of:: < tuple_grown::Set > ("tuple_grown"),
        Release::of:: < tuple_shrunk::Set > ("tuple_shrunk"), Release::of:: <
        array_grown::Set > ("array_grown"), Release::of:: < tuple_to_struct::Set >
        ("tuple_to_struct"), Release::of:: < newtype_to_struct::Set >
        ("newtype_to_struct"), Release::of:: < variant_removed::Set >
        ("variant_removed"), Release::of:: < variant_renamed::Set > ("variant_renamed"),
        Release::of:: < variant_with_content::Set > ("variant_with_content"),
        Release::of:: < variant_without_content::Set > ("variant_without_content"),
        Release::of:: < variant_with_named_fields::Set > ("variant_with_named_fields"),
        Release::of:: < field_of_a_variant_added::Set > ("field_of_a_variant_added"),
        Release::of:: < all_variants_renamed::Set > ("all_variants_renamed"),
        Release::of:: < renamed_variant_removed::Set > ("renamed_variant_removed"),
        Release::of:: < tag_added::Set > ("tag_added"), Release::of:: < tag_renamed::Set
        > ("tag_renamed"), Release::of:: < content_next_to_the_tag::Set >
        ("content_next_to_the_tag"), Release::of:: < tag_for_untagged::Set >
        ("tag_for_untagged"), Release::of:: < untagged_variants_reordered::Set >
        ("untagged_variants_reordered"), Release::of:: <
        variant_removed_next_to_other::Set > ("variant_removed_next_to_other"),
        Release::of:: < nested_field_renamed::Set > ("nested_field_renamed"),
        Release::of:: < nested_field_renamed_in_a_list::Set >
        ("nested_field_renamed_in_a_list"), Release::of:: <
        compatible_nested_change_next_to_another::Set >
        ("compatible_nested_change_next_to_another"), Release::of:: <
        struct_of_a_variant_changed::Set > ("struct_of_a_variant_changed"), Release::of::
        < boxed_struct_of_a_variant_changed::Set > ("boxed_struct_of_a_variant_changed"),
        Release::of:: < enum_of_a_variant_changed::Set > ("enum_of_a_variant_changed"),
        Release::of:: < recursive_type_changed::Set > ("recursive_type_changed"),
        Release::of:: < type_in_a_module_changed::Set > ("type_in_a_module_changed"),
        Release::of:: < struct_of_a_variant_in_a_module_changed::Set >
        ("struct_of_a_variant_in_a_module_changed"), Release::of:: <
        unchanged_type_in_a_module::Set > ("unchanged_type_in_a_module"), Release::of:: <
        one_of_two_types_of_one_name_changed::Set >
        ("one_of_two_types_of_one_name_changed"), Release::of:: < argument_changed::Set >
        ("argument_changed"), Release::of:: < generic_type_changed::Set >
        ("generic_type_changed"), Release::of:: < flatten_dropped::Set >
        ("flatten_dropped"), Release::of:: < flatten_added::Set > ("flatten_added"),
        Release::of:: < flattened_field_renamed::Set > ("flattened_field_renamed"),
        Release::of:: < flattened_map_removed::Set > ("flattened_map_removed"),
        Release::of:: < types_kept::Set > ("types_kept"), Release::of:: <
        fields_of_many_types_removed::Set > ("fields_of_many_types_removed"),
        Release::of:: < struct_with_a_tag_changed::Set > ("struct_with_a_tag_changed"),
        Release::of:: < element_of_a_tuple_struct_changed::Set >
        ("element_of_a_tuple_struct_changed"), Release::of:: < field_no_longer_read::Set
        > ("field_no_longer_read"), Release::of:: <
        field_never_read_next_to_a_change::Set > ("field_never_read_next_to_a_change"),
        Release::of:: < skipped_field_kept::Set > ("skipped_field_kept"), Release::of:: <
        two_fields_joined::Set > ("two_fields_joined"), Release::of:: < field_split::Set
        > ("field_split"), Release::of:: < plain_value_changed::Set >
        ("plain_value_changed"), Release::of:: < struct_for_changed_fields::Set >
        ("struct_for_changed_fields"), Release::of:: < fields_for_a_changed_struct::Set >
        ("fields_for_a_changed_struct"), Release::of:: <
        generic_struct_of_a_variant_changed::Set >
        ("generic_struct_of_a_variant_changed"), Release::of:: <
        nested_field_removed_under_other_names::Set >
        ("nested_field_removed_under_other_names"), Release::of:: <
        alias_of_a_variant_dropped::Set > ("alias_of_a_variant_dropped"), Release::of:: <
        struct_in_a_tagged_variant_changed::Set > ("struct_in_a_tagged_variant_changed"),
        Release::of:: < defaults_of_a_type_by_a_function::Set >
        ("defaults_of_a_type_by_a_function"), Release::of:: <
        parameter_of_the_events::Set > ("parameter_of_the_events"), Release::of:: <
        library_with_another_path::Set > ("library_with_another_path"), Release::of:: <
        event_with_a_name_of_its_own::Set > ("event_with_a_name_of_its_own"),
        Release::of:: < event_renamed_and_changed::Set > ("event_renamed_and_changed"),
        Release::of:: < variant_that_is_a_keyword::Set > ("variant_that_is_a_keyword"),
        Release::of:: < third_version::Set > ("third_version"), Release::of:: <
        fourth_version::Set > ("fourth_version"), Release::of:: <
        version_after_an_upcaster_function::Set > ("version_after_an_upcaster_function"),
        Release::of:: < type_of_two_events_changed::Set > ("type_of_two_events_changed"),
        Release::of:: < type_that_was_kept_before_changed::Set >
        ("type_that_was_kept_before_changed"), Release::of:: <
        type_of_an_older_version_changed::Set > ("type_of_an_older_version_changed"),
        Release::of:: < type_of_two_versions_changed::Set >
        ("type_of_two_versions_changed"), Release::of:: <
        third_version_with_a_parameter::Set > ("third_version_with_a_parameter")
    ]
}
