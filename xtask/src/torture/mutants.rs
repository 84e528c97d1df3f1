//! A sample of mutations of the code, by cargo-mutants: which of them the tests notice.

use std::process::Command;

use crate::command::{capture, root, run as run_command};
use crate::failure::{Failure, Outcome};
use crate::steps::Steps;
use crate::tools::{Tool, cargo_with};

/// How many of a hundred mutations the tests have to notice.
const AIM: usize = 85;

/// What is mutated together: the packages of a part, and its configuration.
type Part = (&'static [&'static str], &'static str);

const CORE: [Part; 3] = [
    (&["eventsource-core", "eventsource-memory", "eventsource-cqrs"], "mutants.toml"),
    (&["eventsource-core"], "mutants-schema.toml"),
    (&["eventsource-cqrs"], "mutants-any.toml"),
];
const STORES: [Part; 3] = [
    (&["eventsource-sql"], "mutants-sql.toml"),
    (&["eventsource-sqlite"], "mutants-sqlite.toml"),
    (&["eventsource-postgres"], "mutants-postgres.toml"),
];

pub(super) fn run(steps: &mut Steps, sample: usize, seed: usize) {
    for (name, parts, sample) in [("core", &CORE[..], sample), ("stores", &STORES[..], sample / 2)] {
        let mut report = Err(Failure::new("no mutation was tried"));
        steps.run(format!("mutations of the {name}"), || {
            let tally = tried(parts, sample, seed)?;
            report = Ok(tally.to_string());
            tally.verdict()
        });
        steps.note(&format!("mutations of the {name}"), report);
    }
}

/// Every n-th mutation of the parts, so that about as many are tried as were asked for.
fn tried(parts: &[Part], sample: usize, seed: usize) -> Outcome<Tally> {
    let mut total = 0;
    for part in parts {
        total += capture(mutants(*part)?.arg("--list"))?.lines().count();
    }
    let every = total.div_ceil(sample.max(1)).max(1);
    let mut tally = Tally::default();
    for part in parts {
        let shard = format!("{}/{every}", seed % every);
        // It fails if a mutation is missed, which is for the tally to judge.
        let outcome = run_command(mutants(*part)?.args(["--shard", &shard, "--sharding", "round-robin"]));
        tally.add()?;
        if let Err(failure) = outcome {
            println!("{failure}");
        }
    }
    Ok(tally)
}

fn mutants((packages, configuration): Part) -> Outcome<Command> {
    let mut command = cargo_with(&[Tool { program: "cargo-mutants", options: &[] }])?;
    command.args(["mutants", "--config"]).arg(format!(".cargo/{configuration}"));
    command.args(packages.iter().flat_map(|package| ["--package", package]));
    command.env("NEXTEST_PROFILE", "mutants");
    Ok(command)
}

/// What became of the mutations.
#[derive(Default)]
struct Tally {
    noticed: usize,
    missed: Vec<String>,
}

impl Tally {
    /// Adds the result of the run that has just ended. A mutation that makes the tests hang is noticed; one that does
    /// not compile does not count.
    fn add(&mut self) -> Outcome {
        let lines = |name: &str| -> Outcome<Vec<String>> {
            let file = root().join("target/mutants.out").join(name);
            let doing = format!("read {}", file.display());
            let text = std::fs::read_to_string(&file).map_err(Failure::while_doing(doing))?;
            Ok(text.lines().map(str::to_owned).collect())
        };
        self.noticed += lines("caught.txt")?.len() + lines("timeout.txt")?.len();
        self.missed.extend(lines("missed.txt")?);
        Ok(())
    }

    fn per_cent(&self) -> usize {
        100 * self.noticed / (self.noticed + self.missed.len()).max(1)
    }

    fn verdict(&self) -> Outcome {
        if self.per_cent() >= AIM {
            return Ok(());
        }
        Err(Failure::new(format!("{} % of the mutations were noticed, {AIM} % are wanted", self.per_cent())))
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tried = self.noticed + self.missed.len();
        write!(formatter, "{} of {tried} were noticed ({} %)", self.noticed, self.per_cent())?;
        self.missed.iter().try_for_each(|missed| write!(formatter, "\nmissed: {missed}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_missed_mutations_are_a_failure() {
        let missed = |count| (0..count).map(|number| format!("mutation {number}")).collect();
        assert!(Tally { noticed: 85, missed: missed(15) }.verdict().is_ok());
        let tally = Tally { noticed: 84, missed: missed(16) };
        let failure = tally.verdict().expect_err("one too many").to_string();
        assert!(failure.starts_with("84 % of the mutations were noticed"), "{failure}");
        assert!(tally.to_string().contains("84 of 100 were noticed (84 %)\nmissed: mutation 0"), "{tally}");
        assert!(Tally::default().verdict().is_err(), "nothing was tried");
    }
}
