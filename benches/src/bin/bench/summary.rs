//! Summarises the output of the benchmarks, of any number of runs: the median of each measure, the median of its ratios
//! to its floors, and whether its aim is met.

use std::io::Read;

use eventsource_benches::{Aim, Error, Measure, median};
use serde::Serialize;

/// Reads measures and prints a table of their medians.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Print JSON, one measure per line.
    #[arg(long)]
    json: bool,
}

#[expect(clippy::print_stdout, reason = "printing is its purpose")]
pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut measures = Measures::default();
    measures.add(&text)?;
    print!("{}", if options.json { measures.json() } else { measures.table() });
    Ok(())
}

/// The measures, in the order of the output.
#[derive(Default)]
struct Measures {
    all: Vec<Repeated>,
}

/// A measure with the value of each run.
struct Repeated {
    measure: Measure,
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
    /// The median ratios to other measures of the same run.
    compared_with: Vec<(&'a str, f64)>,
    aim: Option<&'a Aim>,
    /// Whether its aim is met.
    met: Option<bool>,
}

impl Measures {
    /// Adds the output of a program.
    fn add(&mut self, output: &str) -> Result<(), Error> {
        for text in output.lines() {
            let measure: Measure =
                serde_json::from_str(text).map_err(|error| format!("{text:?} is not a measure: {error}"))?;
            match self.find(&measure.bench, &measure.name) {
                Some(index) => self.all[index].values.push(measure.value),
                None => self.all.push(Repeated { values: vec![measure.value], measure }),
            }
        }
        Ok(())
    }

    fn find(&self, bench: &str, name: &str) -> Option<usize> {
        self.all.iter().position(|it| it.measure.bench == bench && it.measure.name == name)
    }

    fn json(&self) -> String {
        let json = |summary| serde_json::to_string(&summary).unwrap_or_default() + "\n";
        self.summaries().map(json).collect()
    }

    fn table(&self) -> String {
        let width = self.all.iter().map(|it| it.measure.name.len()).max().unwrap_or_default();
        let line = |summary: Summary<'_>| {
            let Summary { bench, name, unit, median, values, compared_with, aim, met } = summary;
            let compared_with: Vec<_> =
                compared_with.iter().map(|(floor, ratio)| format!("{ratio:.2} x {floor}")).collect();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            let verdict = if met == Some(true) { "met" } else { "NOT MET" };
            let aim = aim.map(|aim| format!("  ({aim}: {verdict})")).unwrap_or_default();
            let range = format!("{} to {}", number(least), number(most));
            let text = format!(
                "{bench:9}  {name:width$}  {:>9} {unit:10}  {range:>20}  {}{aim}",
                number(median),
                compared_with.join(", ")
            );
            text.trim_end().to_owned() + "\n"
        };
        self.summaries().map(line).collect()
    }

    fn summaries(&self) -> impl Iterator<Item = Summary<'_>> {
        self.all.iter().map(|Repeated { measure, values }| {
            let ratio = |floor: &str| {
                let floor = &self.all[self.find(&measure.bench, floor)?];
                Some((floor.measure.name.as_str(), ratio(values, &floor.values)))
            };
            let own = median(values);
            let aimed = |aim: &Aim| aim.is_met(own, aim.floor().and_then(ratio).map(|(_, times)| times));
            Summary {
                bench: &measure.bench,
                name: &measure.name,
                unit: &measure.unit,
                median: own,
                values,
                compared_with: measure.compared_with.iter().filter_map(|floor| ratio(floor)).collect(),
                aim: measure.aim.as_ref(),
                met: measure.aim.as_ref().map(aimed),
            }
        })
    }
}

/// The median of the ratios, each of two values of the same run: other load of the machine affected both.
fn ratio(own: &[f64], floor: &[f64]) -> f64 {
    let ratios: Vec<_> = own.iter().zip(floor).map(|(own, floor)| own / floor).collect();
    median(&ratios)
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

    /// One run with this floor, and a measure with this multiple of it.
    fn run(floor: f64, times: f64) -> String {
        let floor = Measure::new("replay", "floor", floor, "events/s");
        let ours = Measure::new("replay", "ours", floor.value * times, "events/s");
        let ours = ours.aim(Aim::at_least(0.5, "floor"));
        [floor, ours].map(|measure| serde_json::to_string(&measure).expect("JSON")).join("\n")
    }

    fn summed_up(runs: &[(f64, f64)]) -> Measures {
        let mut measures = Measures::default();
        for (floor, times) in runs {
            measures.add(&run(*floor, *times)).expect("measures");
        }
        measures
    }

    #[test]
    fn each_run_is_compared_with_its_own_floor() {
        let measures = summed_up(&[(200.0, 0.25), (1000.0, 0.5), (2.0, 0.75)]);
        let table = measures.table();
        let ours = table.lines().nth(1).expect("a line for each measure");
        let words = ["50.00 events/s", "1.50 to 500", "0.50 x floor  (at least 0.5 x floor: met)"];
        assert!(words.iter().all(|word| ours.contains(word)), "{table}");
        let json = r#""median":50.0,"values":[50.0,500.0,1.5],"compared_with":[["floor",0.5]]"#;
        assert!(measures.json().contains(json), "{}", measures.json());
    }

    #[test]
    fn an_aim_that_is_not_met_is_marked() {
        let measures = summed_up(&[(200.0, 0.25), (1000.0, 0.49), (2.0, 0.75)]);
        assert!(measures.table().contains("(at least 0.5 x floor: NOT MET)"), "{}", measures.table());
        assert!(measures.json().contains(r#""met":false"#), "{}", measures.json());
    }

    #[test]
    fn a_line_that_is_not_a_measure_is_an_error() {
        let failure = Measures::default().add("thread main panicked").expect_err("no JSON").to_string();
        assert!(failure.starts_with("\"thread main panicked\" is not a measure"), "{failure}");
    }
}
