//! The form in which every store keeps a row: what is folded on must be what a restarted worker would read.

use std::{borrow::Cow, fmt};

use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    Timestamp,
    json::{CanonicalFault, Cursor, canonical, canonical_float, has_nul},
    store::{ColumnKind, ReadModelTable},
};

/// How the values of each column are normalized, so that every store returns them unchanged.
#[derive(Debug)]
pub(super) struct RowForm {
    columns: Vec<(String, Rule)>,
    /// Whether the store may return other values than these: the type of a column is the application's.
    pub(super) is_known: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Every store keeps the value as it is written.
    AsWritten,
    /// Zero has no sign: SQLite keeps none.
    Float,
    /// In UTC and to the microsecond, as [`Timestamp`] is; databases round in different ways.
    Time,
    /// In lower case and with hyphens.
    Uuid,
    /// As `jsonb` writes it.
    Json,
}

/// Why a value cannot be stored in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueFault {
    Nul,
    TooDeep,
    Surrogate,
    Number,
    Time,
    Uuid,
}

/// A value that cannot be stored, and the name of its column.
pub(super) struct Unfit {
    pub(super) column: String,
    pub(super) fault: ValueFault,
}

impl RowForm {
    pub(super) fn of(table: &ReadModelTable) -> Self {
        let rule = |kind: &ColumnKind| match kind {
            ColumnKind::Float32 | ColumnKind::Float64 => Rule::Float,
            ColumnKind::Timestamp => Rule::Time,
            ColumnKind::Uuid => Rule::Uuid,
            ColumnKind::Json => Rule::Json,
            ColumnKind::Native(name)
                if ["json", "jsonb"].iter().any(|json| json.eq_ignore_ascii_case(name)) =>
            {
                Rule::Json
            }
            _ => Rule::AsWritten,
        };
        let is_native = |kind: &ColumnKind| matches!(kind, ColumnKind::Native(_));
        Self {
            columns: table.columns.iter().map(|column| (column.name.clone(), rule(&column.kind))).collect(),
            is_known: !table.owned_by_application
                && !table.columns.iter().any(|column| is_native(&column.kind)),
        }
    }

    /// A row that a store returned. Stores write times and JSON in several ways.
    pub(super) fn loaded<'a>(&self, row: &'a RawValue) -> Result<Cow<'a, str>, Unfit> {
        match self.columns.iter().any(|(_, rule)| matches!(rule, Rule::Time | Rule::Json)) {
            true => self.normalized(row.get()),
            false => Ok(Cow::Borrowed(row.get())),
        }
    }

    /// The normalized form of a row. Most rows are already written in it.
    pub(super) fn normalized<'a>(&self, json: &'a str) -> Result<Cow<'a, str>, Unfit> {
        if !self.may_change(json) && !has_nul(json) {
            return Ok(Cow::Borrowed(json));
        }
        let (mut cursor, mut out, mut copied) = (Cursor::new(json), String::new(), 0);
        cursor.skip(b'{');
        for index in 0.. {
            if cursor.skip(b'}') || cursor.peek().is_none() {
                break;
            }
            cursor.skip(b',');
            let unnamed = |_| Unfit { column: String::new(), fault: ValueFault::Surrogate };
            let name = cursor.name().map_err(unnamed)?;
            let value = cursor.value();
            let end = json.len() - cursor.left();
            let normalized = self.rule(index, &name).normalized(value);
            let normalized = normalized.map_err(|fault| Unfit { column: name.into_owned(), fault })?;
            if normalized != value {
                out.push_str(json.get(copied..end - value.len()).unwrap_or_default());
                out.push_str(&normalized);
                copied = end;
            }
        }
        if copied == 0 {
            return Ok(Cow::Borrowed(json));
        }
        out.push_str(json.get(copied..).unwrap_or_default());
        Ok(Cow::Owned(out))
    }

    /// Whether a value of this column may be written in several ways.
    pub(super) fn has_rule(&self, column: &str) -> bool {
        self.rule(usize::MAX, column) != Rule::AsWritten
    }

    /// The normalized form of the value of a column.
    pub(super) fn value<'a>(&self, column: &str, json: &'a str) -> Result<Cow<'a, str>, ValueFault> {
        self.rule(usize::MAX, column).normalized(json)
    }

    /// Fields are mostly in the order of the columns.
    fn rule(&self, index: usize, name: &str) -> Rule {
        let at = self.columns.get(index).filter(|(column, _)| column == name);
        let found = at.or_else(|| self.columns.iter().find(|(column, _)| column == name));
        found.map_or(Rule::AsWritten, |(_, rule)| *rule)
    }

    /// Most rows have nothing to normalize.
    fn may_change(&self, json: &str) -> bool {
        self.columns.iter().any(|(_, rule)| match rule {
            Rule::AsWritten => false,
            Rule::Float => json.contains("-0"),
            Rule::Time | Rule::Uuid | Rule::Json => true,
        })
    }
}

