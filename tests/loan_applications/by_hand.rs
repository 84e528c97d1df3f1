//! The answers of the read models, computed straight from the rows of a log: no event, no fold, no code of the
//! example.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use eventsource::Timestamp;
use flate2::read::MultiGzDecoder;

/// A row of the log: time, activity, lifecycle, clerk.
type Row = (Timestamp, String, String, Option<u32>);

/// The expected contents and answers of the read models.
#[derive(Debug, PartialEq)]
pub(crate) struct Answers {
    /// By application: state, amount, time of submission, time of decision.
    pub(crate) applications: BTreeMap<u32, (String, u64, Timestamp, Option<Timestamp>)>,
    /// By application and work: whether it is in progress, its clerk, since when.
    pub(crate) open_work: BTreeMap<(u32, String), (bool, Option<u32>, Timestamp)>,
    /// By state: applications and euros.
    pub(crate) states: BTreeMap<String, (u64, u64)>,
    /// By month: applications and euros, requested and approved.
    pub(crate) months: BTreeMap<String, [u64; 4]>,
    /// By decision, `any` for all: their number, and the 50th and 90th percentile in microseconds.
    pub(crate) times: BTreeMap<String, (u64, u64, u64)>,
    /// By clerk: acts, work completed, offers sent, decisions, work in progress.
    pub(crate) clerks: BTreeMap<u32, [u64; 5]>,
}

/// The decisions, and the other stages from the last to the first.
const STAGES: [(&str, &str); 8] = [
    ("A_APPROVED", "approved"),
    ("A_DECLINED", "declined"),
    ("A_CANCELLED", "cancelled"),
    ("A_FINALIZED", "finalized"),
    ("A_ACCEPTED", "accepted"),
    ("A_PREACCEPTED", "preaccepted"),
    ("A_PARTLYSUBMITTED", "partly submitted"),
    ("A_SUBMITTED", "submitted"),
];
const DECISIONS: usize = 3;

impl Answers {
    pub(crate) fn of_file(path: &Path) -> Self {
        let file = File::open(path).expect("the file exists");
        match path.extension().is_some_and(|extension| extension == "gz") {
            true => Self::of(MultiGzDecoder::new(file)),
            false => Self::of(file),
        }
    }

    pub(crate) fn of(csv: impl Read) -> Self {
        let mut amounts = BTreeMap::new();
        let mut rows: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
        for record in csv::Reader::from_reader(csv).records() {
            let record = record.expect("a row");
            let column = |index: usize| record[index].to_owned();
            let application = record[1].parse().expect("a number");
            amounts.insert(application, record[2].parse().expect("a number"));
            let row = (record[0].parse().expect("a time"), column(3), column(4), record[5].parse().ok());
            rows.entry(application).or_default().push(row);
        }
        let mut answers = Self {
            applications: BTreeMap::new(),
            open_work: BTreeMap::new(),
            states: BTreeMap::new(),
            months: BTreeMap::new(),
            times: BTreeMap::new(),
            clerks: BTreeMap::new(),
        };
        for (application, rows) in &rows {
            answers.application(*application, amounts[application], rows);
            answers.work(*application, rows);
            answers.acts(rows);
        }
        answers.totals();
        answers
    }

    fn application(&mut self, application: u32, amount: u64, rows: &[Row]) {
        let time_of = |activity: &str| rows.iter().find(|row| row.1 == activity).map(|row| row.0);
        let submitted = time_of("A_SUBMITTED").expect("submitted");
        let stage = STAGES.iter().position(|(activity, _)| time_of(activity).is_some()).expect("a stage");
        let decided = STAGES[..DECISIONS].iter().find_map(|(activity, _)| time_of(activity));
        self.applications.insert(application, (STAGES[stage].1.to_owned(), amount, submitted, decided));
    }

    /// Open work follows from the rows since its last completion.
    fn work(&mut self, application: u32, rows: &[Row]) {
        let mut kinds: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.1.starts_with("W_")) {
            kinds.entry(&row.1).or_default().push(row);
        }
        for (kind, rows) in kinds {
            let open = rows.iter().rposition(|row| row.2 == "COMPLETE").map_or(0, |last| last + 1);
            let started = rows[open..].iter().rfind(|row| row.2 == "START");
            if let Some(row) = started.or(rows[open..].last()) {
                let item = (started.is_some(), row.3, row.0);
                self.open_work.insert((application, kind.to_owned()), item);
            }
        }
    }

    fn acts(&mut self, rows: &[Row]) {
        for (_, activity, lifecycle, clerk) in rows {
            let Some(clerk) = clerk else { continue };
            let [acts, completed, offers, decisions, _] = self.clerks.entry(*clerk).or_default();
            *acts += 1;
            *completed += u64::from(activity.starts_with("W_") && lifecycle == "COMPLETE");
            *offers += u64::from(activity == "O_SENT");
            *decisions += u64::from(STAGES[..DECISIONS].iter().any(|(decision, _)| activity == decision));
        }
    }

    fn totals(&mut self) {
        let mut times: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (state, amount, submitted, decided) in self.applications.values() {
            let (applications, euros) = self.states.entry(state.clone()).or_default();
            *applications += 1;
            *euros += amount;
            let requested = self.months.entry(submitted.to_string()[..7].to_owned()).or_default();
            requested[0] += 1;
            requested[1] += amount;
            let Some(decided) = decided else { continue };
            if state == "approved" {
                let approved = self.months.entry(decided.to_string()[..7].to_owned()).or_default();
                approved[2] += 1;
                approved[3] += amount;
            }
            let took = (decided.as_microsecond() - submitted.as_microsecond()).unsigned_abs();
            times.entry(state).or_default().push(took);
            times.entry("any").or_default().push(took);
        }
        for (decision, mut times) in times {
            times.sort_unstable();
            let within = |per_cent: usize| {
                let enough = |(index, _): &(usize, &u64)| (index + 1) * 100 >= per_cent * times.len();
                *times.iter().enumerate().find(enough).expect("some do").1
            };
            let answer = (times.len() as u64, within(50), within(90));
            self.times.insert(decision.to_owned(), answer);
        }
        for (in_hand, clerk, _) in self.open_work.values() {
            if let (true, Some(clerk)) = (in_hand, clerk) {
                self.clerks.entry(*clerk).or_default()[4] += 1;
            }
        }
    }
}
