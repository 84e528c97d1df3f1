//! A point in time, to the microsecond.

use std::{fmt, str::FromStr, time::SystemTime};

use serde::{Deserialize, Serialize};

/// A point in time in UTC, in whole microseconds: the precision of a database, so that a time does not change when it
/// is stored. Written as RFC 3339.
///
/// ```
/// use eventsource::Timestamp;
/// let at: Timestamp = "2011-09-30T22:38:44.546Z".parse()?;
/// assert_eq!(at.as_microsecond(), 1_317_422_324_546_000);
/// assert_eq!(at.to_string(), "2011-09-30T22:38:44.546Z");
/// # Ok::<(), eventsource::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "jiff::Timestamp", into = "jiff::Timestamp")]
pub struct Timestamp(jiff::Timestamp);

/// A text or number that is not a point in time between the years -9999 and 9999.
#[derive(Debug, Clone, thiserror::Error)]
#[error("not a point in time")]
pub struct InvalidTimestamp(#[from] jiff::Error);

impl Timestamp {
    /// The current time of this machine's clock. Stores use their own clock for events.
    #[must_use]
    pub fn now() -> Self {
        Self::truncated(jiff::Timestamp::now())
    }

    /// The point in time this many microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// If the year is not between -9999 and 9999.
    pub fn from_microsecond(microseconds: i64) -> Result<Self, InvalidTimestamp> {
        Ok(Self(jiff::Timestamp::from_microsecond(microseconds)?))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_microsecond(self) -> i64 {
        self.0.as_microsecond()
    }

    fn truncated(time: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_microsecond(time.as_microsecond()).expect("a coarser time stays in range"))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        Ok(Self::truncated(text.parse()?))
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: SystemTime) -> Result<Self, InvalidTimestamp> {
        Ok(Self::truncated(time.try_into()?))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        time.0.into()
    }
}

/// Fractions of a microsecond are cut off.
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self::truncated(time)
    }
}

impl From<Timestamp> for jiff::Timestamp {
    fn from(time: Timestamp) -> Self {
        time.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_to_the_microsecond_everywhere() {
        let fine = "2026-01-02T03:04:05.123456789Z";
        let coarse: Timestamp = fine.parse().expect("valid");
        assert_eq!(coarse.to_string(), "2026-01-02T03:04:05.123456Z");
        let json: Timestamp = serde_json::from_str(&format!("{fine:?}")).expect("valid");
        assert_eq!(json, coarse);
        assert_eq!(serde_json::to_string(&json).expect("encodes"), "\"2026-01-02T03:04:05.123456Z\"");
        assert_eq!(Timestamp::try_from(SystemTime::from(coarse)).expect("valid"), coarse);
    }

    #[test]
    fn an_invalid_time_is_an_error() {
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert!(Timestamp::from_microsecond(i64::MAX).is_err());
    }
}
