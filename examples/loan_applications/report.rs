//! The report at the end of the program.

use std::{collections::HashMap, fmt, time::Duration};

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

use super::{
    activity::{Activity, PUBLISHED},
    domain::{Outcome, Refusal},
    import::Tally,
    input::Input,
    read_models::{Tables, Upkeep},
    replay::Replayed,
};

/// How many rejected rows are shown.
const SHOWN: usize = 10;

/// The expected number of rows of each activity.
#[derive(Debug)]
pub struct Expected {
    /// The source of the numbers.
    source: &'static str,
    activities: HashMap<Activity, u64>,
}

/// The contents of the report.
#[derive(Debug)]
pub struct Report {
    pub tally: Tally,
    pub import_time: Duration,
    pub replay_time: Duration,
    pub replayed: Replayed,
    pub expected: Expected,
    /// The rejection of another offer for a decided application.
    pub refused: Option<Refusal>,
    /// The read models, if they were requested.
    pub read_models: Option<Upkeep>,
}

impl Expected {
    /// The published totals if this is the published log, which is recognised by its size; otherwise the totals of
    /// the input itself.
    pub fn of(input: &Input) -> Self {
        let published = HashMap::from(PUBLISHED.map(|(activity, _, rows)| (activity, rows)));
        let rows: u64 = published.values().sum();
        let applications = published[&Activity::Submitted];
        if input.rows() as u64 == rows && input.applications.len() as u64 == applications {
            return Self { source: "published", activities: published };
        }
        let mut activities = HashMap::new();
        for row in input.applications.iter().flat_map(|application| &application.rows) {
            *activities.entry(row.activity).or_default() += 1;
        }
        Self { source: "in the input", activities }
    }

    /// The number of rows of the input.
    fn rows(&self, activity: Activity) -> u64 {
        self.activities.get(&activity).copied().unwrap_or_default()
    }

    /// How many rows were rejected, or skipped after a rejected row.
    fn not_recorded(activity: Activity, tally: &Tally) -> u64 {
        let rejected = tally.rejected.iter();
        let rows = rejected.flat_map(|rejection| rejection.left_out.iter().chain([&rejection.activity]));
        rows.filter(|row| **row == activity).count() as u64
    }
}

impl Report {
    /// Whether the log holds exactly the expected rows, and the read models agree with the log.
    pub fn agrees(&self) -> bool {
        PUBLISHED.iter().all(|(activity, ..)| self.agrees_on(*activity))
            && self.read_models.as_ref().is_none_or(Upkeep::agrees)
    }

    fn agrees_on(&self, activity: Activity) -> bool {
        let rejected = Expected::not_recorded(activity, &self.tally);
        self.replayed_rows(activity) + rejected == self.expected.rows(activity)
    }

    fn replayed_rows(&self, activity: Activity) -> u64 {
        self.replayed.activities.get(&activity).copied().unwrap_or_default()
    }

    fn totals(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(ASCII_MARKDOWN);
        table.set_header(["activity", self.expected.source, "replayed", ""]);
        for column in table.column_iter_mut().skip(1).take(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for (activity, name, _) in PUBLISHED {
            let (expected, replayed) = (self.expected.rows(activity), self.replayed_rows(activity));
            let verdict = match Expected::not_recorded(activity, &self.tally) {
                _ if !self.agrees_on(activity) => "DIFFERENT".to_owned(),
                0 => "equal".to_owned(),
                rejected => format!("{rejected} rejected or left out"),
            };
            table.add_row([name.to_owned(), grouped(expected), grouped(replayed), verdict]);
        }
        table
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tally, replayed, .. } = self;
        let count = |number: usize| grouped(number as u64);
        let rate = |number: usize, time: Duration| {
            let per_second = number as u128 * 1_000_000 / time.as_micros().max(1);
            grouped(u64::try_from(per_second).unwrap_or(u64::MAX))
        };
        writeln!(
            f,
            "{} commands in {:.1?}, {} a second",
            count(tally.executed),
            self.import_time,
            rate(tally.executed, self.import_time),
        )?;
        writeln!(
            f,
            "{} events recorded, {} commands repeated, {} rejected",
            count(tally.recorded()),
            count(tally.repeated),
            count(tally.rejected.len()),
        )?;
        if tally.repeated > 0 && tally.recorded() == 0 {
            writeln!(f, "all events were recorded already: nothing was added")?;
        }
        for rejection in tally.rejected.iter().take(SHOWN) {
            let (line, id, reason) = (rejection.line, rejection.application, &rejection.reason);
            writeln!(f, "line {line}, application {id}, rejected: {reason}")?;
        }
        writeln!(
            f,
            "{} events replayed in {:.1?}, {} a second\n\n{}\n",
            grouped(replayed.events),
            self.replay_time,
            rate(usize::try_from(replayed.events).unwrap_or(usize::MAX), self.replay_time),
            self.totals(),
        )?;
        for outcome in [Outcome::Approved, Outcome::Declined, Outcome::Cancelled, Outcome::Undecided] {
            writeln!(
                f,
                "{outcome}: {}",
                grouped(replayed.outcomes.get(&outcome).copied().unwrap_or_default())
            )?;
        }
        if let Some(refusal) = &self.refused {
            writeln!(f, "\none more offer for an application that was declined: rejected, {refusal}")?;
        }
        if let Some(upkeep) = &self.read_models {
            write!(f, "\n{}\n", Tables(upkeep))?;
        }
        if let Some(peak) = peak_memory() {
            writeln!(f, "peak memory: {} MB", grouped(peak / 1024))?;
        }
        Ok(())
    }
}

/// A number with thousands separators.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The peak memory of this process in kB, if the system reports it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
