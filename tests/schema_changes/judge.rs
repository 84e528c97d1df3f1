//! Serde as the judge of verdicts and fixes.

use eventsource::schema::{EventSchema, Verdict, accepts_stored_beyond};
use serde_json::Value;

use super::kind::{Effect, Kind, Release, Stored};

/// Why expectation, verdict and serde do not agree on a change.
pub(crate) fn disagreement(kind: &Kind) -> Option<String> {
    let Kind { name, effect, .. } = kind;
    assert_eq!(kind.stored.len(), kind.meant.len(), "{name}: each stored event means one");
    let verdict = verdict(kind);
    let ours = effect_of(&verdict);
    let (seen, why) = seen(kind);
    let said = (kind.said)().unwrap_or_default();
    let reported =
        if said.is_empty() || said.contains("stored events survive it") || said == "the snapshot differs" {
            Effect::Compatible
        } else if said.contains("could no longer be read") {
            Effect::Breaking
        } else {
            Effect::Silent
        };
    let agree = [ours, seen, reported].iter().all(|it| it == effect);
    (!agree).then(|| {
        format!("{name}: {effect:?} is expected; {seen:?} is seen ({why}), the verdict is {verdict}, reported as {reported:?}")
    })
}

/// The worst verdict on any version of any type.
fn verdict(kind: &Kind) -> Verdict {
    let (before, after) = ((kind.before)(), (kind.after.schema)());
    let mut worst = Verdict::Compatible;
    for old in &before {
        let named = |new: &&EventSchema| new.name == old.name || new.aliases.contains(&old.name);
        let new = after.iter().find(named).expect("no type is removed");
        for (version, stored) in &old.versions {
            let verdict = accepts_stored_beyond(&new.versions[version], stored, stored);
            let rank = |verdict: &Verdict| effect_of(verdict) as u8;
            if rank(&verdict) > rank(&worst) {
                worst = verdict;
            }
        }
    }
    worst
}

fn effect_of(verdict: &Verdict) -> Effect {
    match verdict {
        Verdict::Compatible => Effect::Compatible,
        Verdict::Silent(_) => Effect::Silent,
        Verdict::Breaking(_) => Effect::Breaking,
    }
}

/// What serde makes of the stored events.
fn seen(kind: &Kind) -> (Effect, String) {
    let mut worst = (Effect::Compatible, String::new());
    for (stored, meant) in kind.stored.iter().zip(&kind.meant) {
        match (kind.after.decode)(stored) {
            Err(error) => return (Effect::Breaking, error),
            Ok(event) if event != *meant => worst = (Effect::Silent, format!("{event} is not {meant}")),
            Ok(event) => {
                if let Some(lost) = lost(stored, &event, kind.renamed) {
                    worst = (Effect::Silent, format!("{lost} is lost in {event}"));
                }
            }
        }
    }
    worst
}

/// A text or number in a payload that an event does not have.
fn lost(stored: &Stored, event: &str, renamed: &[(&str, &str)]) -> Option<String> {
    let mut leaves = Vec::new();
    leaves_of(&serde_json::from_str(&stored.payload).expect("a payload is JSON"), &mut leaves);
    let now = |leaf: &String| match renamed.iter().find(|(from, _)| from == leaf) {
        Some((_, to)) => (*to).to_owned(),
        None => leaf.clone(),
    };
    let count = |leaf: &String| leaves.iter().filter(|other| *other == leaf).count();
    leaves.iter().find(|leaf| event.matches(&now(leaf)).count() < count(leaf)).cloned()
}

fn leaves_of(value: &Value, leaves: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Bool(leaf) => leaves.push(leaf.to_string()),
        Value::Number(leaf) => leaves.push(leaf.to_string()),
        Value::String(leaf) => leaves.push(leaf.clone()),
        Value::Array(items) => items.iter().for_each(|item| leaves_of(item, leaves)),
        Value::Object(fields) => fields.values().for_each(|field| leaves_of(field, leaves)),
    }
}

/// What is wrong with the release that has the proposed fix.
pub(crate) fn faults(kind: &Kind, fixed: &Release) -> Vec<String> {
    let mut faults = Vec::new();
    // Without a report, the schema is the accepted one again. Some changes have another fault, which the new version has as
    // well: it does not read what it writes itself.
    let itself = "version 2 cannot read all that it writes";
    let passes = |report: &str| match report.contains("stored events survive it") {
        true => true,
        false => report.contains(itself) && !report.contains("has changed") && !report.contains("is gone"),
    };
    if let Some(report) = fixed.report(&(kind.before)())
        && !passes(&report)
    {
        faults.push(format!("{}: the check does not pass: {report}", kind.name));
    }
    for (stored, meant) in kind.stored.iter().zip(&kind.meant) {
        match (fixed.decode)(stored) {
            Ok(event) if event == *meant => {}
            other => {
                faults.push(format!("{}: {stored:?} is read as {other:?}, and means {meant}", kind.name))
            }
        }
    }
    faults
}
