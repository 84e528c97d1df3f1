//! The message about a changed schema: the effect on stored events, and the lines to write.

use std::{collections::BTreeSet, fmt::Write, path::Path};

use super::{
    ahead::Ahead,
    changes::Change,
    reasons,
    rust::{self, Old, Written},
    snapshot::Snapshot,
};
use crate::{
    EventSet,
    schema::{EventSchema, Finding, TypeSchema, Verdict},
};

/// What the messages are about.
pub(super) struct About<'a> {
    /// The set, without its path.
    set: &'a str,
    /// All events as they are declared.
    program: Vec<TypeSchema>,
    /// The accepted schema.
    file: &'a Path,
    /// The packages with the enums, if the test is in another one.
    elsewhere: BTreeSet<&'static str>,
}

impl<'a> About<'a> {
    pub(super) fn of<E: EventSet>(set: &'a str, package: &str, file: &'a Path) -> Self {
        let program = E::schema();
        let packages = program.iter().map(|it| it.package).filter(|it| !it.is_empty());
        let elsewhere = packages.filter(|it| *it != package).collect();
        Self { set, program, file, elsewhere }
    }

    pub(super) fn program(&self) -> &[TypeSchema] {
        &self.program
    }

    fn file_name(&self) -> String {
        format!("event-schemas/{}", self.file.file_name().unwrap_or_default().display())
    }

    /// A hint where the test belongs.
    fn place(&self, text: &mut String) {
        for package in &self.elsewhere {
            let _ = write!(
                text,
                "\nThe events are declared in the package `{package}`. If it is yours, move this test and its file \
                 there: one accepted schema then counts for all programs that use the events.\n"
            );
        }
    }
}

/// The verdict on a change that stored events survive, and how to accept it.
pub(super) struct Explanation {
    pub(super) verdict: String,
    pub(super) what_to_do: String,
}

/// The message about changes that are not compatible and were not accepted.
pub(super) fn worse(open: &[Change], accepted: &[String], about: &About<'_>) -> String {
    let (mut text, mut written) = (String::new(), Written::default());
    for change in open {
        if !text.is_empty() {
            text.push('\n');
        }
        describe(&mut text, change, about, &mut written);
    }
    let meant = if open.iter().all(Change::is_silent) {
        "If that is intended"
    } else {
        "If that is intended, and no such event is stored anywhere"
    };
    let _ =
        write!(text, "\n{meant}, say why in event-schemas/{}, one line for each change:\n\n", reasons::FILE);
    for change in open {
        let _ = writeln!(text, "    {}: {}", change.id(accepted), reasons::PLACE);
    }
    let _ = write!(
        text,
        "\nand run the test again. The new schema can then be accepted with `cargo insta review`. INSTA_UPDATE=always \
         accepts it without a reason.\n"
    );
    about.place(&mut text);
    text
}

/// The message about changes that are compatible or were accepted; `None` if insta's own is enough.
pub(super) fn survived(
    decided: &[(&Change, &str)],
    compatible: &[String],
    ahead: &[String],
    about: &About<'_>,
) -> Option<Explanation> {
    if decided.is_empty() && compatible.is_empty() && ahead.is_empty() {
        return None;
    }
    let mut verdict = String::new();
    for (change, reason) in decided {
        let _ = writeln!(verdict, "NOT COMPATIBLE: {}", in_short(change));
        let _ = writeln!(verdict, "  accepted: {reason}");
    }
    if !compatible.is_empty() || decided.is_empty() {
        let _ = match decided {
            [] => {
                writeln!(verdict, "the schema of `{}` has changed, and stored events survive it:", about.set)
            }
            _ => writeln!(verdict, "other changes, which stored events survive:"),
        };
        for change in compatible {
            let _ = writeln!(verdict, "  {change}");
        }
    }
    if !ahead.is_empty() {
        verdict.push_str("programs of the release before could not read what this one writes:\n");
        for change in ahead {
            let _ = writeln!(verdict, "  {change}");
        }
    }
    let mut what_to_do = format!(
        "accept it with `cargo insta review`, or run the test once with INSTA_UPDATE=always, and commit {}\n",
        about.file_name()
    );
    about.place(&mut what_to_do);
    Some(Explanation { verdict, what_to_do })
}

/// There is no accepted schema, and none can be accepted here.
pub(super) fn missing(about: &About<'_>) -> String {
    let mut text = format!(
        "the schema of `{}` was never accepted: {} is missing. Run this test where files may be written (without CI \
         and INSTA_UPDATE=no), accept the schema with `cargo insta review`, and commit the file.\n",
        about.set,
        about.file_name()
    );
    about.place(&mut text);
    text
}

