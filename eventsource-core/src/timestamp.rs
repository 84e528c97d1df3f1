//! A point in time, to the microsecond.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use jiff::{
    SignedDuration,
    civil::{self, DateTime},
    fmt::temporal::Pieces,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time in UTC, in whole microseconds, from the year 1 to the year 9999. Every store keeps each of these
/// unchanged. Written as RFC 3339.
///
/// Fractions of a microsecond are cut off, towards the past, before 1970 too. A time outside of these years is an
/// error.
///
/// ```
/// use eventsource::Timestamp;
/// let at: Timestamp = "2011-09-30T22:38:44.546Z".parse()?;
/// assert_eq!(at.as_microsecond(), 1_317_422_324_546_000);
/// assert_eq!(at.to_string(), "2011-09-30T22:38:44.546Z");
/// assert!(at < Timestamp::MAX);
/// # Ok::<(), eventsource::event::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is not a time, or a time that the other type cannot hold.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct InvalidTimestamp(#[from] Fault);

#[derive(Debug, Clone, thiserror::Error)]
enum Fault {
    #[error("not a time as in RFC 3339, such as 2011-09-30T22:38:44.546Z")]
    Text(#[source] jiff::Error),
    #[error("not a time as in RFC 3339, such as 2011-09-30T22:38:44.546Z: the {0} is missing")]
    Missing(&'static str),
    #[error("the time is outside of the years 1 to 9999")]
    Years,
    #[error("the time {0} is outside of what the other type can hold")]
    Other(Timestamp),
}

const PER_SECOND: i64 = 1_000_000;

const EPOCH: DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

impl Timestamp {
    /// The earliest time, 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800 * PER_SECOND);

    /// The latest time, 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_800 * PER_SECOND - 1);

    /// The current time of this machine's clock. Stores use their own clock for events.
    #[must_use]
    pub fn now() -> Self {
        // A clock outside of these years is set wrongly; the nearest time is as good as any.
        let clock = SystemTime::now();
        let nearest = if clock < SystemTime::UNIX_EPOCH { Self::MIN } else { Self::MAX };
        Self::try_from(clock).unwrap_or(nearest)
    }

    /// The point in time this many microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// If that is outside of the years 1 to 9999.
    pub fn from_microsecond(microseconds: i64) -> Result<Self, InvalidTimestamp> {
        let time = Self(microseconds);
        if (Self::MIN..=Self::MAX).contains(&time) { Ok(time) } else { Err(Fault::Years.into()) }
    }

    /// This time and a duration later, to the microsecond; at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(microseconds)).min(Self::MAX)
    }

    /// This time and a duration earlier, to the microsecond; at least [`MIN`](Self::MIN).
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(microseconds)).max(Self::MIN)
    }

    /// The time from an earlier point in time to this one; zero if the other one is not earlier.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use eventsource::Timestamp;
    /// let at: Timestamp = "2011-09-30T22:38:44.546Z".parse()?;
    /// let later = at.saturating_add(Duration::from_secs(90));
    /// assert_eq!(later.since(at), Duration::from_secs(90));
    /// assert_eq!(at.since(later), Duration::ZERO);
    /// assert_eq!(at.saturating_add(Duration::MAX), Timestamp::MAX);
    /// # Ok::<(), eventsource::event::InvalidTimestamp>(())
    /// ```
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_microsecond(self) -> i64 {
        self.0
    }

    fn since_epoch(duration: SignedDuration) -> Result<Self, InvalidTimestamp> {
        let microseconds = duration.as_nanos().div_euclid(1_000);
        i64::try_from(microseconds).map_err(|_| Fault::Years.into()).and_then(Self::from_microsecond)
    }
}

