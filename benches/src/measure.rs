//! The output of the programs of this package.

use std::{io::Write, time::Duration};

use serde::{Deserialize, Serialize};

use crate::Aim;

/// One measured number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measure {
    /// The program.
    pub bench: String,
    /// The name of the measure; the same in each run.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// The names of the measures of the same program that it is compared with.
    pub compared_with: Vec<String>,
    /// The aim, if there is one.
    pub aim: Option<Aim>,
}

impl Measure {
    /// A measure that stands alone, or is a floor.
    pub fn new(bench: &str, name: impl Into<String>, value: f64, unit: &str) -> Self {
        let (bench, unit) = (bench.to_owned(), unit.to_owned());
        Self { bench, name: name.into(), value, unit, compared_with: Vec::new(), aim: None }
    }

    /// A rate: this many events in this time.
    pub fn rate(bench: &str, name: impl Into<String>, events: u64, time: Duration) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
        let events = events as f64;
        Self::new(bench, name, events / time.as_secs_f64(), "events/s")
    }

    /// Compares it with these floors.
    #[must_use]
    pub fn compared_with<const N: usize>(mut self, floors: [&str; N]) -> Self {
        for floor in floors {
            if !self.compared_with.iter().any(|known| known == floor) {
                self.compared_with.push(floor.to_owned());
            }
        }
        self
    }

    /// Sets an aim, and compares it with the floor of the aim if it has one.
    #[must_use]
    pub fn aim(self, aim: Aim) -> Self {
        let measure = match aim.floor() {
            Some(floor) => self.compared_with([floor]),
            None => self,
        };
        Self { aim: Some(aim), ..measure }
    }

    /// Prints it as one line of JSON, and flushes.
    ///
    /// # Errors
    ///
    /// If stdout is closed.
    pub fn print(&self) -> Result<(), std::io::Error> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(self)?)?;
        out.flush()
    }
}

/// Prints the peak memory of this process, which must not grow with the log.
///
/// # Errors
///
/// If the system does not report it.
pub fn print_peak_memory(bench: &str) -> Result<(), crate::Error> {
    let measure = Measure::new(bench, "peak memory", peak_memory()?, "MB");
    Ok(measure.aim(Aim::Below(150.0)).print()?)
}

/// The peak memory of this process, in megabytes.
///
/// # Errors
///
/// If the system does not report it: this works on Linux only.
pub fn peak_memory() -> Result<f64, crate::Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}
