//! The accepted schema of a set of events: a head with its categories, and the event types.
//!
//! ```text
//! category account
//!   events bank::account::AccountEvent
//!   stream account/acc-1
//!
//! account.opened
//!   version 1: fields
//!     owner: string
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use crate::{
    EventSet,
    schema::{self, Compatibility, EventSchema, InvalidSchema, TypeState},
};

/// What an accepted schema says about a set of events.
#[derive(Debug, Clone, Default)]
pub(super) struct Snapshot {
    /// The categories of the set, in the order of their names.
    pub(super) categories: Vec<Category>,
    /// Changes that were accepted although they are not compatible, with the reasons, the oldest first.
    pub(super) accepted: Vec<String>,
    pub(super) events: Vec<EventSchema>,
    /// The types whose events the release before must read. Not part of the text: the head has the categories.
    pub(super) full: BTreeSet<String>,
}

/// A category of which the set has event types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Category {
    pub(super) name: String,
    /// Whether the set has only some of its types.
    pub(super) partial: bool,
    /// Whether the release before must read what is written.
    pub(super) full: bool,
    /// The enums with the types.
    pub(super) enums: BTreeSet<String>,
    /// The streams of some aggregates, by which a change in how ids are written is noticed.
    pub(super) streams: Vec<String>,
}

impl Snapshot {
    /// The present schema. The streams are those of the example ids.
    pub(super) fn of<E: EventSet>(streams: &[(String, String)]) -> Self {
        let names = E::TYPES.iter().map(|ty| ty.category).chain(E::CATEGORIES.iter().copied());
        let mut categories: BTreeMap<&str, Category> = names
            .map(|name| {
                let partial = !E::CATEGORIES.contains(&name);
                (name, Category { name: name.to_owned(), partial, ..Category::default() })
            })
            .collect();
        let mut full = BTreeSet::new();
        for (ty, schema) in E::TYPES.iter().zip(E::schema()) {
            let Some(category) = categories.get_mut(ty.category) else { continue };
            let module = schema.declared.as_ref().map_or("", |it| it.event.module);
            category.enums.insert(format!("{module}::{}", schema.set));
            if schema.compatibility == Compatibility::Full {
                category.full = true;
                full.insert(ty.name.to_owned());
            }
        }
        for (name, stream) in streams {
            if let Some(category) = categories.get_mut(name.as_str()) {
                category.streams.push(stream.clone());
            }
        }
        let (categories, events) = (categories.into_values().collect(), EventSchema::of::<E>());
        Self { categories, accepted: Vec::new(), events, full }
    }

    /// Whether both have types of one category.
    pub(super) fn shares_category(&self, other: &Self) -> bool {
        self.categories.iter().any(|one| other.categories.iter().any(|it| it.name == one.name))
    }

    /// Whether both have types of one enum.
    pub(super) fn shares_enum(&self, other: &Self) -> bool {
        let enums = |of: &Self| of.categories.iter().flat_map(|it| it.enums.clone()).collect::<BTreeSet<_>>();
        !enums(self).is_disjoint(&enums(other))
    }

    /// Whether the other one reads any of the types.
    pub(super) fn shares_types(&self, other: &Self) -> bool {
        self.events.iter().any(|old| other.events.iter().any(|new| new.reads(&old.name)))
    }

    /// Whether both have the same types.
    pub(super) fn has_types_of(&self, other: &Self) -> bool {
        let mut live = self.events.iter().filter(|old| old.state != TypeState::Gone).peekable();
        live.peek().is_some()
            && live.all(|old| other.events.iter().any(|new| new.reads(&old.name)))
            && other.events.iter().all(|new| self.events.iter().any(|old| new.reads(&old.name)))
    }

