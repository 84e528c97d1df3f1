//! Steps that are all run, also after one has failed, and summed up in a table.

use std::time::{Duration, Instant};

use crate::failure::{Failure, Outcome};

/// The steps run so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    failure: Option<Failure>,
}

impl Steps {
    /// Runs a step under a heading.
    pub(crate) fn run(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) {
        println!("\n=== {name} ===");
        let start = Instant::now();
        let failure = step().err();
        if let Some(failure) = &failure {
            eprintln!("error: {failure}");
        }
        self.done.push(Step { name, took: start.elapsed(), failure });
    }

    /// Prints the table, and fails if any step has.
    pub(crate) fn finish(self) -> Outcome {
        println!("\n{}", self.table());
        let failed: Vec<_> = self.done.iter().filter(|step| step.failure.is_some()).collect();
        if failed.is_empty() {
            return Ok(());
        }
        let names = failed.iter().map(|step| step.name).collect::<Vec<_>>().join(", ");
        Err(Failure::new(format!("{} of {} steps failed: {names}", failed.len(), self.done.len())))
    }

    fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.len()).max().unwrap_or_default();
        let line = |step: &Step| {
            let state = if step.failure.is_none() { "ok" } else { "FAILED" };
            let took = step.took.as_secs_f64();
            format!("{:width$}  {state:6}  {took:7.1} s", step.name)
        };
        self.done.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_fails_the_whole_and_does_not_stop_the_next() {
        let mut steps = Steps::default();
        steps.run("first", || Err(Failure::new("broken")));
        steps.run("second one", || Ok(()));
        let table = steps.table();
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("first       FAILED"), "{table}");
        assert!(lines[1].starts_with("second one  ok"), "{table}");
        let failure = steps.finish().expect_err("one step has failed").to_string();
        assert_eq!(failure, "1 of 2 steps failed: first");
    }
}
