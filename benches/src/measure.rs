//! What a program of this package prints.

use std::{io::Write, time::Duration};

use serde::{Deserialize, Serialize};

use crate::Aim;

/// One number that was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measure {
    /// The program.
    pub bench: String,
    /// What was measured; the same in each run.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// The names of the measures, of the same program, that it is to be compared with.
    pub beside: Vec<String>,
    /// What it should be, if there is an aim.
    pub aim: Option<Aim>,
}

impl Measure {
    /// A measure that stands alone, or is a floor.
    pub fn new(bench: &str, name: impl Into<String>, value: f64, unit: &str) -> Self {
        let (bench, unit) = (bench.to_owned(), unit.to_owned());
        Self { bench, name: name.into(), value, unit, beside: Vec::new(), aim: None }
    }

    /// So many of something in so much time.
    pub fn rate(bench: &str, name: impl Into<String>, events: u64, time: Duration) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
        let events = events as f64;
        Self::new(bench, name, events / time.as_secs_f64(), "events/s")
    }

    /// Beside these floors.
    #[must_use]
    pub fn beside<const N: usize>(mut self, floors: [&str; N]) -> Self {
        for floor in floors {
            if !self.beside.iter().any(|known| known == floor) {
                self.beside.push(floor.to_owned());
            }
        }
        self
    }

    /// With an aim, and beside its floor if it has one.
    #[must_use]
    pub fn aim(self, aim: Aim) -> Self {
        let measure = match aim.floor() {
            Some(floor) => self.beside([floor]),
            None => self,
        };
        Self { aim: Some(aim), ..measure }
    }

    /// Prints it as one line of JSON, at once.
    ///
    /// # Errors
    ///
    /// If nobody reads.
    pub fn print(&self) -> Result<(), std::io::Error> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(self)?)?;
        out.flush()
    }
}

/// Prints the most memory this process ever had, which is not to grow with the log.
///
/// # Errors
///
/// If the system does not say so.
pub fn print_peak_memory(bench: &str) -> Result<(), crate::Error> {
    let measure = Measure::new(bench, "peak memory", peak_memory()?, "MB");
    Ok(measure.aim(Aim::Below(150.0)).print()?)
}

/// The most memory this process ever had, in megabytes.
///
/// # Errors
///
/// If the system does not say so: this is measured on Linux only.
pub fn peak_memory() -> Result<f64, crate::Error> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}
