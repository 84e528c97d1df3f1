//! Types of fields.

use crate::schema_changes::kind::{Kind, kind};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        integer_widened::kind(),
        integer_narrowed::kind(),
        integer_signed::kind(),
        integer_signed_in_the_same_width::kind(),
        integer_unsigned::kind(),
        integer_nonzero::kind(),
        integer_to_float::kind(),
        large_integer_to_float::kind(),
        float_to_integer::kind(),
        float_narrowed::kind(),
        float_widened::kind(),
        number_to_text::kind(),
        text_to_number::kind(),
        text_to_uuid::kind(),
        uuid_to_text::kind(),
        text_to_enum::kind(),
        enum_to_text::kind(),
        text_to_timestamp::kind(),
        character_to_text::kind(),
        text_to_character::kind(),
        truth_value_to_enum::kind(),
        any_value_to_type::kind(),
        type_to_any_value::kind(),
        written_by_a_function::kind(),
        no_longer_written_by_a_function::kind(),
        function_kept::kind(),
        duration_to_seconds::kind(),
        widened_next_to_a_change::kind(),
    ]
}

kind! { integer_widened, Compatible, "an integer is widened, `u32` to `u64`";
    before { Deposited { amount: u32 } }
    after { Deposited { amount: u64 } }
    events { AccountEvent::Deposited { amount: 700 } }
    meant { AccountEvent::Deposited { amount: 700 } }
}

kind! { integer_narrowed, Breaking, "an integer is narrowed, `u64` to `u32`";
    before { Deposited { amount: u64 } }
    after { Deposited { amount: u32 } }
    events { AccountEvent::Deposited { amount: 700 }, AccountEvent::Deposited { amount: 5_000_000_000 } }
    meant { AccountEvent::Deposited { amount: 700 }, AccountEvent::Deposited { amount: u32::MAX } }
    fill { "/* what became of `old.amount` */" => "old.amount.try_into().unwrap_or(u32::MAX)" }
}

kind! { integer_signed, Compatible, "an integer is signed and wider, `u32` to `i64`";
    before { Deposited { amount: u32 } }
    after { Deposited { amount: i64 } }
    events { AccountEvent::Deposited { amount: 700 } }
    meant { AccountEvent::Deposited { amount: 700 } }
}

kind! { integer_signed_in_the_same_width, Breaking, "an integer is signed, `u64` to `i64`";
    before { Deposited { amount: u64 } }
    after { Deposited { amount: i64 } }
    events { AccountEvent::Deposited { amount: 700 }, AccountEvent::Deposited { amount: u64::MAX } }
    meant { AccountEvent::Deposited { amount: 700 }, AccountEvent::Deposited { amount: i64::MAX } }
    fill { "/* what became of `old.amount` */" => "old.amount.try_into().unwrap_or(i64::MAX)" }
}

kind! { integer_unsigned, Breaking, "an integer is unsigned, `i64` to `u64`";
    before { Moved { amount: i64 } }
    after { Moved { amount: u64 } }
    events { AccountEvent::Moved { amount: 700 }, AccountEvent::Moved { amount: -700 } }
    meant { AccountEvent::Moved { amount: 700 }, AccountEvent::Moved { amount: 700 } }
    fill { "/* what became of `old.amount` */" => "old.amount.unsigned_abs()" }
}

kind! { integer_nonzero, Breaking, "an integer must not be 0, `u64` to `NonZeroU64`";
    before { Deposited { amount: u64 } }
    after { Deposited { amount: std::num::NonZeroU64 } }
    events { AccountEvent::Deposited { amount: 700 }, AccountEvent::Deposited { amount: 0 } }
    meant {
        AccountEvent::Deposited { amount: 700.try_into().expect("it is not 0") },
        AccountEvent::Deposited { amount: std::num::NonZeroU64::MIN },
    }
    fill { "/* what became of `old.amount` */" => "old.amount.try_into().unwrap_or(std::num::NonZeroU64::MIN)" }
}

kind! { integer_to_float, Compatible, "a small integer is a float, `u32` to `f64`";
    before { Deposited { amount: u32 } }
    after { Deposited { amount: f64 } }
    events { AccountEvent::Deposited { amount: 700 } }
    meant { AccountEvent::Deposited { amount: 700.0 } }
}

