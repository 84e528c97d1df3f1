//! The SQLSTATEs that this crate's functions in the database raise, besides those of PostgreSQL.
//!
//! Each has one meaning. `migrations/0001_events.sql` lists them for readers of the schema; a test below compares both
//! lists with the codes that the migrations raise.

/// `append` or `import` does not update exactly the inline projections that exist. The detail is a JSON array of their
/// names.
pub(crate) const INLINE_MISMATCH: &str = "ES001";

/// In a call of `append` with several units, the outcome of a unit depends on an earlier unit in a way that only a
/// separate call can decide.
pub(crate) const DEPENDENT_UNITS: &str = "ES002";

/// `swap` would leave objects outside the generation on the old tables. The detail lists these objects.
pub(crate) const DEPENDENT_OBJECTS: &str = "ES003";

/// `swap` was called for a generation that is not building.
pub(crate) const NOT_BUILDING: &str = "ES004";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::MIGRATIONS;

    const ALL: [&str; 4] = [INLINE_MISMATCH, DEPENDENT_UNITS, DEPENDENT_OBJECTS, NOT_BUILDING];

    /// The codes that follow each occurrence of this text.
    fn codes_after<'a>(text: &'a str, before: &str) -> BTreeSet<&'a str> {
        let codes = text.split(before).skip(1).filter_map(|rest| rest.get(..5));
        codes.filter(|code| code.starts_with("ES")).collect()
    }

    #[test]
    fn the_migrations_raise_exactly_the_codes_of_this_list() {
        let all: String = MIGRATIONS.iter().map(|(_, text)| *text).collect();
        let listed = BTreeSet::from(ALL);
        assert_eq!(listed.len(), ALL.len(), "each code has one meaning");
        assert_eq!(codes_after(&all, "errcode = '"), listed);
        let (first, text) = MIGRATIONS[0];
        assert_eq!(first, "events");
        assert_eq!(codes_after(text, "--   "), listed, "the list in the header");
    }
}