/// The file of the set belongs to other categories.
pub(super) fn file_of_others(file: &Path, accepted: &Snapshot, present: &Snapshot) -> String {
    format!(
        "{} has the schema of {}, not of {}. Restore it from version control; two categories whose names differ in \
         upper and lower case need a file system that distinguishes them",
        file.display(),
        accepted.names(),
        present.names()
    )
}

/// The accepted schema has the name of an enum.
pub(super) fn other_name(other: &Path, file: &Path) -> String {
    format!(
        "the accepted schema of these events is {}. Files are named by category now: rename it, and run the test again:\n\n    \
         git mv {} {}\n",
        other.display(),
        other.display(),
        file.display()
    )
}

fn in_short(change: &Change) -> String {
    let first = |findings: &[Finding]| findings.first().map_or_else(String::new, |it| format!(": {it}"));
    match change {
        Change::Category { accepted, present } => {
            format!("the category was {}, and is {present}", accepted.names())
        }
        Change::Stream { stream, .. } => format!("no id is stored as `{stream}` any more"),
        Change::OtherSet { accepted } => format!("all types of {} are gone", accepted.names()),
        Change::TypeGone { old } => format!("`{}` is gone", old.name),
        Change::AliasGone { name, alias } => format!("`{name}` is no longer read as `{alias}`"),
        Change::VersionGone { name, version, .. } => format!("version {version} of `{name}` is gone"),
        Change::Shape { schema, version, verdict, .. } => {
            format!("version {version} of `{}` has changed{}", schema.name, first(verdict.findings()))
        }
        Change::Itself { name, version, findings, .. } => {
            format!("version {version} of `{name}` does not read what it writes{}", first(findings))
        }
        Change::Ahead { name, version, .. } => {
            format!("programs of the release before cannot read version {version} of `{name}`")
        }
    }
}

fn describe<'a>(text: &mut String, change: &'a Change, about: &'a About<'_>, written: &mut Written<'a>) {
    match change {
        Change::Category { accepted, present } => category(text, accepted, present),
        Change::Stream { stream, present } => stream_gone(text, stream, present),
        Change::OtherSet { accepted } => other_set(text, accepted, about),
        Change::TypeGone { old } => removed(text, &old.name),
        Change::AliasGone { name, alias } => alias_removed(text, name, alias),
        Change::VersionGone { name, version, .. } => version_removed(text, name, *version),
        Change::Shape { schema, version, stored, verdict, formerly, .. } => {
            let (present, program) = (&schema.versions[version], &about.program[..]);
            let old =
                Old { event: &schema.name, version: *version, stored, present, program, exact: *formerly };
            shape(text, schema, &old, (verdict, *formerly), written);
        }
        Change::Itself { name, version, findings, .. } => itself(text, name, *version, findings),
        Change::Ahead { name, version, reason, .. } => ahead_of(text, name, *version, reason),
    }
}

fn category(text: &mut String, accepted: &Snapshot, present: &str) {
    let _ = write!(
        text,
        "the events are stored in streams of the category {}, and this program looks for them in {present}: every \
         aggregate would load empty.\n\n\
         Keep the category that is stored: `#[event(category = …)]` on the enum. If the streams in the stores were renamed, \
         delete the file of the former category once the new schema is accepted.\n",
        accepted.names()
    );
}

fn stream_gone(text: &mut String, stream: &str, present: &[String]) {
    let _ = writeln!(
        text,
        "no id in this test has the stream `{stream}` any more, which an aggregate had before:\n"
    );
    match present {
        [] => text.push_str("  the test names no ids\n"),
        present => present.iter().for_each(|it| {
            let _ = writeln!(text, "  `{it}`");
        }),
    }
    text.push_str(
        "\nThe aggregates that are stored would load empty. Keep how the id is written (its `Display`), and keep the \
         examples in the test.\n",
    );
}

fn other_set(text: &mut String, accepted: &Snapshot, about: &About<'_>) {
    let names: Vec<_> = accepted.events.iter().take(5).map(|it| format!("`{}`", it.name)).collect();
    let _ = write!(
        text,
        "none of the event types in {} is a type of `{}`: it has {}.\n\n\
         A category belongs to one enum. Give this one a category of its own, or make it `partial` if it has other types \
         of the same category. Two partial enums of one category need different names. If the types have other names now, \
         name the former ones with `was(…)`.\n",
        about.file_name(),
        about.set,
        names.join(", ")
    );
}

fn itself(text: &mut String, name: &str, version: u32, findings: &[Finding]) {
    let _ = writeln!(text, "`{name}` version {version} cannot read all that it writes:\n");
    for finding in findings {
        let _ = writeln!(text, "  {finding}");
    }
    text.push_str(
        "\nA field with `skip_serializing_if` also needs `default`, and a name that is only given for one direction \
         needs the other one too (`alias`).\n",
    );
}

