//! Sums up what the other programs printed, in any number of runs: the median of each measure, and its ratio to
//! that of its floors.

use std::io::Read;

use clap::Parser;
use eventsource_benches::Error;
use serde::{Deserialize, Serialize};

/// Reads measures and prints a table of their medians.
#[derive(Debug, Parser)]
struct Options {
    /// Print JSON, one measure to a line.
    #[arg(long)]
    json: bool,
}

#[expect(clippy::print_stdout, reason = "that is what it is for")]
fn main() -> Result<(), Error> {
    let options = Options::parse();
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut measures = Measures::default();
    measures.add(&text)?;
    print!("{}", if options.json { measures.json() } else { measures.table() });
    Ok(())
}

/// What was measured, in the order it came.
#[derive(Default)]
struct Measures {
    all: Vec<Repeated>,
}

/// A line of a program.
#[derive(Deserialize)]
struct Line {
    bench: String,
    name: String,
    value: f64,
    unit: String,
    beside: Vec<String>,
    aim: Option<String>,
}

/// A measure with the value of each run.
struct Repeated {
    line: Line,
    values: Vec<f64>,
}

/// A measure as it is printed with `--json`.
#[derive(Serialize)]
struct Summary<'a> {
    bench: &'a str,
    name: &'a str,
    unit: &'a str,
    median: f64,
    values: &'a [f64],
    /// The median as a multiple of that of another measure.
    beside: Vec<(&'a str, f64)>,
    aim: Option<&'a str>,
}

impl Measures {
    /// Adds the output of a program.
    fn add(&mut self, output: &str) -> Result<(), Error> {
        for text in output.lines() {
            let line: Line =
                serde_json::from_str(text).map_err(|error| format!("{text:?} is no measure: {error}"))?;
            match self.all.iter_mut().find(|it| it.line.bench == line.bench && it.line.name == line.name) {
                Some(known) => known.values.push(line.value),
                None => self.all.push(Repeated { values: vec![line.value], line }),
            }
        }
        Ok(())
    }

    fn json(&self) -> String {
        let json = |summary| serde_json::to_string(&summary).unwrap_or_default() + "\n";
        self.summaries().map(json).collect()
    }

    fn table(&self) -> String {
        let width = self.all.iter().map(|it| it.line.name.len()).max().unwrap_or_default();
        let line = |summary: Summary<'_>| {
            let Summary { bench, name, unit, median, values, beside, aim } = summary;
            let beside: Vec<_> =
                beside.iter().map(|(floor, ratio)| format!("{ratio:.2} x {floor}")).collect();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            let aim = aim.map(|aim| format!("  (aim: {aim})")).unwrap_or_default();
            let range = format!("{} to {}", number(least), number(most));
            let text = format!(
                "{bench:6}  {name:width$}  {:>9} {unit:8}  {range:>20}  {}{aim}",
                number(median),
                beside.join(", ")
            );
            text.trim_end().to_owned() + "\n"
        };
        self.summaries().map(line).collect()
    }

    fn summaries(&self) -> impl Iterator<Item = Summary<'_>> {
        self.all.iter().map(|Repeated { line, values }| {
            let own = median(values);
            let other = |name: &String| {
                self.all.iter().find(|it| it.line.bench == line.bench && it.line.name == *name)
            };
            let ratio =
                |name| other(name).map(|floor| (floor.line.name.as_str(), own / median(&floor.values)));
            Summary {
                bench: &line.bench,
                name: &line.name,
                unit: &line.unit,
                median: own,
                values,
                beside: line.beside.iter().filter_map(ratio).collect(),
                aim: line.aim.as_deref(),
            }
        })
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2.0,
    }
}

fn number(value: f64) -> String {
    match value {
        ..100.0 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"bench":"replay","name":"floor","value":200.0,"unit":"events/s","beside":[],"aim":null}
{"bench":"replay","name":"ours","value":VALUE,"unit":"events/s","beside":["floor"],"aim":"0.5"}"#;

    #[test]
    fn the_median_of_all_runs_is_put_beside_that_of_its_floor() {
        let mut measures = Measures::default();
        for value in ["90.0", "5.0", "150.0"] {
            measures.add(&RUN.replace("VALUE", value)).expect("measures");
        }
        let table = measures.table();
        let ours = table.lines().nth(1).expect("a line for each measure");
        let words = ["90.00 events/s", "5.00 to 150", "0.45 x floor  (aim: 0.5)"];
        assert!(words.iter().all(|word| ours.contains(word)), "{table}");
        assert!(
            measures.json().contains(r#""median":90.0,"values":[90.0,5.0,150.0],"beside":[["floor",0.45]]"#)
        );
    }

    #[test]
    fn what_is_no_measure_is_a_failure() {
        let failure = Measures::default().add("thread main panicked").expect_err("no JSON").to_string();
        assert!(failure.starts_with("\"thread main panicked\" is no measure"), "{failure}");
    }
}
