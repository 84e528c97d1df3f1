//! A free TCP port.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;

use crate::HarnessError;
use crate::error::while_doing;

/// Ports below the range from which Linux (32768 and up) and macOS (49152 and up) draw the ports of outgoing
/// connections. A port from that range would be unsafe for a server that is stopped and started: meanwhile the
/// system can assign it to another process, and a client that keeps reconnecting can even connect to itself.
const FIRST: u16 = 15_000;
const COUNT: u16 = 17_000;

/// A port of 127.0.0.1 that is free right now. Another process may take it before it is used, so the caller tries
/// again with another if its server cannot listen there.
pub(crate) fn free_port() -> Result<u16, HarnessError> {
    let mut tries = 0;
    loop {
        let port = FIRST + u16::try_from(random() % u64::from(COUNT)).unwrap_or_default();
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(_) if tries < 100 => tries += 1,
            Err(error) => return Err(while_doing("find a free port on 127.0.0.1")(error)),
        }
    }
}

/// A number that differs between calls and between processes; the standard library's hash keys are random.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