/// With a precision, as in `{:.6}`, so many digits of a second; otherwise as many as it takes.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = EPOCH.checked_add(SignedDuration::from_micros(self.0)).map_err(|_| fmt::Error)?;
        time.fmt(f)?;
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// With any offset. Not by jiff's own type for points in time: that one ends on the day before the year does.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let pieces = Pieces::parse(text).map_err(Fault::Text)?;
        let time = pieces.time().ok_or(Fault::Missing("time of day"))?;
        let offset = pieces.offset().ok_or(Fault::Missing("offset"))?.to_numeric_offset();
        let since_epoch = pieces.date().to_datetime(time).duration_since(EPOCH);
        Self::since_epoch(since_epoch - SignedDuration::from_secs(offset.seconds().into()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time as in RFC 3339")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(|InvalidTimestamp(fault)| {
                    let expected: &str = match fault {
                        Fault::Years => "a time of the years 1 to 9999",
                        _ => "a time as in RFC 3339, such as 2011-09-30T22:38:44.546Z",
                    };
                    E::invalid_value(de::Unexpected::Str(text), &expected)
                })
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

impl TryFrom<SystemTime> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: SystemTime) -> Result<Self, InvalidTimestamp> {
        let signed = |duration| SignedDuration::try_from(duration).map_err(|_| Fault::Years);
        let duration = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => signed(after)?,
            Err(before) => -signed(before.duration())?,
        };
        Self::since_epoch(duration)
    }
}

/// How far a `SystemTime` reaches depends on the system: on Windows it begins with the year 1601.
impl TryFrom<Timestamp> for SystemTime {
    type Error = InvalidTimestamp;

    fn try_from(time: Timestamp) -> Result<Self, InvalidTimestamp> {
        let distance = Duration::from_micros(time.0.unsigned_abs());
        let found = match time.0 < 0 {
            true => Self::UNIX_EPOCH.checked_sub(distance),
            false => Self::UNIX_EPOCH.checked_add(distance),
        };
        found.ok_or_else(|| Fault::Other(time).into())
    }
}

impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: jiff::Timestamp) -> Result<Self, InvalidTimestamp> {
        Self::since_epoch(time.as_duration())
    }
}

