//! The point up to which a watch has reported its rows.

use std::{fmt, str::FromStr};

use crate::{Position, store::GenerationId};

/// The point up to which a watch has reported its rows, to [resume](super::Watch::after) from it: a generation of the read
/// model, and a position.
///
/// Its text is `<generation>.<position>`. While events of the read model are parked it is followed by `.parked`: these
/// events change rows when they are retried, which no later position shows, so a watch that resumes from there begins with
/// [`Reset`](super::Watched::Reset).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WatchToken {
    pub(super) generation: GenerationId,
    pub(super) position: Position,
    /// Whether events up to the position are parked.
    pub(super) has_parked: bool,
}

impl WatchToken {
    /// The position: every reported row is at least as new.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }
}

/// A text that is not a [`WatchToken`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a token of a watch: `<generation>.<position>`")]
pub struct InvalidToken;

impl fmt::Display for WatchToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generation, position, has_parked } = self;
        write!(f, "{generation}.{position}{}", if *has_parked { ".parked" } else { "" })
    }
}

impl FromStr for WatchToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let (numbers, has_parked) = match text.strip_suffix(".parked") {
            Some(numbers) => (numbers, true),
            None => (text, false),
        };
        let (generation, position) = numbers.split_once('.').ok_or(InvalidToken)?;
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u64>().map_err(|_| InvalidToken),
            false => Err(InvalidToken),
        };
        let (generation, position) = (number(generation)?, number(position)?);
        Ok(Self { generation: GenerationId::new(generation), position: Position::new(position), has_parked })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_from_its_text() {
        for text in ["3.1042", "0.0", "18446744073709551615.7", "3.1042.parked"] {
            assert_eq!(text.parse::<WatchToken>().map(|token| token.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn another_text_is_not_a_token() {
        for text in ["", ".", "3", "3.", ".7", "+3.7", "3.-7", "3.7.8", "3.18446744073709551616", "3.7.park"]
        {
            assert_eq!(text.parse::<WatchToken>(), Err(InvalidToken), "{text}");
        }
    }
}
