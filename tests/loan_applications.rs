//! The example `loan_applications`, run as its users run it: in memory, in SQLite and on Postgres, twice, in parts,
//! and with the bank's own log if it is available.

#[expect(dead_code, reason = "the tests call what is below `main`")]
#[path = "../examples/loan_applications/main.rs"]
mod loan_applications;

#[path = "loan_applications/by_hand.rs"]
mod by_hand;
#[path = "loan_applications/copied.rs"]
mod copied;
#[path = "loan_applications/read.rs"]
mod read;
#[path = "loan_applications/sql.rs"]
mod sql;

use std::{
    env,
    fs::File,
    io::{BufRead, BufReader},
    num::NonZeroU16,
    path::PathBuf,
};

use by_hand::Answers;
use eventsource_conformance::torture;
use eventsource_harness::TestDatabase;
use flate2::read::MultiGzDecoder;
use loan_applications::{Options, domain::Outcome, report::Report, start};
use tempfile::TempDir;

const SAMPLE: &str = include_str!("../examples/loan_applications/sample.csv");
const TASKS: NonZeroU16 = NonZeroU16::new(8).expect("not zero");
const SAMPLE_ROWS: usize = 197;
/// How many rows the bank's log has.
const BANK_ROWS: usize = 262_200;
/// How many rows of the bank's log are imported into Postgres: some weeks.
const BEGINNING_ROWS: usize = 8_000;

/// The path of the bank's log, relative to the workspace, if `LOAN_APPLICATIONS_CSV` is not set.
const USUAL_PLACE: &str = "../shared/data/loan-applications.csv.gz";

async fn run(store: &str, data: Option<PathBuf>) -> Report {
    let options = Options { data, store: store.to_owned(), tasks: TASKS, read_models: false };
    start(options).await.expect("the log is imported")
}

async fn run_with_read_models(store: &str, data: Option<PathBuf>) -> Report {
    let options = Options { data, store: store.to_owned(), tasks: TASKS, read_models: true };
    start(options).await.expect("the log is imported, and the read models are built and rebuilt")
}

/// Asserts that the read models, before and after the rebuild, agree with the rows of the log.
fn assert_read_models(report: &Report, expected: &Answers) {
    assert!(report.agrees(), "{report}");
    let upkeep = report.read_models.as_ref().expect("the read models were requested");
    assert_eq!(read::answers(&upkeep.following), *expected, "before the rebuild");
    assert_eq!(read::answers(&upkeep.rebuilt), *expected, "after the rebuild");
}

/// How many rows were recorded, recognised and rejected.
fn tally(report: &Report) -> (usize, usize, usize) {
    (report.tally.recorded(), report.tally.repeated, report.tally.rejected.len())
}

fn assert_sample_outcomes(report: &Report) {
    assert!(report.agrees(), "{report}");
    assert_eq!(report.replayed.outcomes.values().sum::<u64>(), 13);
    for (outcome, applications) in
        [(Outcome::Approved, 2), (Outcome::Declined, 6), (Outcome::Cancelled, 3), (Outcome::Undecided, 2)]
    {
        assert_eq!(report.replayed.outcomes[&outcome], applications, "{outcome}");
    }
}

