//! Rows as they are stored: what a fold receives does not depend on whether a worker kept the row or read it again.

use std::collections::BTreeMap;

use eventsource::{
    Change, FailurePolicy, Fold, OnFailure, Position, ReadModel, Recorded, Schema,
    projections::{FoldError, RowsError},
    schema::{Definitions, Form},
    store::ReadModelStore,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{
    support::{
        Program, ReadModels, TallyEvent, added, ended, included, options, started, started_with,
        tally as tally_stream,
    },
    torture,
};

/// A point in time that has nanoseconds in memory, like the types of other crates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
struct FineTime(String);

impl Schema for FineTime {
    fn describe(_: &mut Definitions) -> Form {
        Form::Formatted("timestamp".into())
    }
}

/// A UUID that is written in another form than databases use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct PlainUuid(String);

impl Schema for PlainUuid {
    fn describe(_: &mut Definitions) -> Form {
        Form::Formatted("uuid".into())
    }
}

/// Any JSON, with its text.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
struct Json(Box<RawValue>);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

impl Schema for Json {
    fn describe(_: &mut Definitions) -> Form {
        Form::Any
    }
}

/// A part of a row of which serde does not write all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
struct Partly {
    written: u32,
    #[serde(skip)]
    forgotten: u32,
}

/// Each column is of a type that writes more than a database keeps, and `seen` shows what a fold received.
#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "odd_rows", partitions = 2)]
struct Odd {
    #[read_model(key)]
    tally: String,
    last: Option<FineTime>,
    owner: PlainUuid,
    rate: f64,
    half: f32,
    gap: Option<f64>,
    notes: Json,
    value: Value,
    partly: Partly,
    large: u128,
    letter: char,
    /// The row that each fold received, as a `Debug` text.
    seen: Vec<String>,
}

fn json(text: &str) -> Json {
    Json(RawValue::from_string(text.to_owned()).expect("JSON"))
}

impl Fold<TallyEvent> for Odd {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        Some(event.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
        let TallyEvent::Added { amount } = event.event else { return Change::Keep };
        if amount == 0 {
            return Change::Delete;
        }
        let (seen, forgotten) = row.map_or((Vec::new(), 0), |mut row| {
            let mut seen = std::mem::take(&mut row.seen);
            seen.push(format!("{row:?}"));
            (seen, row.partly.forgotten)
        });
        let offset = ["Z", "+00:00", "-05:30", "Z"][pick(amount, 4)];
        let fraction = ["", ".5", ".100", ".1234567", ".999999999"][pick(amount, 5)];
        let rate = [-0.0, 0.0, 0.1, -1.5e300, 5e-324, f64::MIN, 1e16][pick(amount, 7)];
        Change::Put(Self {
            tally: event.aggregate_id().to_owned(),
            last: (amount % 3 != 0)
                .then(|| FineTime(format!("2026-0{}-28T23:59:59{fraction}{offset}", 1 + amount % 9))),
            owner: PlainUuid(Uuid::from_u128(u128::from(amount) << 60).simple().to_string().to_uppercase()),
            rate,
            half: [-0.0, 0.1, f32::MAX, 1.0e-45][pick(amount, 4)],
            gap: [Some(f64::NAN), None, Some(-0.0)][pick(amount, 3)],
            notes: json(NOTES[pick(amount, NOTES.len())]),
            value: serde_json::json!({"rate": rate, "zz": amount, "a": [rate, {"y": 1, "x": -0.0}]}),
            partly: Partly { written: 1, forgotten: forgotten + 1 },
            large: u128::MAX - u128::from(amount),
            letter: ['a', 'é', '"', '\\', '\u{1}'][pick(amount, 5)],
            seen,
        })
    }
}

const NOTES: &[&str] = &[
    r#"{"bb":1,"a":{"z":1,"y":[]},"c":{}}"#,
    r#"{ "a" : 1 , "a" : 2 }"#,
    r#"[1e5,-0,-0.0,1.50,12.5E-3]"#,
    r#""\u00e9\/\n\u0001""#,
    "null",
    r#"{"":0,"é":1,"zz":2}"#,
    "18446744073709551616",
];

fn pick(amount: u64, of: usize) -> usize {
    usize::try_from(amount).unwrap_or_default() % of
}

/// What the folds received, by key.
fn texts(rows: impl IntoIterator<Item = Odd>) -> BTreeMap<String, Vec<String>> {
    rows.into_iter().map(|row| (row.tally, row.seen)).collect()
}

#[track_caller]
fn assert_same(found: &BTreeMap<String, Vec<String>>, due: &BTreeMap<String, Vec<String>>) {
    for (key, due) in due {
        let found = found.get(key).cloned().unwrap_or_default();
        for (number, (found, due)) in found.iter().zip(due).enumerate() {
            assert_eq!(found, due, "what fold {number} of {key} received");
        }
    }
    assert_eq!(found, due);
}

async fn stored<S: ReadModelStore>(program: &Program<S>) -> BTreeMap<String, Vec<String>> {
    texts(program.all::<Odd>().await.expect("the rows can be read"))
}

async fn on_demand<S: ReadModelStore>(program: &Program<S>) -> BTreeMap<String, Vec<String>> {
    texts(program.project::<Odd>().of_log::<TallyEvent>().await.expect("the log can be folded"))
}

fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    })
}

