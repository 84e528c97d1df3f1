//! What an idempotency key was used for.

use std::fmt;

use uuid::Uuid;

use crate::StreamId;
use crate::shown::Escaped;

/// The request that an idempotency key stands for. It is kept with the receipt, so that another request under the same
/// key can be recognised.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Request {
    /// The [name of the command](crate::Command::NAME). Of several commands that are executed atomically: each name
    /// with its stream, in order.
    pub command: String,
    /// The digest of the content, if the caller gave one: a UUID of version 5.
    pub content: Option<Uuid>,
}

impl Request {
    /// The longest [`command`](Self::command), in bytes.
    pub const MAX_COMMAND_BYTES: usize = 1024;
    /// The namespace of the digests.
    const CONTENTS: Uuid = Uuid::from_u128(0x6f0d_6e0c_55f7_4c5b_9d0a_3d5c_7e0b_9a41);

    /// A request by the name of its command.
    #[must_use]
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: command.into(), content: None }
    }

    /// The request that a store has kept.
    #[must_use]
    pub fn stored(command: String, content: Option<Uuid>) -> Self {
        Self { command, content }
    }

    /// Sets the digest of these bytes as its content.
    #[must_use]
    pub fn with_content(self, content: impl AsRef<[u8]>) -> Self {
        Self { content: Some(Self::digest(content.as_ref())), ..self }
    }

    /// Several commands that are executed as one. A list that is too long ends with the digest of the whole list.
    #[doc(hidden)]
    #[must_use]
    pub fn of_each<'a>(commands: impl IntoIterator<Item = (&'a str, &'a StreamId)>) -> Self {
        let mut commands = commands.into_iter().peekable();
        let first = commands.next();
        if let (Some((name, _)), None) = (first, commands.peek()) {
            return Self::new(name);
        }
        let all = first.into_iter().chain(commands);
        let all: Vec<_> = all.map(|(name, stream)| format!("{name} on {}", stream.key())).collect();
        let mut list = all.join(", ");
        if list.len() > Self::MAX_COMMAND_BYTES {
            let end =
                format!(" … ({} commands, digest {})", all.len(), Self::digest(list.as_bytes()).simple());
            list.truncate(list.floor_char_boundary(Self::MAX_COMMAND_BYTES - end.len()));
            list.push_str(&end);
        }
        Self::new(list)
    }

    /// Whether this request can be a repetition of the first one under its key. Contents are compared if both have one.
    #[must_use]
    pub fn repeats(&self, first: &Self) -> bool {
        let same_content = self.content.is_none() || first.content.is_none() || self.content == first.content;
        self.command == first.command && same_content
    }

    /// Sets the digest of its content.
    #[doc(hidden)]
    #[must_use]
    pub fn with_digest(self, content: Option<Uuid>) -> Self {
        Self { content, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn digest(content: &[u8]) -> Uuid {
        Uuid::new_v5(&Self::CONTENTS, content)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", Escaped(&self.command))?;
        match self.content {
            Some(content) => write!(f, " with the content {}", content.simple()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(count: usize, to: &str) -> Request {
        let stream = StreamId::new("account", to).expect("a valid id");
        Request::of_each((0..count).map(|_| ("Deposit", &stream)))
    }

    #[test]
    fn one_command_is_the_same_request_however_it_is_executed() {
        assert_eq!(transfer(1, "a"), Request::new("Deposit"));
        assert_eq!(transfer(2, "a").command, "Deposit on account/a, Deposit on account/a");
    }

    #[test]
    fn a_long_list_of_commands_is_cut_and_still_distinguished() {
        let (one, other) = (transfer(500, "äöü"), transfer(500, "äöv"));
        // The list is cut between two characters.
        let most = Request::MAX_COMMAND_BYTES;
        assert!((most - 1..=most).contains(&one.command.len()), "{}", one.command.len());
        assert!(one.command.contains("(500 commands, digest "), "{one}");
        assert_ne!(one, other);
        assert_ne!(transfer(500, "a"), transfer(501, "a"));
    }

    #[test]
    fn a_list_of_the_maximum_length_is_not_cut() {
        let command = transfer(6, &"a".repeat(150)).command;
        assert_eq!((command.len(), command.contains("digest")), (Request::MAX_COMMAND_BYTES, false));
    }

    #[test]
    fn contents_are_compared_if_both_requests_have_one() {
        let (plain, one, other) = (
            Request::new("Deposit"),
            Request::new("Deposit").with_content("1"),
            Request::new("Deposit").with_content("2"),
        );
        assert!(one.repeats(&one) && one.repeats(&plain) && plain.repeats(&one));
        assert!(!one.repeats(&other) && !other.repeats(&one));
        assert!(!plain.repeats(&Request::new("Withdraw")));
    }
}