kind! { large_integer_to_float, Silent, "a large integer is a float, `u64` to `f64`";
    before { Deposited { amount: u64 } }
    after { Deposited { amount: f64 } }
    events { AccountEvent::Deposited { amount: 700 }, AccountEvent::Deposited { amount: 9_007_199_254_740_993 } }
    meant { AccountEvent::Deposited { amount: 700.0 }, AccountEvent::Deposited { amount: 9_007_199_254_740_992.0 } }
    fill { "/* what became of `old.amount` */" => "old.amount as f64" }
}

kind! { float_to_integer, Breaking, "a float is an integer, `f64` to `i64`";
    before { Deposited { amount: f64 } }
    after { Deposited { cents: i64 } }
    events { AccountEvent::Deposited { amount: 12.5 } }
    meant { AccountEvent::Deposited { cents: 1250 } }
    fill { "/* what it was */" => "(old.amount * 100.0) as i64" }
}

kind! { float_narrowed, Breaking, "a float is narrowed, `f64` to `f32`";
    before { Measured { value: f64 } }
    after { Measured { value: f32 } }
    events { AccountEvent::Measured { value: 0.123_456_789_012 }, AccountEvent::Measured { value: 1e300 } }
    meant { AccountEvent::Measured { value: 0.123_456_79 }, AccountEvent::Measured { value: f32::INFINITY } }
    fill { "/* what became of `old.value` */" => "old.value as f32" }
}

kind! { float_widened, Compatible, "a float is widened, `f32` to `f64`";
    before { Measured { value: f32 } }
    after { Measured { value: f64 } }
    events { AccountEvent::Measured { value: 0.5 } }
    meant { AccountEvent::Measured { value: 0.5 } }
}

kind! { number_to_text, Breaking, "a number is a text";
    before { Opened { code: u32 } }
    after { Opened { code: String } }
    events { AccountEvent::Opened { code: 700 } }
    meant { AccountEvent::Opened { code: s("700") } }
    fill { "/* what became of `old.code` */" => "old.code.to_string()" }
}

kind! { text_to_number, Breaking, "a text is a number";
    before { Opened { code: String } }
    after { Opened { code: u32 } }
    events { AccountEvent::Opened { code: s("700") } }
    meant { AccountEvent::Opened { code: 700 } }
    fill { "/* what became of `old.code` */" => "old.code.parse().unwrap_or_default()" }
}

kind! { text_to_uuid, Breaking, "a text is a UUID";
    before { Opened { id: String } }
    after { Opened { id: Uuid } }
    events { AccountEvent::Opened { id: s("12345678-9abc-def0-1234-56789abcdef0") }, AccountEvent::Opened { id: s("none") } }
    meant {
        AccountEvent::Opened { id: Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0) },
        AccountEvent::Opened { id: Uuid::nil() },
    }
    fill { "/* what became of `old.id` */" => "old.id.parse().unwrap_or_default()" }
}

kind! { uuid_to_text, Compatible, "a UUID is a text";
    before { Opened { id: Uuid } }
    after { Opened { id: String } }
    events { AccountEvent::Opened { id: Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0) } }
    meant { AccountEvent::Opened { id: s("12345678-9abc-def0-1234-56789abcdef0") } }
}

kind! { text_to_enum, Breaking, "a text is an enum";
    before { Opened { currency: String } }
    after { Opened { currency: Currency } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Currency { Eur, Other }
    }
    events { AccountEvent::Opened { currency: s("Eur") }, AccountEvent::Opened { currency: s("XAU") } }
    meant { AccountEvent::Opened { currency: Currency::Eur }, AccountEvent::Opened { currency: Currency::Other } }
    fill { "/* what became of `old.currency` */" => "if old.currency == \"Eur\" { Currency::Eur } else { Currency::Other }" }
}

kind! { enum_to_text, Compatible, "an enum of units is a text";
    before { Opened { currency: Currency } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Currency { Eur, Usd }
    }
    after { Opened { currency: String } }
    events { AccountEvent::Opened { currency: Currency::Usd } }
    meant { AccountEvent::Opened { currency: s("Usd") } }
}

kind! { text_to_timestamp, Breaking, "a text is a timestamp";
    before { Opened { on: String } }
    after { Opened { on: Timestamp } }
    events { AccountEvent::Opened { on: s("2026-01-02T03:04:05Z") }, AccountEvent::Opened { on: s("today") } }
    meant {
        AccountEvent::Opened { on: serde_json::from_str("\"2026-01-02T03:04:05Z\"").expect("a time") },
        AccountEvent::Opened { on: serde_json::from_str("\"1970-01-01T00:00:00Z\"").expect("a time") },
    }
    fill {
        "/* what became of `old.on` */" =>
            "serde_json::from_value(old.on.into()).unwrap_or_else(|_| serde_json::from_str(\"\\\"1970-01-01T00:00:00Z\\\"\").expect(\"a time\"))"
    }
}

