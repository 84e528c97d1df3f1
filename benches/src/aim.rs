//! Aims of measures, which the summary checks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The aim of a measure: a multiple of another measure of the same run, or a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// At least this multiple of a floor.
    AtLeast(f64, String),
    /// At most this multiple of a floor.
    AtMost(f64, String),
    /// Within this share of another measure, above or below.
    Within(f64, String),
    /// Less than this, in the unit of the measure.
    Below(f64),
    /// More than this, in the unit of the measure.
    Above(f64),
}

impl Aim {
    /// At least this multiple of a floor.
    pub fn at_least(times: f64, floor: &str) -> Self {
        Self::AtLeast(times, floor.to_owned())
    }

    /// At most this multiple of a floor.
    pub fn at_most(times: f64, floor: &str) -> Self {
        Self::AtMost(times, floor.to_owned())
    }

    /// Within this share of another measure, above or below.
    pub fn within(share: f64, other: &str) -> Self {
        Self::Within(share, other.to_owned())
    }

    /// The measure that the aim refers to.
    #[must_use]
    pub fn floor(&self) -> Option<&str> {
        match self {
            Self::AtLeast(_, floor) | Self::AtMost(_, floor) | Self::Within(_, floor) => Some(floor),
            Self::Below(_) | Self::Above(_) => None,
        }
    }

    /// Whether this value, with this ratio to the floor, meets the aim; an aim with a floor is not met without a ratio.
    #[must_use]
    pub fn is_met(&self, value: f64, ratio: Option<f64>) -> bool {
        match (self, ratio) {
            (Self::Below(limit), _) => value < *limit,
            (Self::Above(limit), _) => value > *limit,
            (Self::AtLeast(times, _), Some(ratio)) => ratio >= *times,
            (Self::AtMost(times, _), Some(ratio)) => ratio <= *times,
            (Self::Within(share, _), Some(ratio)) => (ratio - 1.0).abs() <= *share,
            (_, None) => false,
        }
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(times, floor) => write!(f, "at least {times} x {floor}"),
            Self::AtMost(times, floor) => write!(f, "at most {times} x {floor}"),
            Self::Within(share, other) => write!(f, "within {:.0} % of {other}", share * 100.0),
            Self::Below(limit) => write!(f, "below {limit}"),
            Self::Above(limit) => write!(f, "above {limit}"),
        }
    }
}