/// How many random histories are folded.
const HISTORIES: usize = 30;

pub(crate) async fn rows_do_not_depend_on_batches_and_restarts<S: ReadModelStore>(store: ReadModels<S>) {
    let program = store.program().projection(Odd::projection()).build();
    for history in 0..torture::at_least(2, HISTORIES) {
        let mut numbers = numbers(history as u64);
        let mut next = |below: u64| numbers.next().unwrap_or_default() % below;
        for _ in 0..6 {
            let batch_events = [1, 2, 1_000][pick(next(3), 3)];
            let workers = started_with(&program, options().batch_events(batch_events)).await;
            let mut last = Position::START;
            for _ in 0..next(6) {
                let (tally, amount) = (format!("t-{}", next(2)), next(40) + u64::from(next(8) > 0));
                let payload = format!(r#"{{"amount":{amount}}}"#);
                last = store.add_as(&tally, "tally.added", 2, &payload).await;
                if next(2) == 0 {
                    included(&program, "odd_rows", last).await;
                }
            }
            included(&program, "odd_rows", last).await;
            if next(6) == 0 {
                program.rebuild("odd_rows").await.expect("it is rebuilt");
            }
            ended(workers).await;
        }
        assert_same(&stored(&program).await, &on_demand(&program).await);
    }
    let workers = started(&program).await;
    let before = stored(&program).await;
    assert!(before.values().any(|seen| seen.len() > 5), "rows are folded on: {before:?}");
    program.rebuild("odd_rows").await.expect("it is rebuilt");
    assert_same(&stored(&program).await, &before);
    ended(workers).await;
}

/// A row that a store cannot keep, by the amount of the event.
#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "frail_rows")]
struct Frail {
    #[read_model(key)]
    key: String,
    seen: Vec<f64>,
    text: String,
    json: Value,
    time: Option<FineTime>,
    owner: Option<PlainUuid>,
}

const NAN: u64 = 1;
const NUL: u64 = 2;
const NUL_IN_JSON: u64 = 3;
const NUL_IN_KEY: u64 = 4;
const DEEP: u64 = 5;
const YEAR: u64 = 6;
const NO_UUID: u64 = 7;
const FINE: u64 = 9;

impl Fold<TallyEvent> for Frail {
    fn key(event: &Recorded<TallyEvent>) -> Option<String> {
        let nul = event.event == TallyEvent::Added { amount: NUL_IN_KEY };
        Some(if nul { "a\0b".to_owned() } else { event.aggregate_id().to_owned() })
    }

    fn fold(row: Option<Self>, event: &Recorded<TallyEvent>) -> Change<Self> {
        let TallyEvent::Added { amount } = event.event else { return Change::Keep };
        let mut seen = row.map(|row| row.seen).unwrap_or_default();
        seen.push(if amount == NAN { f64::NAN } else { 1.5 });
        let deep = || (0..200).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        Change::Put(Self {
            key: Self::key(event).expect("a key"),
            seen,
            text: if amount == NUL { "a\0b".to_owned() } else { "a\\u0000b".to_owned() },
            json: match amount {
                NUL_IN_JSON => serde_json::json!([{"a\0": 1}]),
                DEEP => deep(),
                _ => serde_json::json!(["\\u0000"]),
            },
            time: (amount == YEAR).then(|| FineTime("12026-01-01T00:00:00Z".to_owned())),
            owner: (amount == NO_UUID).then(|| PlainUuid("me".to_owned())),
        })
    }
}

pub(crate) async fn a_row_that_cannot_be_kept_is_refused_at_its_event<S: ReadModelStore>(
    store: ReadModels<S>,
) {
    let refusals = [
        (NAN, "`seen[1]` cannot be read back from its stored form; `NaN`"),
        (NUL, "the column `text` holds a NUL character"),
        (NUL_IN_JSON, "the column `json` holds a NUL character"),
        (NUL_IN_KEY, "the column `key` holds a NUL character"),
        (DEEP, "the column `json` holds JSON that is nested deeper"),
        (YEAR, "the column `time` is a point in time"),
        (NO_UUID, "the column `owner` is a UUID"),
    ];
    let park = FailurePolicy::default().attempts(1).then(OnFailure::Park);
    let program = store.program().projection(Frail::projection().on_failure(park)).build();
    let mut refused = Vec::new();
    for (amount, reason) in refusals {
        let tally = format!("t-{amount}");
        added(&program, &tally, FINE).await;
        refused.push((added(&program, &tally, amount).await, tally.clone(), reason));
        // Its fold needs the row of the refused event.
        added(&program, &tally, FINE).await;
    }
    let last = added(&program, "t", FINE).await;
    let workers = started(&program).await;
    included(&program, "frail_rows", last).await;
    ended(workers).await;

    let parked = program.parked("frail_rows").await.expect("the store can be read");
    for (position, tally, reason) in refused {
        let found = parked.events.iter().find(|parked| parked.position == position);
        let error =
            found.and_then(|parked| parked.error.clone()).expect("the event is parked with its error");
        for part in [reason, "`frail_rows`", &tally, &format!("position {position}")] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
        let only = program.project::<Frail>().of_stream::<TallyEvent>(&tally_stream(&tally)).await;
        let error = match only {
            Err(RowsError::Fold(error @ (FoldError::Row { .. } | FoldError::Key { .. }))) => error,
            other => panic!("{other:?}"),
        };
        assert!(error.to_string().contains(&format!("position {position}")), "{error}");
    }

    // What was stored can be read by the next program, and by its folds.
    let workers = started(&program).await;
    let mut last = last;
    for tally in ["t", "t-4"] {
        last = added(&program, tally, FINE).await;
    }
    included(&program, "frail_rows", last).await;
    ended(workers).await;
    let rows = program.all::<Frail>().await.expect("the rows can be read");
    let counts: Vec<_> = rows.iter().map(|row| (row.key.as_str(), row.seen.len())).collect();
    let due = [("t", 2), ("t-1", 1), ("t-2", 1), ("t-3", 1), ("t-4", 3), ("t-5", 1), ("t-6", 1), ("t-7", 1)];
    assert_eq!(counts, due);
    assert!(program.find::<Frail>(&"a\0b".to_owned()).await.is_err(), "no row has such a key");
}
