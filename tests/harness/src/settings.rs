//! The configuration of a throw-away server.

/// The setting that tells a server which is thrown away from one of the user's, on which nothing may stay.
pub(crate) const THROWN_AWAY: &str = "eventsource_test.thrown_away";

/// The configuration of a [`Cluster`](crate::Cluster): a choice between speed and durability, and any further
/// server settings.
#[derive(Clone, Debug)]
pub struct Settings {
    values: Vec<(String, String)>,
}

impl Settings {
    /// Without fsync: for all tests that do not crash the server. 300 connections and 20 prepared
    /// transactions, so that one server serves many concurrent tests. Databases are emptied and used again.
    #[must_use]
    pub fn fast() -> Self {
        Self::durable().set("fsync", "off").set("full_page_writes", "off").set(THROWN_AWAY, "on")
    }

    /// With fsync, as in production: for tests that crash the server, and for measurements.
    #[must_use]
    pub fn durable() -> Self {
        Self { values: Vec::new() }.set("max_connections", "300").set("max_prepared_transactions", "20")
    }

    /// Sets one more server setting; a later value for the same name wins.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.values.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As arguments for `postgres`.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = String> {
        self.values.iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
    }
}
