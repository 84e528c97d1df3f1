//! Times as people read them.

use crate::Timestamp;

/// A time relative to another one, such as `+0.4 s` or `+2 d 3 h`.
pub(super) fn relative(time: Timestamp, to: Timestamp) -> String {
    let microseconds = time.as_microsecond().saturating_sub(to.as_microsecond());
    let sign = if microseconds < 0 { '-' } else { '+' };
    format!("{sign}{}", length(microseconds.unsigned_abs()))
}

/// How long ago a time is; nothing if it is in the future, because clocks differ.
pub(super) fn age(time: Timestamp, now: Timestamp) -> String {
    length(u64::try_from(now.as_microsecond().saturating_sub(time.as_microsecond())).unwrap_or(0))
}

/// A number of microseconds in the one or two largest units.
fn length(microseconds: u64) -> String {
    let seconds = microseconds / 1_000_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes, seconds) {
        (0, 0, 0, 0..10) => {
            let tenths = microseconds / 100_000;
            match microseconds {
                0 => "0 s".to_owned(),
                1..1_000 => format!("{microseconds} µs"),
                1_000..100_000 => format!("{} ms", microseconds / 1_000),
                _ => format!("{}.{} s", tenths / 10, tenths % 10),
            }
        }
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => two(minutes, "min", seconds % 60, "s"),
        (0, hours, minutes, _) => two(hours, "h", minutes % 60, "min"),
        (days, hours, ..) => two(days, "d", hours % 24, "h"),
    }
}

fn two(large: u64, unit: &str, small: u64, smaller: &str) -> String {
    match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {smaller}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_its_one_or_two_largest_units() {
        const SECOND: u64 = 1_000_000;
        for (microseconds, text) in [
            (0, "0 s"),
            (1, "1 µs"),
            (999, "999 µs"),
            (1_999, "1 ms"),
            (99_999, "99 ms"),
            (100_000, "0.1 s"),
            (9_999_999, "9.9 s"),
            (10 * SECOND, "10 s"),
            (59 * SECOND, "59 s"),
            (60 * SECOND, "1 min"),
            (61 * SECOND, "1 min 1 s"),
            (3_600 * SECOND, "1 h"),
            (7_260 * SECOND, "2 h 1 min"),
            (183_600 * SECOND, "2 d 3 h"),
            (172_800 * SECOND, "2 d"),
            (u64::MAX, "213503982 d 8 h"),
        ] {
            assert_eq!(length(microseconds), text);
        }
    }

    #[test]
    fn a_time_before_the_other_is_negative_and_has_no_age() {
        let time = |at| Timestamp::from_microsecond(at).expect("a valid time");
        assert_eq!(relative(time(0), time(2_500_000)), "-2.5 s");
        assert_eq!(relative(time(2_500_000), time(0)), "+2.5 s");
        assert_eq!(relative(Timestamp::MIN, Timestamp::MAX).chars().next(), Some('-'));
        assert_eq!(
            (age(time(2_500_000), time(0)), age(time(0), time(40_000_000))),
            ("0 s".into(), "40 s".into())
        );
    }
}