impl Rule {
    fn normalized(self, json: &str) -> Result<Cow<'_, str>, ValueFault> {
        if has_nul(json) {
            return Err(ValueFault::Nul);
        }
        // A JSON `null` is null in a column of any type.
        if json == "null" {
            return Ok(Cow::Borrowed(json));
        }
        match self {
            Self::AsWritten => Ok(Cow::Borrowed(json)),
            Self::Float => Ok(Cow::Borrowed(canonical_float(json))),
            Self::Time if is_kept_time(json) => Ok(Cow::Borrowed(json)),
            Self::Time => match serde_json::from_str::<Timestamp>(json) {
                Ok(time) => Ok(Cow::Owned(format!("\"{time}\""))),
                Err(_) => Err(ValueFault::Time),
            },
            Self::Uuid if is_kept_uuid(json) => Ok(Cow::Borrowed(json)),
            Self::Uuid => match serde_json::from_str::<Uuid>(json) {
                Ok(uuid) => Ok(Cow::Owned(format!("\"{}\"", uuid.hyphenated()))),
                Err(_) => Err(ValueFault::Uuid),
            },
            // The row itself is one level.
            Self::Json => Ok(Cow::Owned(canonical(json, 1)?)),
        }
    }
}

/// Whether this is a time as [`Timestamp`] writes it, which needs no parsing. Rare times are left to the parser, such as
/// those of the last days of a month.
fn is_kept_time(json: &str) -> bool {
    const FORM: &[u8] = b"\"0000-00-00T00:00:00";
    let bytes = json.as_bytes();
    let Some((time, rest)) = bytes.split_at_checked(FORM.len()) else { return false };
    let has_form =
        |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let fraction = match rest.strip_suffix(b"Z\"") {
        Some([]) => [].as_slice(),
        Some([b'.', fraction @ ..]) if !fraction.is_empty() => fraction,
        _ => return false,
    };
    let two = |at: usize, range: std::ops::RangeInclusive<&[u8]>| {
        time.get(at..at + 2).is_some_and(|digits| range.contains(&digits))
    };
    time.iter().zip(FORM).all(has_form)
        && fraction.len() <= 6
        && fraction.iter().all(u8::is_ascii_digit)
        && !fraction.ends_with(b"0")
        && !time.starts_with(b"\"0000")
        && two(6, b"01"..=b"12")
        && two(9, b"01"..=b"28")
        && two(12, b"00"..=b"23")
        && two(15, b"00"..=b"59")
        && two(18, b"00"..=b"59")
}

/// Whether this is a UUID as it is kept, which needs no parsing.
fn is_kept_uuid(json: &str) -> bool {
    let has_form = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    let uuid = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    uuid.is_some_and(|uuid| uuid.len() == 36 && uuid.bytes().enumerate().all(has_form))
}

impl From<CanonicalFault> for ValueFault {
    fn from(fault: CanonicalFault) -> Self {
        match fault {
            CanonicalFault::TooDeep => Self::TooDeep,
            CanonicalFault::Text => Self::Surrogate,
            CanonicalFault::Number => Self::Number,
        }
    }
}

