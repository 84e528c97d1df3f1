//! Inspecting and ending processes that this crate started.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::HarnessError;

/// How long a wait continues without progress. Generous, because test machines are busy.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(120);

/// The time between two checks of a condition.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Waits until `condition` gives a value, while `seen` keeps changing; `None` if it has not changed for [`TIMEOUT`].
pub(crate) fn wait_for<T, P: PartialEq>(
    mut seen: impl FnMut() -> P,
    mut condition: impl FnMut() -> Option<T>,
) -> Option<T> {
    let (mut last, mut since) = (seen(), Instant::now());
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        let now = seen();
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > TIMEOUT {
            return None;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// The length of a log; a busy server keeps writing to it.
pub(crate) fn length(log: &Path) -> u64 {
    fs::metadata(log).map_or(0, |log| log.len())
}

/// Sends a signal. It is not an error if the process has ended: ending it is the purpose of these signals.
pub(crate) fn signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Ends a child with a signal, and by force if it has not ended after [`TIMEOUT`].
pub(crate) fn end(child: &mut Child, with: Signal) {
    signal(child.id(), with);
    if wait_for(|| (), || child.try_wait().ok().flatten()).is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// The processes whose parent is `pid` and that still run.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    running().into_iter().filter(|(_, parent)| *parent == pid).map(|(child, _)| child).collect()
}

/// Whether any of these still runs. A process that has ended and was not collected by its parent does not run:
/// containers often lack a first process that collects orphans.
pub(crate) fn any_runs(pids: &[u32]) -> bool {
    running().iter().any(|(pid, _)| pids.contains(pid))
}

/// All running processes with their parents, from `/proc` or, where there is none, from `ps`.
fn running() -> Vec<(u32, u32)> {
    if Path::new("/proc/self/stat").exists() {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
                // The name is in parentheses and may itself contain blanks and parentheses.
                let (_, after_name) = stat.rsplit_once(')')?;
                process(pid, &mut after_name.split_whitespace())
            })
            .collect()
    } else {
        let listed = Command::new("ps").args(["-A", "-o", "pid=,stat=,ppid="]).output();
        let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let text = text.unwrap_or_default();
        text.lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let pid = words.next()?.parse().ok()?;
                process(pid, &mut words)
            })
            .collect()
    }
}

fn process<'a>(pid: u32, words: &mut impl Iterator<Item = &'a str>) -> Option<(u32, u32)> {
    let state = words.next()?;
    let parent = words.next()?.parse().ok()?;
    (!state.starts_with('Z')).then_some((pid, parent))
}

/// The end of a log file, for an error message.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// The error for a child that ended although it should run on.
pub(crate) fn ended(program: &str, status: impl std::fmt::Display, log: &Path) -> HarnessError {
    HarnessError::Ended { program: program.to_owned(), status: status.to_string(), output: tail(log) }
}

/// The error for a child that runs and does not become ready.
pub(crate) fn not_ready(program: &str, log: &Path) -> HarnessError {
    HarnessError::NotReady { program: program.to_owned(), seconds: TIMEOUT.as_secs(), output: tail(log) }
}