kind! { character_to_text, Compatible, "a character is a text";
    before { Graded { grade: char } }
    after { Graded { grade: String } }
    events { AccountEvent::Graded { grade: 'x' } }
    meant { AccountEvent::Graded { grade: s("x") } }
}

kind! { text_to_character, Breaking, "a text is a character";
    before { Graded { grade: String } }
    after { Graded { grade: char } }
    events { AccountEvent::Graded { grade: s("x") }, AccountEvent::Graded { grade: s("none") } }
    meant { AccountEvent::Graded { grade: 'x' }, AccountEvent::Graded { grade: 'n' } }
    fill { "/* what became of `old.grade` */" => "old.grade.chars().next().unwrap_or('-')" }
}

kind! { truth_value_to_enum, Breaking, "a `bool` is an enum";
    before { Opened { vip: bool } }
    after { Opened { vip: Level } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) enum Level { Plain, Vip }
    }
    events { AccountEvent::Opened { vip: true } }
    meant { AccountEvent::Opened { vip: Level::Vip } }
    fill { "/* what became of `old.vip` */" => "if old.vip { Level::Vip } else { Level::Plain }" }
}

kind! { any_value_to_type, Breaking, "any JSON value is a type of its own";
    before { Noted { note: Value } }
    after { Noted { note: Note } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Note { text: String }
    }
    events { AccountEvent::Noted { note: serde_json::json!({"text": "hello"}) }, AccountEvent::Noted { note: Value::Null } }
    meant { AccountEvent::Noted { note: Note { text: s("hello") } }, AccountEvent::Noted { note: Note { text: s("") } } }
    fill {
        "/* what became of `old.note` */" => "serde_json::from_value(old.note).unwrap_or_else(|_| Note { text: s(\"\") })"
    }
}

kind! { type_to_any_value, Compatible, "a type is any JSON value";
    before { Noted { note: Note } } with {
        #[derive(Debug, Clone, Serialize, Deserialize, Schema)]
        pub(crate) struct Note { text: String }
    }
    after { Noted { note: Value } }
    events { AccountEvent::Noted { note: Note { text: s("hello") } } }
    meant { AccountEvent::Noted { note: serde_json::json!({"text": "hello"}) } }
}

kind! { written_by_a_function, Breaking, "a field is written by a function (`with`)";
    before { Deposited { amount: u64 } }
    after { Deposited { #[serde(with = "as_text")] #[schema(as = "string")] amount: u64 } }
    events { AccountEvent::Deposited { amount: 700 } }
    meant { AccountEvent::Deposited { amount: 700 } }
    fill { "/* what became of `old.amount` */" => "old.amount" }
}

kind! { no_longer_written_by_a_function, Breaking, "a field is no longer written by a function (`with`)";
    before { Deposited { #[serde(with = "as_text")] #[schema(as = "string(amount)")] amount: u64 } }
    after { Deposited { amount: u64 } }
    events { AccountEvent::Deposited { amount: 700 } }
    meant { AccountEvent::Deposited { amount: 700 } }
    fill { "/* what became of `old.amount` */" => "old.amount.parse().unwrap_or_default()" }
}

kind! { function_kept, Breaking, "a field is renamed next to one with `with`";
    before { Deposited { #[serde(with = "as_text")] #[schema(as = "string(amount)")] amount: u64, name: String } }
    after { Deposited { #[serde(with = "as_text")] #[schema(as = "string(amount)")] amount: u64, owner: String } }
    events { AccountEvent::Deposited { amount: 700, name: s("Ada") } }
    meant { AccountEvent::Deposited { amount: 700, owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}

kind! { duration_to_seconds, Breaking, "a `Duration` is a number of seconds";
    before { Paused { time: std::time::Duration } }
    after { Paused { time: u64 } }
    events { AccountEvent::Paused { time: std::time::Duration::from_secs(700) } }
    meant { AccountEvent::Paused { time: 700 } }
    fill { "/* what became of `old.time` */" => "old.time.secs" }
}

kind! { widened_next_to_a_change, Breaking, "a field is renamed, and an integer is widened";
    before { Deposited { amount: u32, name: String } }
    after { Deposited { amount: u64, owner: String } }
    events { AccountEvent::Deposited { amount: 700, name: s("Ada") } }
    meant { AccountEvent::Deposited { amount: 700, owner: s("Ada") } }
    fill { "/* what it was */" => "old.name" }
}
