//! What a program of this package prints.

use std::{io::Write, time::Duration};

use serde::Serialize;

/// One number that was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    /// The program.
    pub bench: &'static str,
    /// What was measured; the same in each run.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The names of the measures, of the same program, that it is to be compared with.
    pub beside: Vec<&'static str>,
    /// What it should be, in words, if there is an aim.
    pub aim: Option<&'static str>,
}

impl Measure {
    /// A measure that stands alone, or is a floor.
    pub fn new(bench: &'static str, name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { bench, name: name.into(), value, unit, beside: Vec::new(), aim: None }
    }

    /// So many of something in so much time.
    pub fn rate(bench: &'static str, name: impl Into<String>, events: u64, time: Duration) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a rate is a round figure")]
        let events = events as f64;
        Self::new(bench, name, events / time.as_secs_f64(), "events/s")
    }

    /// Beside these floors.
    #[must_use]
    pub fn beside<const N: usize>(self, floors: [&'static str; N]) -> Self {
        Self { beside: floors.to_vec(), ..self }
    }

    /// With an aim.
    #[must_use]
    pub fn aim(self, aim: &'static str) -> Self {
        Self { aim: Some(aim), ..self }
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