#[tokio::test]
async fn the_sample_is_imported_into_memory() {
    let report = run("memory:", None).await;
    assert_eq!(tally(&report), (SAMPLE_ROWS, 0, 0));
    assert_sample_outcomes(&report);
    let text = report.to_string();
    assert!(text.contains("197 events recorded, 0 commands repeated, 0 rejected"), "{text}");
    assert!(text.contains("| W_Nabellen offertes            |           31 |       31 | equal |"), "{text}");
    assert!(text.contains("rejected, the application is declined already"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_models_of_the_sample_are_what_its_rows_say() {
    let report = run_with_read_models("memory:", None).await;
    assert_sample_outcomes(&report);
    assert_read_models(&report, &Answers::of(SAMPLE.as_bytes()));
    let text = report.to_string();
    for line in [
        "| declined    |            6 | 182,499 |",
        "| 2024-03 |        13 | 295,499 |        2 | 42,000 |",
        "| clerk_workloads   |    7 |    191 |",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_models_in_postgres_are_the_same_and_a_second_import_adds_nothing() {
    let database = TestDatabase::create();
    let expected = Answers::of(SAMPLE.as_bytes());
    for recorded in [SAMPLE_ROWS, 0] {
        let report = run_with_read_models(database.url(), None).await;
        assert_eq!(report.tally.recorded(), recorded);
        assert_read_models(&report, &expected);
        sql::assert_answers(database.url(), &expected).await;
    }
}

#[tokio::test]
async fn read_models_that_differ_after_a_rebuild_do_not_agree() {
    let mut report = run_with_read_models("memory:", None).await;
    report.read_models.as_mut().expect("wanted").rebuilt.clerks.pop();
    assert!(!report.agrees(), "{report}");
}

#[tokio::test]
async fn a_log_that_was_recorded_differently_does_not_agree() {
    let mut report = run("memory:", None).await;
    for rows in report.replayed.activities.values_mut() {
        *rows -= 1;
    }
    assert!(!report.agrees(), "{report}");
    assert!(report.to_string().contains("|           31 |       30 | DIFFERENT |"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_import_into_postgres_adds_nothing_and_says_so() {
    let database = TestDatabase::create();
    let first = run(database.url(), None).await;
    assert_eq!(tally(&first), (SAMPLE_ROWS, 0, 0));
    assert_sample_outcomes(&first);
    assert!(!first.to_string().contains("nothing was added"), "{first}");

    let second = run(database.url(), None).await;
    assert_eq!(tally(&second), (0, SAMPLE_ROWS, 0));
    assert_sample_outcomes(&second);
    assert!(second.to_string().contains("all events were recorded already: nothing was added"), "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_import_into_a_file_adds_nothing_and_the_read_models_are_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("loans.db").display());
    let expected = Answers::of(SAMPLE.as_bytes());
    for recorded in [SAMPLE_ROWS, 0] {
        let report = run_with_read_models(&store, None).await;
        assert_eq!(report.tally.recorded(), recorded);
        assert_sample_outcomes(&report);
        assert_read_models(&report, &expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_interrupted_is_continued() {
    let database = TestDatabase::create();
    let folder = tempfile::tempdir().expect("a folder");
    let beginning = folder.path().join("beginning.csv");
    let lines: Vec<&str> = SAMPLE.lines().take(101).collect();
    std::fs::write(&beginning, lines.join("\n")).expect("written");
    assert_eq!(tally(&run(database.url(), Some(beginning)).await), (100, 0, 0));

    let whole = run(database.url(), None).await;
    assert_eq!(tally(&whole), (SAMPLE_ROWS - 100, 100, 0));
    assert_sample_outcomes(&whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_imports_record_every_row_once() {
    let database = TestDatabase::create();
    let (one, other) = tokio::join!(run(database.url(), None), run(database.url(), None));
    assert_eq!(one.tally.recorded() + other.tally.recorded(), SAMPLE_ROWS);
    assert_sample_outcomes(&run(database.url(), None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_row_is_reported_and_rejected_again() {
    let database = TestDatabase::create();
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log.csv");
    let rows = "timestamp,application,amount_requested,activity,lifecycle,resource\n\
        2024-03-04T09:00:00Z,1,5000,A_SUBMITTED,COMPLETE,7\n\
        2024-03-04T09:00:01Z,1,5000,A_PARTLYSUBMITTED,COMPLETE,7\n\
        2024-03-04T09:00:02Z,2,700,A_SUBMITTED,COMPLETE,7\n\
        2024-03-04T09:00:03Z,1,5000,O_SENT,COMPLETE,7\n\
        2024-03-04T09:00:04Z,1,5000,A_DECLINED,COMPLETE,7\n";
    std::fs::write(&log, rows).expect("written");
    for expected in [(3, 0, 1), (0, 3, 1)] {
        let report = run(database.url(), Some(log.clone())).await;
        assert_eq!(tally(&report), expected);
        assert!(report.agrees(), "{report}");
        let text = report.to_string();
        assert!(
            text.contains("line 5, application 1, rejected: no offer was created that could be sent"),
            "{text}"
        );
        assert!(
            text.contains(
                "| A_DECLINED                     |            1 |        0 | 1 rejected or left out |"
            ),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_applications_of_the_log_are_counted() {
    let database = TestDatabase::create();
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log.csv");
    let header = SAMPLE.lines().next().expect("a header");
    std::fs::write(&log, format!("{header}\n2024-03-04T09:00:00Z,1,5000,A_SUBMITTED,COMPLETE,7\n"))
        .expect("written");
    assert_eq!(tally(&run(database.url(), Some(log)).await), (1, 0, 0));
    assert_sample_outcomes(&run(database.url(), None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_the_bank_adds_up_to_its_published_totals() {
    let Some(log) = log_of_the_bank() else { return };
    let report = run("memory:", Some(log)).await;
    assert_eq!(tally(&report), (BANK_ROWS, 0, 0));
    assert!(report.agrees(), "{report}");
    let text = report.to_string();
    // Not the totals that are counted in the input.
    assert!(text.contains("| activity                       | published | replayed |"), "{text}");
    for outcome in ["approved: 2,246\n", "declined: 7,635\n", "cancelled: 2,807\n", "undecided: 399\n"] {
        assert!(text.contains(outcome), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_models_in_memory_are_what_the_log_of_the_bank_says() {
    let Some(log) = log_of_the_bank() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let rows = shortened_rows();
    let data = beginning(log, rows, &folder);
    let expected = Answers::of_file(&data);
    let report = run_with_read_models("memory:", Some(data)).await;
    assert_eq!(tally(&report), (rows, 0, 0));
    assert_read_models(&report, &expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_read_models_in_postgres_are_what_the_beginning_of_the_log_of_the_bank_says() {
    let Some(log) = log_of_the_bank() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let data = beginning(log, BEGINNING_ROWS, &folder);

    let database = TestDatabase::create();
    let expected = Answers::of_file(&data);
    let report = run_with_read_models(database.url(), Some(data)).await;
    assert_eq!(tally(&report), (BEGINNING_ROWS, 0, 0));
    assert_read_models(&report, &expected);
    sql::assert_answers(database.url(), &expected).await;
}

/// How many rows a test uses that takes long with all of them: as for repetitions, a tenth, or all if the full counts
/// are requested.
fn shortened_rows() -> usize {
    torture::times(BANK_ROWS)
}

/// The first rows of the bank's log, as a file in this folder.
fn beginning(log: PathBuf, rows: usize, folder: &TempDir) -> PathBuf {
    if rows == BANK_ROWS {
        return log;
    }
    let file = folder.path().join("beginning.csv");
    let lines = BufReader::new(MultiGzDecoder::new(File::open(log).expect("the log"))).lines();
    let lines: Vec<String> = lines.take(1 + rows).collect::<Result<_, _>>().expect("lines");
    std::fs::write(&file, lines.join("\n")).expect("written");
    file
}

/// The bank's log, or `None`: then only the sample is tested.
#[expect(clippy::print_stderr, reason = "the output says which data was tested")]
fn log_of_the_bank() -> Option<PathBuf> {
    let usual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(USUAL_PLACE);
    let data = env::var_os("LOAN_APPLICATIONS_CSV").map(PathBuf::from);
    let data = data.or_else(|| usual.exists().then_some(usual));
    if data.is_none() {
        eprintln!("the bank's log was not found: only the sample is imported");
    }
    data
}