    /// Whether both have all types of their categories, and the other one has all of these categories.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        let complete = |of: &Self, name: &str| of.categories.iter().any(|it| it.name == name && !it.partial);
        !self.categories.is_empty()
            && self.categories.iter().all(|it| !it.partial && complete(other, &it.name))
            && other.categories.iter().all(|it| !it.partial)
    }

    /// Adds what another schema has of other categories and types. The streams are those of another test.
    pub(super) fn join(&mut self, other: Self) {
        for category in other.categories {
            if !self.categories.iter().any(|it| it.name == category.name) {
                self.categories.push(Category { streams: Vec::new(), ..category });
            }
        }
        self.accepted.extend(other.accepted);
        for event in other.events {
            if !self.events.iter().any(|it| it.name == event.name) {
                self.events.push(event);
            }
        }
    }

    /// The names of the categories, for a message.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.categories.iter().map(|it| format!("`{}`", it.name)).collect();
        names.join(", ")
    }

    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        for Category { name, partial, full, enums, streams } in &self.categories {
            let _ = writeln!(text, "category {}", line_of(name));
            if *partial {
                text.push_str("  partial\n");
            }
            if *full {
                text.push_str("  compatibility full\n");
            }
            for it in enums {
                let _ = writeln!(text, "  events {it}");
            }
            for stream in streams {
                let _ = writeln!(text, "  stream {}", line_of(stream));
            }
        }
        for line in &self.accepted {
            let _ = writeln!(text, "accepted {}", line_of(line));
        }
        if !text.is_empty() && !self.events.is_empty() {
            text.push('\n');
        }
        text + &schema::render(&self.events)
    }

    pub(super) fn parse(text: &str) -> Result<Self, InvalidSchema> {
        let (mut categories, mut accepted) = (Vec::new(), Vec::new());
        let mut rest = String::new();
        let mut in_head = true;
        for (index, line) in text.lines().enumerate() {
            in_head &= [" ", "category ", "accepted "].iter().any(|start| line.starts_with(start));
            if in_head {
                head(line, &mut categories, &mut accepted).ok_or_else(|| InvalidSchema {
                    line: index + 1,
                    reason: format!("`{}` is not known in the head", line.trim()),
                })?;
            } else {
                rest.push_str(line);
            }
            // The lines of errors are those of the text.
            rest.push('\n');
        }
        Ok(Self { categories, accepted, events: schema::parse(&rest)?, full: BTreeSet::new() })
    }
}

/// Reads one line of the head; `None` if it is not one.
fn head(line: &str, categories: &mut Vec<Category>, accepted: &mut Vec<String>) -> Option<()> {
    if let Some(change) = line.strip_prefix("accepted ") {
        accepted.push(unquoted(change)?);
        return Some(());
    }
    if let Some(name) = line.strip_prefix("category ") {
        categories.push(Category { name: unquoted(name)?, ..Category::default() });
        return Some(());
    }
    let category = categories.last_mut()?;
    match line.trim().split_once(' ') {
        None if line.trim() == "partial" => category.partial = true,
        Some(("compatibility", "full")) => category.full = true,
        Some(("events", name)) => {
            category.enums.insert(name.to_owned());
        }
        Some(("stream", stream)) => category.streams.push(unquoted(stream)?),
        _ => return None,
    }
    Some(())
}

/// A text at the end of a line, quoted as in JSON if it would not be read back otherwise.
fn line_of(text: &str) -> String {
    let is_plain =
        !text.starts_with('"') && text.trim() == text && !text.contains(char::is_control) && !text.is_empty();
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn unquoted(text: &str) -> Option<String> {
    if text.starts_with('"') { serde_json::from_str(text).ok() } else { Some(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_read_as_it_was_written() {
        let text = "category account\n  events bank::AccountEvent\n  stream \"account-acc 1\\n\"\n\
                    category loan 2\n  partial\n  compatibility full\naccepted a.b v1 12: why: so\n\n\
                    account.opened\n  version 1: fields\n    x: u8\n";
        let snapshot = Snapshot::parse(text).expect("a schema");
        assert_eq!(snapshot.render(), text);
        assert_eq!(snapshot.categories[0].streams, ["account-acc 1\n"]);
        assert!(snapshot.categories[1].partial && snapshot.categories[1].full);
    }

    #[test]
    fn errors_have_the_line_of_the_file() {
        let error = |text| Snapshot::parse(text).expect_err("wrong").to_string();
        assert_eq!(error("category a\n  colour red\n"), "line 2: `colour red` is not known in the head");
        let text = "category a\n  partial\n\na.b\n  version x: u8\n";
        assert_eq!(error(text), "line 5: a version is a number");
    }

    #[test]
    fn an_event_type_may_be_called_category() {
        let snapshot = Snapshot::parse("category a\n\ncategory\n  version 1: u8\n").expect("a schema");
        assert_eq!(snapshot.events[0].name, "category");
    }
}
