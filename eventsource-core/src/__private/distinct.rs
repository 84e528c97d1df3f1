//! Checks at compile time that the sets in a set of sets share no stored name. The error names the sets, or the name.

use crate::EventType;

/// Fails to compile if a type of this set has a name that a type of an earlier set has.
#[track_caller]
pub const fn assert_distinct(set: &str, types: &[EventType], earlier: &[(&str, &[EventType])]) {
    let mut index = 0;
    while index < earlier.len() {
        let (other, other_types) = earlier[index];
        if let Some(name) = shared_name(types, other_types) {
            panic!(
                "{}",
                Message::new(&[
                    "the event type `",
                    name,
                    "` is both in `",
                    other,
                    "` and in `",
                    set,
                    "`; give it another `name` in one of them, or leave one of the two sets out"
                ])
                .as_str()
            );
        }
        index += 1;
    }
}

/// Fails to compile if a name that one set of events has removed is the name of a type of another.
#[track_caller]
pub const fn assert_not_removed(removed: &[&str], types: &[EventType]) {
    let mut index = 0;
    while index < removed.len() {
        if has_name(types, removed[index]) {
            let parts = [
                "the event type `",
                removed[index],
                "` is removed, but another set in this one has a variant of that name; take it out of `removed(…)`",
            ];
            panic!("{}", Message::new(&parts).as_str());
        }
        index += 1;
    }
}

const fn shared_name(types: &[EventType], others: &[EventType]) -> Option<&'static str> {
    let mut index = 0;
    while index < types.len() {
        if has_name(others, types[index].name) {
            return Some(types[index].name);
        }
        let (aliases, mut alias) = (types[index].aliases, 0);
        while alias < aliases.len() {
            if has_name(others, aliases[alias]) {
                return Some(aliases[alias]);
            }
            alias += 1;
        }
        index += 1;
    }
    None
}

const fn has_name(types: &[EventType], name: &str) -> bool {
    let mut index = 0;
    while index < types.len() {
        if equal(types[index].name, name) {
            return true;
        }
        let (aliases, mut alias) = (types[index].aliases, 0);
        while alias < aliases.len() {
            if equal(aliases[alias], name) {
                return true;
            }
            alias += 1;
        }
        index += 1;
    }
    false
}

pub(super) const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// A text that is composed in a constant, where allocation is impossible and `panic!` formats only a `&str`.
struct Message {
    bytes: [u8; Self::MAX_BYTES],
    len: usize,
}

impl Message {
    /// Enough for a type name (256 bytes at most in a store), two names of variants, and the words between. Longer
    /// messages are truncated.
    const MAX_BYTES: usize = 1024;

    const fn new(parts: &[&str]) -> Self {
        let mut message = Self { bytes: [0; Self::MAX_BYTES], len: 0 };
        let mut part = 0;
        while part < parts.len() {
            let bytes = parts[part].as_bytes();
            let mut index = 0;
            while index < bytes.len() && message.len < Self::MAX_BYTES {
                message.bytes[message.len] = bytes[index];
                message.len += 1;
                index += 1;
            }
            part += 1;
        }
        message
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "an event type is in two sets",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn named(name: &'static str, aliases: &'static [&'static str]) -> EventType {
        EventType { name, aliases, category: "order", version: 1, writes: 1 }
    }

    #[test]
    fn sets_without_a_common_name_are_distinct() {
        let orders = [named("order.placed", &["order.created"]), named("order.sent", &[])];
        assert_distinct("Payment", &[named("payment.made", &["placed"])], &[("Order", &orders)]);
    }

    #[test]
    #[should_panic(expected = "the event type `order.created` is both in `Order` and in `Payment`")]
    fn an_alias_that_is_a_name_in_another_set_is_refused() {
        let orders = [named("order.placed", &["order.created"])];
        assert_distinct("Payment", &[named("order.created", &[])], &[("Other", &[]), ("Order", &orders)]);
    }

    #[test]
    #[should_panic(expected = "the event type `order.created` is removed")]
    fn a_removed_name_that_is_an_alias_is_refused() {
        let orders = [named("order.placed", &["order.created"])];
        assert_not_removed(&["order.lost"], &orders);
        assert_not_removed(&["order.lost", "order.created"], &orders);
    }
}
