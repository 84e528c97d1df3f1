//! Steps that all run, even after one has failed, with a table of the outcomes.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};

/// The variable with a file to which each table is appended, for a script that prints the tables of several commands at
/// its end.
const REPORT: &str = "EVENTSOURCE_REPORT";

/// The steps run so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
    notes: Vec<String>,
}

struct Step {
    name: String,
    took: Duration,
    failure: Option<Failure>,
}

impl Steps {
    /// Runs a step under a heading, and returns whether it succeeded.
    pub(crate) fn run(&mut self, name: impl Into<String>, step: impl FnOnce() -> Outcome) -> bool {
        let name = name.into();
        println!("\n=== {name} ===");
        let start = Instant::now();
        let failure = step().err();
        if let Some(failure) = &failure {
            eprintln!("error: {failure}");
        }
        let succeeded = failure.is_none();
        self.done.push(Step { name, took: start.elapsed(), failure });
        succeeded
    }

    /// Adds a text to be printed above the table.
    pub(crate) fn note(&mut self, heading: &str, text: Outcome<String>) {
        let text = text.unwrap_or_else(|failure| format!("unknown: {failure}"));
        self.notes.push(format!("{heading}:\n{text}\n"));
    }

    /// Prints the table, and fails if any step has.
    pub(crate) fn finish(self) -> Outcome {
        let report = format!("\n{}", self.report());
        println!("{report}");
        if let Some(file) = std::env::var_os(REPORT) {
            let doing = || Failure::while_doing("add to the report");
            let file = File::options().append(true).create(true).open(file);
            file.map_err(doing())?.write_all(report.as_bytes()).map_err(doing())?;
        }
        let failed: Vec<_> = self.done.iter().filter(|step| step.failure.is_some()).collect();
        if failed.is_empty() {
            return Ok(());
        }
        let names = failed.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ");
        Err(Failure::new(format!("{} of {} steps failed: {names}", failed.len(), self.done.len())))
    }

    fn report(&self) -> String {
        self.notes.iter().map(|note| format!("{note}\n")).chain([self.table()]).collect()
    }

    fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.len()).max().unwrap_or_default();
        let line = |step: &Step| {
            let state = if step.failure.is_none() { "ok" } else { "FAILED" };
            let took = step.took.as_secs_f64();
            format!("{:width$}  {state:6}  {took:7.1} s\n", step.name)
        };
        self.done.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_run_and_does_not_stop_the_next() {
        let mut steps = Steps::default();
        steps.run("first", || Err(Failure::new("broken")));
        steps.run("second one", || Ok(()));
        let table = steps.table();
        steps.note("the slowest", Ok("12 s  a".to_owned()));
        assert!(steps.report().starts_with("the slowest:\n12 s  a\n\nfirst "), "{}", steps.report());
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("first       FAILED"), "{table}");
        assert!(lines[1].starts_with("second one  ok"), "{table}");
        let failure = steps.finish().expect_err("one step has failed").to_string();
        assert_eq!(failure, "1 of 2 steps failed: first");
    }
}
