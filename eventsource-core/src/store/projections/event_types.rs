//! The event types that a generation is read with: what its checkpoints account for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::EventSet;

/// The event types that a program reads, or those that a generation is read with.
///
/// A checkpoint says only which positions were passed, and not which events were read. A program that lists fewer types
/// would skip events that others read, so a generation keeps the types of all programs that have started with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTypes {
    /// The stored names, former ones included, with the category of each; `None` for a type that was removed.
    pub types: BTreeMap<String, Option<String>>,
    /// The categories that are read completely. In these no event is skipped: a program that does not know its type
    /// stops before it.
    pub categories: BTreeSet<String>,
}

/// Why a program does not process a generation whose code it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The generation is read with these event types, which the program would skip.
    Unread(Vec<String>),
    /// The program reads these event types, which the generation was not read with and may have skipped.
    MayHaveSkipped(Vec<String>),
}

impl EventTypes {
    /// What a program reads with this set of events.
    #[must_use]
    pub fn of<E: EventSet>() -> Self {
        let removed = E::REMOVED.iter().map(|&name| (name.to_owned(), None));
        let types = E::TYPES.iter().flat_map(|ty| ty.names().map(move |name| (name, ty.category)));
        let types = types.map(|(name, category)| (name.to_owned(), Some(category.to_owned())));
        Self {
            types: removed.chain(types).collect(),
            categories: E::CATEGORIES.iter().map(|&category| category.to_owned()).collect(),
        }
    }

    /// The types of this generation that the program would skip without reading them.
    pub fn unread_by<'a>(&'a self, program: &'a Self) -> impl Iterator<Item = &'a str> {
        let passes = |(name, category): &(&String, &Option<String>)| {
            !program.types.contains_key(*name)
                && category.as_ref().is_some_and(|category| !program.categories.contains(category))
        };
        self.types.iter().filter(passes).map(|(name, _)| name.as_str())
    }

    /// The types of the program that this generation may have skipped: it was not read with them, and not all
    /// programs read their category completely.
    pub fn may_have_skipped<'a>(&'a self, program: &'a Self) -> impl Iterator<Item = &'a str> {
        let is_new = |(name, category): &(&String, &Option<String>)| {
            !self.types.contains_key(*name)
                && category.as_ref().is_some_and(|category| !self.categories.contains(category))
        };
        program.types.iter().filter(is_new).map(|(name, _)| name.as_str())
    }

    /// Whether a generation that is read with these types reads the events of a type in the streams of a category. A type that
    /// was removed is not read.
    #[must_use]
    pub fn reads(&self, category: &str, event_type: &str) -> bool {
        match self.types.get(event_type) {
            Some(of) => of.is_some(),
            None => self.categories.contains(category),
        }
    }

    /// Why the program with these types does not process this generation; `None` if it can.
    #[must_use]
    pub fn misfit(&self, program: &Self) -> Option<Misfit> {
        let names = |it: &mut dyn Iterator<Item = &str>| it.map(str::to_owned).collect::<Vec<_>>();
        let unread = names(&mut self.unread_by(program));
        let skipped = names(&mut self.may_have_skipped(program));
        match (unread.is_empty(), skipped.is_empty()) {
            (false, _) => Some(Misfit::Unread(unread)),
            (true, false) => Some(Misfit::MayHaveSkipped(skipped)),
            (true, true) => None,
        }
    }

    /// What the generation is read with once the program has started.
    #[must_use]
    pub fn widened_by(&self, program: &Self) -> Self {
        let mut types = self.types.clone();
        for (name, category) in &program.types {
            let known = types.entry(name.clone()).or_default();
            *known = known.take().or_else(|| category.clone());
        }
        // A category is read completely if all programs that read any type of it do so. Programs without any type of it
        // are kept out by `unread_by`.
        let has = |types: &Self, category: &String| types.types.values().flatten().any(|of| of == category);
        let complete = |one: &Self, other: &Self, category: &String| {
            one.categories.contains(category)
                && (other.categories.contains(category) || !has(other, category))
        };
        let of_either = self.categories.union(&program.categories);
        let categories = of_either.filter(|it| complete(self, program, it) || complete(program, self, it));
        Self { types, categories: categories.cloned().collect() }
    }

