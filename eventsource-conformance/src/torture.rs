//! How often a test repeats itself to provoke rare failures.

/// The environment variable that selects the full counts.
const VARIABLE: &str = "EVENTSOURCE_TORTURE";

/// How often a test repeats itself, given its full count: a tenth of it, but at least once. With
/// `EVENTSOURCE_TORTURE=1` in the environment it is the full count.
///
/// # Panics
///
/// If the variable has another value than `1` or nothing: a mistyped value must not turn a thorough run into a
/// short one.
#[must_use]
pub fn times(full: usize) -> usize {
    at_least(1, full)
}

/// Like [`times`], for a test that proves nothing with fewer repetitions than `least`.
///
/// # Panics
///
/// As [`times`].
#[must_use]
pub fn at_least(least: usize, full: usize) -> usize {
    let value = std::env::var_os(VARIABLE);
    let value = value.as_ref().map(|value| value.to_string_lossy());
    count(value.as_deref(), least, full)
}

fn count(variable: Option<&str>, least: usize, full: usize) -> usize {
    match variable {
        Some("1") => full,
        None | Some("") => (full / 10).max(least).min(full),
        Some(other) => panic!("{VARIABLE} is `{other}`; set it to 1 for the full counts, or do not set it"),
    }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn a_tenth_is_run_unless_full_counts_are_requested() {
        assert_eq!([1, 9, 10, 60, 100].map(|full| count(None, 1, full)), [1, 1, 1, 6, 10]);
        assert_eq!(count(Some(""), 1, 60), 6);
        assert_eq!([1, 60].map(|full| count(Some("1"), 1, full)), [1, 60]);
    }

    #[test]
    fn a_test_that_needs_more_repetitions_has_more() {
        assert_eq!(count(None, 4, 20), 4);
        assert_eq!(count(None, 4, 60), 6);
        assert_eq!(count(None, 4, 3), 3, "but not more than the full count");
    }

    #[test]
    #[should_panic(expected = "EVENTSOURCE_TORTURE is `yes`")]
    fn another_value_is_refused() {
        count(Some("yes"), 1, 60);
    }
}