/// A `jiff::Timestamp` ends at 9999-12-30T22:00:00.999999999Z.
impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(time: Timestamp) -> Result<Self, InvalidTimestamp> {
        Self::from_duration(SignedDuration::from_micros(time.0)).map_err(|_| Fault::Other(time).into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_time_is_cut_to_the_microsecond_everywhere() {
        for (fine, cut) in [
            ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"),
            ("1969-12-31T23:59:58.1234567Z", "1969-12-31T23:59:58.123456Z"),
            ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
            ("0001-01-01T00:00:00.0000009Z", "0001-01-01T00:00:00Z"),
            ("9999-12-30T22:00:00.9999999Z", "9999-12-30T22:00:00.999999Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(time(fine).to_string(), cut);
            let json: Timestamp = serde_json::from_str(&format!("{fine:?}")).expect("valid");
            assert_eq!(serde_json::to_string(&json).expect("encodes"), format!("{cut:?}"));
            if let Ok(fine) = fine.parse::<jiff::Timestamp>() {
                assert_eq!(Timestamp::try_from(fine).expect("valid").to_string(), cut);
                assert_eq!(Timestamp::try_from(SystemTime::from(fine)).expect("valid").to_string(), cut);
            }
        }
    }

    #[test]
    fn the_last_hours_of_the_last_year_are_times() {
        let sentinel = time("9999-12-31T23:59:59Z");
        assert_eq!(sentinel.to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(time("9999-12-31T23:59:59.999999Z"), Timestamp::MAX);
        assert_eq!(time("0001-01-01T00:00:00Z"), Timestamp::MIN);
        assert_eq!(time("9999-12-30T22:00:00.000001Z").to_string(), "9999-12-30T22:00:00.000001Z");
        let last = Timestamp::try_from(jiff::Timestamp::MAX).expect("valid");
        assert_eq!(last, time("9999-12-30T22:00:00.999999Z"));
        assert_eq!(jiff::Timestamp::try_from(last).map(|last| last.to_string()).ok(), Some(last.to_string()));
        let error = jiff::Timestamp::try_from(sentinel).expect_err("jiff has no such time");
        assert!(error.to_string().contains("9999-12-31T23:59:59Z"), "{error}");
    }

    #[test]
    fn an_invalid_time_is_an_error() {
        for text in [
            "yesterday",
            "",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-02-30T00:00:00Z",
            "0000-12-31T23:59:59.999999Z",
            "0001-01-01T00:00:00+00:01",
            "-000001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-00:01",
            "+10000-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
            assert!(serde_json::from_value::<Timestamp>(text.into()).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Timestamp>("0").is_err());
        for number in [i64::MIN, Timestamp::MIN.0 - 1, Timestamp::MAX.0 + 1, i64::MAX] {
            assert!(Timestamp::from_microsecond(number).is_err(), "{number}");
        }
        assert!(Timestamp::try_from(jiff::Timestamp::MIN).is_err());
        let far = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1 << 60)).expect("it is far");
        assert!(Timestamp::try_from(far).is_err());
        let long_ago = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1 << 60)).expect("long ago");
        assert!(Timestamp::try_from(long_ago).is_err());
    }

    /// Any time there is, those at the ends, around 1970 and around jiff's last one among them.
    fn any_time() -> impl Strategy<Value = Timestamp> {
        let (first, last) = (Timestamp::MIN.0, Timestamp::MAX.0);
        let places = [first, 0, jiff::Timestamp::MAX.as_microsecond(), last];
        // Within two microseconds, two seconds or two days.
        let near =
            (prop::sample::select(places.to_vec()), prop::sample::select(vec![1, 1_000_000, 86_400_000_000]))
                .prop_flat_map(|(place, unit)| place - 2 * unit..=place + 2 * unit);
        prop_oneof![first..=last, near].prop_map(move |at| Timestamp(at.clamp(first, last)))
    }

    proptest! {
        #[test]
        fn each_time_comes_back_from_each_form(at in any_time(), finer in 0..1_000_i32, offset in -1_439..1_440_i64) {
            prop_assert_eq!(Timestamp::from_microsecond(at.as_microsecond()).ok(), Some(at));
            let text = at.to_string();
            prop_assert_eq!(text.parse().ok(), Some(at));
            let padded = format!("{at:.6}");
            prop_assert_eq!(padded.len(), "2011-09-30T22:38:44.546000Z".len());
            prop_assert_eq!(padded.parse().ok(), Some(at));
            let json = serde_json::to_string(&at).expect("encodes");
            prop_assert_eq!(&json, &format!("{text:?}"));
            prop_assert_eq!(serde_json::from_str(&json).ok(), Some(at));

            // Finer than a microsecond, and with another offset where jiff has both.
            let fine = format!("{}{finer:03}Z", padded.trim_end_matches('Z'));
            prop_assert_eq!(fine.parse().ok(), Some(at));
            if let Ok(point) = fine.parse::<jiff::Timestamp>() {
                prop_assert_eq!(Timestamp::try_from(point).ok(), Some(at));
                let minutes = jiff::tz::Offset::from_seconds(i32::try_from(offset * 60).expect("a day"));
                let elsewhere = point.display_with_offset(minutes.expect("less than a day")).to_string();
                if !elsewhere.starts_with('-') {
                    prop_assert_eq!(elsewhere.parse().ok(), Some(at), "{}", elsewhere);
                }
                prop_assert_eq!(jiff::Timestamp::try_from(at).map(|at| at.to_string()).ok(), Some(text));
            } else {
                prop_assert!(jiff::Timestamp::try_from(at).is_err());
            }

            let system = SystemTime::try_from(at).expect("this system has them all");
            prop_assert_eq!(Timestamp::try_from(system).ok(), Some(at));
            let later = system + Duration::from_nanos(finer.unsigned_abs().into());
            prop_assert_eq!(Timestamp::try_from(later).ok(), Some(at));
        }

        #[test]
        fn texts_of_one_length_are_in_the_order_of_time(one in any_time(), other in any_time()) {
            prop_assert_eq!(format!("{one:.6}").cmp(&format!("{other:.6}")), one.cmp(&other));
        }
    }

    #[cfg(feature = "chrono")]
    proptest! {
        #[test]
        fn chrono_reads_and_writes_each_time(at in any_time()) {
            let read: chrono::DateTime<chrono::Utc> =
                serde_json::from_value(at.to_string().into()).expect("chrono reads it");
            prop_assert_eq!(read.timestamp_micros(), at.as_microsecond());
            let written = serde_json::to_value(read).expect("it is written");
            prop_assert_eq!(serde_json::from_value(written).ok(), Some(at));
        }
    }
}
