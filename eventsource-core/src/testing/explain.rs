//! The message about a changed schema: the effect on stored events, and the lines to write.

use std::{fmt::Write, path::Path};

use super::rust::{self, Old, Written};
use crate::schema::{EventSchema, Shape, TypeSchema, Verdict};

/// How a schema differs from the accepted one.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Changes that stored events are not compatible with.
    pub(super) worse: Vec<Change>,
    /// Compatible changes, in words.
    pub(super) compatible: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Change {
    TypeRemoved { name: String },
    AliasRemoved { name: String, alias: String },
    VersionRemoved { name: String, version: u32 },
    Shape { schema: EventSchema, version: u32, stored: Shape, verdict: Verdict },
}

/// The message in addition to insta's own; `None` if that is enough. `program` has all events as they are declared.
pub(super) fn explain(changes: &Changes, set: &str, program: &[TypeSchema], file: &Path) -> Option<String> {
    let Changes { worse, compatible } = changes;
    let (mut text, mut written) = (String::new(), Written::default());
    for change in worse {
        if !text.is_empty() {
            text.push('\n');
        }
        match change {
            Change::TypeRemoved { name } => removed(&mut text, name),
            Change::AliasRemoved { name, alias } => alias_removed(&mut text, name, alias),
            Change::VersionRemoved { name, version } => version_removed(&mut text, name, *version),
            Change::Shape { schema, version, stored, verdict } => {
                let present = &schema.versions[version];
                let old = Old { event: &schema.name, version: *version, stored, present, program };
                shape(&mut text, schema, &old, verdict, &mut written);
            }
        }
    }
    if !worse.is_empty() {
        let silent = |change: &Change| matches!(change, Change::Shape { verdict: Verdict::Silent(_), .. });
        let meant = if worse.iter().all(silent) {
            "If that is intended"
        } else {
            "If that is intended, and no such event is stored anywhere"
        };
        let _ = write!(
            text,
            "\n{meant}, accept the new schema nevertheless: `cargo insta review`, or run the test once with \
             INSTA_UPDATE=always.\n"
        );
        return Some(text);
    }
    if compatible.is_empty() {
        return None;
    }
    let _ = writeln!(text, "the schema of `{set}` has changed, and stored events survive it:");
    for change in compatible {
        let _ = writeln!(text, "  {change}");
    }
    let _ = writeln!(
        text,
        "accept it with `cargo insta review`, or run the test once with INSTA_UPDATE=always, and commit {}",
        file.file_name().unwrap_or_default().display()
    );
    Some(text)
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
         Keep the former name on the variant:\n\n    #[event(was(\"{alias}\"))]\n"
    );
}

fn version_removed(text: &mut String, name: &str, version: u32) {
    let _ = write!(
        text,
        "version {version} of `{name}` is gone, and stored events of that version could no longer be read.\n\n\
         Keep `version = …` and `from(…)` on the variant: a version that was ever stored is read for ever.\n"
    );
}

fn shape<'a>(
    text: &mut String,
    schema: &EventSchema,
    old: &Old<'a>,
    verdict: &Verdict,
    written: &mut Written<'a>,
) {
    let Old { event, version, .. } = *old;
    let newest = schema.versions.keys().copied().max().unwrap_or(version);
    let consequence = match verdict {
        Verdict::Breaking(_) => "stored events of that version could no longer be read",
        _ => "stored events of that version would be read as something else",
    };
    let _ = writeln!(text, "version {version} of `{event}` has changed, and {consequence}:\n");
    for finding in verdict.findings() {
        let _ = writeln!(text, "  {finding}");
    }
    let kept = rust::declaration(old, written);
    if version < newest {
        let _ = writeln!(
            text,
            "\nThe type of an older version must not change, because stored payloads do not change:\n"
        );
        indent(text, &kept.code);
        return;
    }
    let _ =
        writeln!(text, "\nKeep the shape that is stored, and let the new one be version {}:\n", version + 1);
    indent(text, &kept.code);
    let replaced = if old.has_attribute() { ", in place of its `#[event(…)]`" } else { "" };
    let _ = writeln!(text, "\non the variant `{}`{replaced}:\n", old.variant());
    indent(text, &rust::attribute(old, &kept.ty));
    let _ = writeln!(text, "\nand its conversion into the new version:\n");
    indent(text, &rust::conversion(old, &kept));
}

fn indent(text: &mut String, code: &str) {
    for line in code.lines() {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "    {line}") };
    }
}
