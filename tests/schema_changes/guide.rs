//! The tables of the guide.

use std::fmt::Write;

use super::kind::{Effect, Kind};

const START: &str = "# The kinds of change\n";

/// The chapter with the present tables, which are its last part but for the definitions of links.
pub(crate) fn with_tables(chapter: &str, sections: &[(&str, Vec<Kind>)]) -> String {
    let (text, tables) = chapter.split_once(START).expect("the chapter has tables");
    let links = tables.find("\n[").map_or("", |at| &tables[at..]);
    let mut tables = String::new();
    for (title, kinds) in sections {
        let _ = write!(tables, "\n## {title}\n\n| change | stored events |\n|---|---|\n");
        for kind in kinds {
            let _ = writeln!(tables, "| {} | {} |", kind.change, effect(kind.effect));
        }
    }
    format!("{text}{START}{tables}{links}")
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Compatible => "are read",
        Effect::Silent => "**are read as something else**",
        Effect::Breaking => "**cannot be read**",
    }
}
