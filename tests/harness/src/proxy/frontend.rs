//! Finding the statements in the messages of a PostgreSQL client (PostgreSQL documentation, "Message Formats").

/// The codes in place of the protocol version of a start-up packet, by which a client requests encryption. Another
/// start-up packet follows, because the servers of this crate refuse.
const REQUESTS: [u32; 2] = [80_877_103, 80_877_104];

/// The state of one client's half of a connection. Messages may be cut into pieces anywhere.
#[derive(Debug, Default)]
pub(super) struct Frontend {
    /// Whether the start-up is over: from then on messages begin with a byte for their type.
    started: bool,
    /// The beginning of a message, up to the part that is needed.
    head: Vec<u8>,
    /// The remaining bytes of the current message.
    skip: usize,
}

impl Frontend {
    /// Reads the next bytes, and returns whether a message that makes the server execute a statement begins in them.
    pub(super) fn executes(&mut self, mut bytes: &[u8]) -> bool {
        let mut found = false;
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            (self.skip, bytes) = (self.skip - skipped, &bytes[skipped..]);
            let needed = if self.started { 5 } else { 8 };
            let taken = (needed - self.head.len()).min(bytes.len());
            self.head.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.head.len() == needed {
                found |= self.begin();
                self.head.clear();
            }
        }
        found
    }

    /// Called when the head of a message is complete: records the number of remaining bytes.
    fn begin(&mut self) -> bool {
        match self.head[..] {
            [kind, a, b, c, d] => {
                self.skip = length(a, b, c, d).saturating_sub(4);
                matches!(kind, b'Q' | b'E')
            }
            [a, b, c, d, e, f, g, h] => {
                self.started = !REQUESTS.contains(&u32::from_be_bytes([e, f, g, h]));
                self.skip = length(a, b, c, d).saturating_sub(8);
                false
            }
            _ => false,
        }
    }
}

fn length(a: u8, b: u8, c: u8, d: u8) -> usize {
    usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("a short body").to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    fn start_up() -> Vec<u8> {
        let encryption = [&8_u32.to_be_bytes()[..], &REQUESTS[0].to_be_bytes()].concat();
        let version = [&12_u32.to_be_bytes()[..], &196_608_u32.to_be_bytes(), b"QEQE"].concat();
        [encryption, version].concat()
    }

    #[test]
    fn statements_are_seen_and_preparing_and_pings_are_not() {
        let mut frontend = Frontend::default();
        assert!(!frontend.executes(&start_up()), "the start-up has no types of messages");
        assert!(!frontend.executes(&message(b'P', b"QE")), "a statement is only prepared");
        assert!(!frontend.executes(&message(b'S', b"")), "a ping");
        assert!(frontend.executes(&message(b'Q', b"commit\0")));
        assert!(frontend.executes(&[message(b'B', b"Q"), message(b'E', b""), message(b'S', b"")].concat()));
    }

    #[test]
    fn a_message_may_come_in_any_pieces() {
        let all =
            [start_up(), message(b'P', b"QEQEQEQEQE"), message(b'E', b"EE"), message(b'S', b"")].concat();
        for size in 1..all.len() {
            let mut frontend = Frontend::default();
            let seen = all.chunks(size).filter(|piece| frontend.executes(piece)).count();
            assert_eq!(seen, 1, "in pieces of {size} bytes");
        }
    }
}
