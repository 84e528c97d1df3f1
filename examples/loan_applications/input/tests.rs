//! The errors of broken files.

use std::error::Error;

use super::*;

const HEADER: &str = "timestamp,application,amount_requested,activity,lifecycle,resource\n";
const ROW: &str = "2024-03-04T09:00:00.000Z,1,5000,A_SUBMITTED,COMPLETE,7\n";

/// The error of a log with this text after the header and one good row.
fn refusal(rest: &str) -> String {
    let csv = format!("{HEADER}{ROW}{rest}");
    Input::from_csv("log.csv", csv.as_bytes()).expect_err("the log is broken").to_string()
}

#[test]
fn the_sample_is_complete() {
    let sample = Input::sample().expect("the sample is a good log");
    assert!(sample.rows() <= 200, "the sample is small");
    for (activity, name, _) in super::super::activity::PUBLISHED {
        let rows = sample.applications.iter().flat_map(|application| &application.rows);
        assert!(rows.clone().any(|row| row.activity == activity), "the sample has no {name}");
    }
}

#[test]
fn rows_are_kept_in_order_by_application() {
    let csv = format!(
        "{HEADER}{ROW}2024-03-04T09:00:01Z,2,700,A_SUBMITTED,COMPLETE,\n\
         2024-03-04T09:00:02Z,1,5000,W_Afhandelen leads,SCHEDULE,7\n"
    );
    let input = Input::from_csv("log.csv", csv.as_bytes()).expect("a good log");
    assert_eq!(input.rows(), 3);
    let [first, second] = &input.applications[..] else { panic!("two applications: {input:?}") };
    assert_eq!((first.application, first.amount), (ApplicationId(1), Euros(5_000)));
    assert_eq!(first.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(first.rows[1].lifecycle, Lifecycle::Schedule);
    assert_eq!((second.application, second.rows[0].act.clerk), (ApplicationId(2), None));
}

#[test]
fn a_broken_row_is_refused_with_file_line_and_fault() {
    for (row, fault) in [
        ("2024-03-04T09:00:00Z,1,5000,A_SHREDDED,COMPLETE,7\n", "unknown activity \"A_SHREDDED\""),
        ("2024-03-04T09:00:00Z,1,5000,A_DECLINED,START,7\n", "lifecycle \"START\" does not fit A_DECLINED"),
        ("2024-03-04T09:00:00Z,1,5000,O_SENT,DONE,7\n", "lifecycle \"DONE\" does not fit O_SENT"),
        (
            "yesterday,1,5000,A_DECLINED,COMPLETE,7\n",
            "\"yesterday\" is not a valid timestamp, such as 2011-09-30T22:38:44.546Z",
        ),
        (
            "2024-03-04T09:00:00Z,one,5000,A_DECLINED,COMPLETE,7\n",
            "column application: invalid digit found in string",
        ),
        (
            "2024-03-04T09:00:00Z,1,-5,A_DECLINED,COMPLETE,7\n",
            "column amount_requested: invalid digit found in string",
        ),
        (
            "2024-03-04T09:00:00Z,1,6000,A_DECLINED,COMPLETE,7\n",
            "application 1 asks for 6000 here and for 5000 before",
        ),
        ("2024-03-04T09:00:00Z,1,5000\n", "3 columns where the header has 6"),
    ] {
        assert_eq!(refusal(row), format!("log.csv, line 3: {fault}"));
        assert_eq!(refusal(&format!("{ROW}{row}")), format!("log.csv, line 4: {fault}"));
    }
}

#[test]
fn a_log_without_rows_or_columns_is_refused() {
    let refusal = |csv: &str| Input::from_csv("log.csv", csv.as_bytes()).expect_err("refused").to_string();
    assert_eq!(refusal(""), "log.csv holds no rows");
    assert_eq!(refusal(HEADER), "log.csv holds no rows");
    let without = format!("{HEADER}{ROW}").replace("activity", "act");
    assert_eq!(refusal(&without), "log.csv, line 2: missing field `activity`");
}

#[test]
fn a_missing_file_or_an_invalid_gzip_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let absent = folder.path().join("absent.csv");
    let error = Input::from_file(&absent).expect_err("the file does not exist");
    assert_eq!(error.to_string(), format!("{} cannot be opened", absent.display()));
    assert!(error.source().is_some_and(|source| source.to_string().contains("No such file")), "{error:?}");

    let plain = folder.path().join("plain.csv.gz");
    std::fs::write(&plain, format!("{HEADER}{ROW}")).expect("written");
    let error = Input::from_file(&plain).expect_err("it is not a gzip file");
    assert!(error.to_string().starts_with(&format!("{} cannot be read", plain.display())), "{error}");
    assert!(error.source().is_some_and(|source| source.to_string().contains("gzip")), "{error:?}");
}

#[test]
fn a_gzipped_log_is_read_and_one_cut_short_is_refused() {
    use std::io::Write;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.csv.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(include_bytes!("../sample.csv")).expect("compressed");
    let bytes = gzip.finish().expect("compressed");
    std::fs::write(&path, &bytes).expect("written");
    let sample = Input::sample().expect("the sample is a good log");
    assert_eq!(Input::from_file(&path).expect("a good log").rows(), sample.rows());

    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    let error = Input::from_file(&path).expect_err("half of it is missing");
    assert!(error.to_string().contains("cannot be read after line"), "{error}");
}
