//! Compatibility of a reader with a writer: whether the reader accepts every value that the writer may have written,
//! and whether data is lost.
//!
//! The results match serde's derive over `serde_json`, corner cases included: an absent `Option`, a struct read from
//! an array, values that serde must buffer to find the variant of an enum. They are tested against both.

mod enums;
mod fields;
mod objects;
mod outcome;
mod reading;
mod scalars;
mod written;

use std::fmt;

pub use outcome::Finding;
pub(super) use {reading::expected, written::absent_is_none};

use self::{
    outcome::Outcome,
    reading::Reading,
    written::{Value, Writing},
};
use super::Shape;

/// The result of reading values of one shape as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every value is accepted, and no data is lost.
    Compatible,
    /// Every value is accepted, but some are read as different values, for these reasons.
    Silent(Vec<Finding>),
    /// Some values are refused, for these reasons.
    Breaking(Vec<Finding>),
}

/// Whether a reader accepts everything that a writer writes.
///
/// A number that is not finite counts as never written: it is written as `null`, which no numeric type reads back.
///
/// ```
/// use std::collections::BTreeMap;
/// use eventsource::schema::{Shape, Verdict, accepts};
///
/// let (narrow, wide) = (Shape::of::<u32>(), Shape::of::<Option<u64>>());
/// assert_eq!(accepts(&wide, &narrow), Verdict::Compatible);
/// let Verdict::Breaking(reasons) = accepts(&narrow, &wide) else { panic!() };
/// assert_eq!(reasons[0].to_string(), "a `null` was written, a number (`u32`) is read");
/// ```
#[must_use]
pub fn accepts(reader: &Shape, writer: &Shape) -> Verdict {
    judge(reader, Writing::exactly(writer))
}

/// Whether a reader accepts everything that may be stored under a shape that was once accepted.
///
/// Those are more than its writer writes today. A reader that accepted a field with a default, an `Option` or an
/// alias also accepted that older values lack the field, or have it under the other name.
#[must_use]
pub fn accepts_stored(reader: &Shape, accepted: &Shape) -> Verdict {
    judge(reader, Writing::stored(accepted))
}

/// What a reader makes worse of what may be stored under a shape that was accepted, compared with a reader before it.
///
/// Faults and losses that the reader before has as well are not reported.
#[must_use]
pub fn accepts_stored_beyond(reader: &Shape, accepted: &Shape, before: &Shape) -> Verdict {
    let known = outcome(before, Writing::stored(accepted));
    verdict(outcome(reader, Writing::stored(accepted)).beyond(&known))
}

/// What a reader makes worse of the values of one writer, compared with those of a writer before it.
#[must_use]
pub fn accepts_beyond(reader: &Shape, writer: &Shape, before: &Shape) -> Verdict {
    let known = outcome(reader, Writing::exactly(before));
    verdict(outcome(reader, Writing::exactly(writer)).beyond(&known))
}

fn judge(reader: &Shape, writing: Writing<'_>) -> Verdict {
    verdict(outcome(reader, writing))
}

fn outcome(reader: &Shape, writing: Writing<'_>) -> Outcome {
    Reading::new(reader, writing).value(&reader.form, &Value::Form(&writing.shape.form))
}

fn verdict(mut outcome: Outcome) -> Verdict {
    outcome.tidy();
    if !outcome.faults.is_empty() {
        Verdict::Breaking(outcome.faults)
    } else if !outcome.losses.is_empty() {
        Verdict::Silent(outcome.losses)
    } else {
        Verdict::Compatible
    }
}

impl Verdict {
    /// The reasons, if there are any.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Compatible => &[],
            Self::Silent(findings) | Self::Breaking(findings) => findings,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, findings) = match self {
            Self::Compatible => return f.write_str("compatible"),
            Self::Silent(findings) => ("silent", findings),
            Self::Breaking(findings) => ("breaking", findings),
        };
        f.write_str(word)?;
        for finding in findings {
            write!(f, "\n  {finding}")?;
        }
        Ok(())
    }
}
