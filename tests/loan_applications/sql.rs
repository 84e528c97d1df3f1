//! The same answers as Postgres gives them, asked in SQL.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{by_hand::Answers, loan_applications::activity::Activity};

/// The rows of a statement of the example.
macro_rules! ask {
    ($connection:expr, $file:literal) => {
        ask($connection, include_str!(concat!("../../examples/loan_applications/read_models/sql/", $file)))
            .await
    };
}

/// Asserts that the statements of the example return the expected answers.
pub(crate) async fn assert_answers(url: &str, expected: &Answers) {
    let mut connection = PgConnection::connect(url).await.expect("connected");
    let states = ask!(&mut connection, "applications_by_state.sql").into_iter();
    let states = states.map(|row| (state(&row), (number(&row, "applications"), number(&row, "euros"))));
    assert_eq!(states.collect::<BTreeMap<_, _>>(), expected.states);

    let months = ask!(&mut connection, "amounts_by_month.sql").into_iter().map(|row| {
        let columns = ["requested", "requested_euros", "approved", "approved_euros"];
        (text(&row, "month"), columns.map(|column| number(&row, column)))
    });
    assert_eq!(months.collect::<BTreeMap<_, _>>(), expected.months);

    let times = ask!(&mut connection, "time_to_decision.sql").into_iter().map(|row| {
        let times =
            (number(&row, "decisions"), micros(&row, "median_seconds"), micros(&row, "nine_of_ten_seconds"));
        (if row["state"].is_null() { "any".to_owned() } else { state(&row) }, times)
    });
    assert_eq!(times.collect::<BTreeMap<_, _>>(), expected.times);

    let clerks = ask!(&mut connection, "clerk_workloads.sql").into_iter().map(|row| {
        let columns = ["acts", "work_completed", "offers_sent", "decisions", "in_hand"];
        let clerk = u32::try_from(number(&row, "clerk")).expect("a clerk");
        (clerk, columns.map(|column| number(&row, column)))
    });
    assert_eq!(clerks.collect::<BTreeMap<_, _>>(), expected.clerks);

    let mut kinds: BTreeMap<Activity, [u64; 2]> = BTreeMap::new();
    for ((_, name), (in_hand, ..)) in &expected.open_work {
        let [waiting, taken] = kinds.entry(Activity::named(name).expect("a kind of work")).or_default();
        *(if *in_hand { taken } else { waiting }) += 1;
    }
    let open = ask!(&mut connection, "open_work.sql").into_iter().map(|row| {
        let work = serde_json::from_value(row["work"].clone()).expect("a kind of work");
        (Activity::Work(work), [number(&row, "waiting"), number(&row, "in_hand")])
    });
    assert_eq!(open.collect::<BTreeMap<_, _>>(), kinds);
}

async fn ask(connection: &mut PgConnection, statement: &str) -> Vec<Value> {
    let as_json = format!("select to_json(answer)::text from ({statement}) as answer");
    let rows: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(as_json)).fetch_all(connection).await.expect("an answer");
    rows.iter().map(|row| serde_json::from_str(row).expect("JSON")).collect()
}

fn number(row: &Value, column: &str) -> u64 {
    row[column].as_u64().unwrap_or_else(|| panic!("{column} of {row}"))
}

fn text(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap_or_else(|| panic!("{column} of {row}")).to_owned()
}

fn state(row: &Value) -> String {
    text(row, "state").replace('_', " ")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "years in microseconds fit")]
fn micros(row: &Value, column: &str) -> u64 {
    (row[column].as_f64().unwrap_or_else(|| panic!("{column} of {row}")) * 1e6).round() as u64
}