fn ahead_of(text: &mut String, name: &str, version: u32, reason: &Ahead) {
    match reason {
        Ahead::Version => {
            let _ = write!(
                text,
                "programs of the release before do not know `{name}` version {version}, and with \
                 `compatibility = \"full\"` they must read what this one writes.\n\n\
                 Deploy in two steps. A new version: first a release that reads it and still writes the one before \
                 (`write = …` with `downcast = …` on the variant), then one that writes it. A new name: first a release \
                 that writes the old one and reads both (`name = \"old\", was(\"new\")`), then one the other way round.\n"
            );
        }
        Ahead::Ignored => {
            let _ = write!(
                text,
                "programs of the release before ignore events of `{name}` without an error, because the type is removed \
                 there, and with `compatibility = \"full\"` they must read what this one writes.\n\n\
                 Give the event a new name, or deploy a release first that has the variant and never produces it.\n"
            );
        }
        Ahead::Refused(findings) => {
            let _ = writeln!(
                text,
                "programs of the release before cannot decode what this one writes of `{name}`, and with \
                 `compatibility = \"full\"` they must:\n"
            );
            for finding in findings {
                let _ = writeln!(text, "  {finding}");
            }
            text.push_str(
                "\nKeep the shape, and let the new one be a version that is not written yet (`write = …`).\n",
            );
        }
    }
}

fn removed(text: &mut String, name: &str) {
    let _ = write!(
        text,
        "`{name}` is gone, and stored events of that type could no longer be read.\n\n\
         Keep its variant. If another variant replaces it under a new name, name it there:\n\n    \
         #[event(was(\"{name}\"))]\n\n\
         If nothing needs its events any more, give it up on the enum. They are then ignored everywhere:\n\n    \
         #[event(removed(\"{name}\"))]\n"
    );
}

fn alias_removed(text: &mut String, name: &str, alias: &str) {
    let _ = write!(
        text,
        "events of type `{name}` are also stored as `{alias}`, and those could no longer be read.\n\n\
         Keep the former name on the variant, or in `removed(…)` of the enum if the type is there:\n\n    \
         #[event(was(\"{alias}\"))]\n"
    );
}

fn version_removed(text: &mut String, name: &str, version: u32) {
    let _ = write!(
        text,
        "version {version} of `{name}` is gone, and stored events of that version could no longer be read.\n\n\
         Keep `version = …` and `from(…)` on the variant: a version that was ever stored is read for ever.\n"
    );
}

/// The verdict is with whether only an earlier form of the version is concerned.
fn shape<'a>(
    text: &mut String,
    schema: &EventSchema,
    old: &Old<'a>,
    (verdict, formerly): (&Verdict, bool),
    written: &mut Written<'a>,
) {
    let Old { event, version, .. } = *old;
    let newest = schema.versions.keys().copied().max().unwrap_or(version);
    let consequence = match verdict {
        Verdict::Breaking(_) => "stored events of that version could no longer be read",
        _ => "stored events of that version would be read as something else",
    };
    let _ = writeln!(text, "version {version} of `{event}` has changed, and {consequence}:\n");
    if formerly {
        text.push_str("  in a form that was accepted before the last one:\n");
    }
    for finding in verdict.findings() {
        let _ = writeln!(text, "  {finding}");
    }
    if verdict.findings().iter().any(|finding| finding.reason == "is required, and was never written") {
        text.push_str(
            "\nIf such a field was stored under another name, write `#[serde(alias = \"old_name\")]` on it. If it has a value \
             in older events that is always the same, write `#[serde(default)]`. Then no new version is needed.\n",
        );
    }
    if version < newest {
        let _ = writeln!(
            text,
            "\nThe type of an older version must not change, because stored payloads do not change:\n"
        );
        indent(text, &rust::declaration(old, written).code);
        return;
    }
    let _ =
        writeln!(text, "\nKeep the shape that is stored, and let the new one be version {}:\n", version + 1);
    next_version(text, old, written);
}

/// The code of the next version: the type of the present one, the attribute, and the conversion.
pub(super) fn next_version<'a>(text: &mut String, old: &Old<'a>, written: &mut Written<'a>) {
    let kept = rust::declaration(old, written);
    indent(text, &kept.code);
    let replaced = match old.has_attribute() {
        true => format!(", in place of its `#[{}(…)]`", old.attribute()),
        false => String::new(),
    };
    let kind = if old.is_command() { "" } else { "the variant " };
    let _ = writeln!(text, "\non {kind}`{}`{replaced}:\n", old.variant());
    indent(text, &rust::attribute(old, &kept.ty));
    let _ = writeln!(text, "\nand its conversion into the new version:\n");
    indent(text, &rust::conversion(old, &kept));
}

fn indent(text: &mut String, code: &str) {
    for line in code.lines() {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "    {line}") };
    }
}