impl fmt::Display for ValueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nul => "holds a NUL character, which no store can keep; remove it in `Fold::fold`",
            Self::TooDeep => "holds JSON that is nested deeper than 126 levels",
            Self::Surrogate => "holds a text that is not Unicode",
            Self::Number => "holds a number with an exponent beyond 1000",
            Self::Time => {
                "is a point in time, but what is written is no RFC 3339 time in the years 1 to 9999"
            }
            Self::Uuid => "is a UUID, but what is written is none",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::store::Column;

    fn form() -> RowForm {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind, nullable: true, key: false };
        let columns = vec![
            column("id", ColumnKind::Text),
            column("at", ColumnKind::Timestamp),
            column("rate", ColumnKind::Float64),
            column("owner", ColumnKind::Uuid),
            column("notes", ColumnKind::Json),
        ];
        RowForm::of(&ReadModelTable { name: "rows".to_owned(), columns, owned_by_application: false })
    }

    fn normalized(row: &Value) -> Result<String, (String, ValueFault)> {
        form().normalized(&row.to_string()).map(Cow::into_owned).map_err(|unfit| (unfit.column, unfit.fault))
    }

    #[track_caller]
    fn is(column: &str, written: Value, kept: &str) {
        let row = Value::Object([(column.to_owned(), written)].into_iter().collect());
        assert_eq!(normalized(&row), Ok(format!("{{\"{column}\":{kept}}}")));
    }

    #[test]
    fn times_are_in_utc_and_cut_to_the_microsecond() {
        is("at", json!("2026-01-02T03:04:05.1234567+02:00"), "\"2026-01-02T01:04:05.123456Z\"");
        is("at", json!("1969-12-31T23:59:59.9999999Z"), "\"1969-12-31T23:59:59.999999Z\"");
        is("at", json!("2026-01-02T03:04:05.1Z"), "\"2026-01-02T03:04:05.1Z\"");
        is("at", json!("2026-01-02T03:04:05Z"), "\"2026-01-02T03:04:05Z\"");
        is("at", json!("2026-01-02T03:04:05.100+00:00"), "\"2026-01-02T03:04:05.1Z\"");
        is("at", json!("2026-01-31T23:59:59Z"), "\"2026-01-31T23:59:59Z\"");
        is("at", json!("2026-01-02T03:04:05.1234567Z"), "\"2026-01-02T03:04:05.123456Z\"");
        is("at", json!("2026-12-02T03:04:05.100Z"), "\"2026-12-02T03:04:05.1Z\"");
        is("at", Value::Null, "null");
        is("id", json!("2026-01-02T03:04:05.1234567+02:00"), "\"2026-01-02T03:04:05.1234567+02:00\"");
    }

    #[test]
    fn what_only_resembles_a_time_is_refused() {
        for wrong in [
            "2026-01-02T03:04:05.abcZ",
            "2026-01-02T03:04:05.Z",
            "2026/01-02T03:04:05.1Z",
            "2026-13-02T03:04:05.1Z",
            "2026-01-00T03:04:05.1Z",
            "2026-02-30T03:04:05.1Z",
            "2026-01-02T24:04:05.1Z",
            "2026-01-02T03:60:05.1Z",
            "2026-01-02T03:04:61.1Z",
        ] {
            let refused = normalized(&json!({ "at": wrong }));
            assert!(refused.as_ref().is_err_and(|(column, _)| column == "at"), "{wrong}: {refused:?}");
        }
    }

    #[test]
    fn zero_has_no_sign() {
        is("rate", json!(-0.0), "0.0");
        is("rate", json!(-0.5), "-0.5");
        is("notes", json!([-0.0]), "[0.0]");
        is("id", json!("-0.0"), "\"-0.0\"");
    }

    #[test]
    fn uuids_and_json_have_one_form() {
        let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        is("owner", json!(uuid.replace('-', "").to_uppercase()), &format!("\"{uuid}\""));
        is("owner", json!(uuid.to_uppercase()), &format!("\"{uuid}\""));
        let refused = normalized(&json!({ "owner": uuid.replace('6', "g") }));
        assert!(refused.as_ref().is_err_and(|(column, _)| column == "owner"), "{refused:?}");
        is("notes", json!({"bb": 1, "c": [2, 1e20]}), r#"{"c":[2,100000000000000000000],"bb":1}"#);
    }

    #[test]
    fn a_value_that_a_store_refuses_is_refused_with_its_column() {
        let refused = |row: Value| normalized(&row).expect_err("refused");
        let nul = "a\0b";
        assert_eq!(refused(json!({"id": nul})), ("id".to_owned(), ValueFault::Nul));
        assert_eq!(refused(json!({"id": "", "notes": {nul: 1}})), ("notes".to_owned(), ValueFault::Nul));
        assert_eq!(refused(json!({"at": "12026-01-02T03:04:05Z"})), ("at".to_owned(), ValueFault::Time));
        assert_eq!(refused(json!({"at": "0000-01-02T03:04:05Z"})), ("at".to_owned(), ValueFault::Time));
        for impossible in
            ["2026-13-05T03:04:05Z", "2026-02-30T03:04:05Z", "2026-01-02T24:00:01Z", "2026-01-02T03:99:05Z"]
        {
            assert_eq!(refused(json!({"at": impossible})), ("at".to_owned(), ValueFault::Time));
        }
        assert_eq!(refused(json!({"owner": "me"})), ("owner".to_owned(), ValueFault::Uuid));
        let deep = (0..127).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(refused(json!({ "notes": deep })), ("notes".to_owned(), ValueFault::TooDeep));
    }

    #[test]
    fn columns_of_the_application_are_not_known() {
        let table = |kind, owned_by_application| {
            let column = Column { name: "x".to_owned(), kind, nullable: true, key: false };
            ReadModelTable { name: "rows".to_owned(), columns: vec![column], owned_by_application }
        };
        assert!(RowForm::of(&table(ColumnKind::Text, false)).is_known);
        assert!(!RowForm::of(&table(ColumnKind::Text, true)).is_known);
        assert!(!RowForm::of(&table(ColumnKind::Native("numeric(12,2)".to_owned()), false)).is_known);
    }
}