    /// Whether programs that do not read these types may process the generation now, so that
    /// [widening](Self::widened_by) it has to revoke their leases.
    #[must_use]
    pub fn has_to_revoke(&self, program: &Self) -> bool {
        self.may_have_skipped(program).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types<const N: usize, const M: usize>(types: [(&str, &str); N], complete: [&str; M]) -> EventTypes {
        let category = |category: &str| (!category.is_empty()).then(|| category.to_owned());
        EventTypes {
            types: types.into_iter().map(|(name, of)| (name.to_owned(), category(of))).collect(),
            categories: complete.into_iter().map(str::to_owned).collect(),
        }
    }

    fn list<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        names.collect()
    }

    #[test]
    fn a_new_type_of_a_complete_category_is_skipped_by_no_program() {
        let old = types([("order.placed", "order")], ["order"]);
        let new = types([("order.placed", "order"), ("order.cancelled", "order")], ["order"]);
        assert_eq!(list(old.may_have_skipped(&new)), [""; 0]);
        assert!(!old.has_to_revoke(&new));
        assert_eq!(old.widened_by(&new), new);
        assert_eq!(list(new.unread_by(&old)), [""; 0], "the old program stops before the event");
    }

    #[test]
    fn a_new_type_of_a_partial_set_may_have_been_skipped() {
        let old = types([("order.placed", "order")], []);
        let new = types([("order.placed", "order"), ("order.cancelled", "order")], []);
        assert_eq!(list(old.may_have_skipped(&new)), ["order.cancelled"]);
        assert!(old.has_to_revoke(&new));
        assert_eq!(list(new.unread_by(&old)), ["order.cancelled"]);
        assert_eq!(old.widened_by(&new), new);
        // Nor is it known of a program that has begun to read the category completely.
        let complete = EventTypes { categories: ["order".to_owned()].into(), ..new };
        assert_eq!(list(old.may_have_skipped(&complete)), ["order.cancelled"]);
        assert!(old.widened_by(&complete).categories.is_empty());
    }

    #[test]
    fn a_category_that_is_new_to_a_generation_is_read_completely_from_then_on() {
        let old = types([("order.placed", "order")], ["order"]);
        let paid = types([("order.placed", "order"), ("payment.made", "payment")], ["order", "payment"]);
        assert_eq!(list(old.may_have_skipped(&paid)), ["payment.made"]);
        let both = old.widened_by(&paid);
        assert_eq!(both, paid);
        assert_eq!(both.widened_by(&old), both, "the old program starts again");
        let refunded = types([("payment.made", "payment"), ("payment.refunded", "payment")], ["payment"]);
        assert_eq!(list(both.may_have_skipped(&refunded)), [""; 0]);
        assert_eq!(list(both.unread_by(&refunded)), ["order.placed"]);
        assert_eq!(list(both.unread_by(&old)), ["payment.made"]);
    }

    #[test]
    fn one_partial_program_is_enough_for_a_category_to_be_partial() {
        let complete = types([("order.placed", "order")], ["order"]);
        let partial = types([("order.placed", "order")], []);
        let both = complete.widened_by(&partial);
        assert_eq!(both, partial);
        assert_eq!(both.widened_by(&complete), partial, "it stays so");
    }

    #[test]
    fn a_type_is_read_if_it_is_listed_or_its_category_is_complete() {
        let types = types([("order.placed", "order"), ("order.legacy", "")], ["payment"]);
        for (category, name, is_read) in [
            ("order", "order.placed", true),
            // A type is selected by its name, whatever the category of the stream.
            ("basket", "order.placed", true),
            ("order", "order.shipped", false),
            ("order", "order.legacy", false),
            ("payment", "payment.of-the-future", true),
            ("payment", "order.legacy", false),
        ] {
            assert_eq!(types.reads(category, name), is_read, "{name} in {category}");
        }
    }

    #[test]
    fn a_removed_type_is_neither_missing_nor_new() {
        let all = types([("order.placed", "order"), ("order.legacy", "order")], []);
        let removed = types([("order.placed", "order"), ("order.legacy", "")], []);
        assert_eq!(list(all.unread_by(&removed)), [""; 0]);
        assert_eq!(all.widened_by(&removed), all);
        // A program that is rolled back still starts.
        assert_eq!(list(removed.may_have_skipped(&all)), [""; 0]);
        assert_eq!(removed.widened_by(&all), all);
        assert_eq!(list(removed.unread_by(&types([("order.placed", "order")], []))), [""; 0]);
    }
}
