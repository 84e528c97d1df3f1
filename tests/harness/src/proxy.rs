//! A TCP proxy that can break the network between a client and its server.

mod frontend;

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::HarnessError;
use crate::error::while_doing;
use frontend::Frontend;

/// One of the two directions of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From clients to the server.
    ToServer,
    /// From the server to clients.
    ToClient,
}

/// A proxy in front of a PostgreSQL server, on a port of its own on 127.0.0.1.
///
/// It forwards by default. It has threads of its own, so a test may call it from anywhere, even while its own runtime
/// is busy. Dropping it cuts all connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    network: Arc<Network>,
}

#[derive(Debug, Default)]
struct Network {
    state: Mutex<State>,
    /// Wakes the directions that wait for the end of a stall.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    refusing: bool,
    stalled: Vec<Direction>,
    /// How many bytes still go to the server before that direction stalls.
    stalls_after: Option<usize>,
    lose_next_answer: bool,
    answers_lost: usize,
    /// How many bytes are still forwarded before a connection is cut.
    bytes_left: Option<usize>,
    cuts: usize,
    connections: Vec<(TcpStream, TcpStream)>,
}

impl Proxy {
    /// Starts a proxy that forwards to this port of 127.0.0.1.
    ///
    /// # Errors
    /// [`HarnessError::Io`] if it cannot listen.
    pub fn start(port: u16) -> Result<Self, HarnessError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(while_doing("listen as a proxy"))?;
        let address = listener.local_addr().map_err(while_doing("listen as a proxy"))?;
        let network = Arc::new(Network::default());
        let accepting = Arc::clone(&network);
        thread::spawn(move || accept(&listener, port, &accepting));
        Ok(Self { address, network })
    }

    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A URL of the server that leads through the proxy. The URL must name a host and a port.
    #[must_use]
    pub fn url(&self, server_url: &str) -> String {
        let authority = server_url.find("://").map_or(0, |scheme| scheme + 3);
        let end = server_url[authority..].find(['/', '?']).map_or(server_url.len(), |end| authority + end);
        let host = server_url[..end].rfind('@').map_or(authority, |at| at + 1);
        format!("{}{}{}", &server_url[..host], self.address, &server_url[end..])
    }

    /// Cuts all connections, now. New ones are accepted.
    pub fn cut(&self) {
        for (client, server) in self.network.lock().connections.drain(..) {
            close(&client, &server);
        }
    }

    /// Cuts one connection: the one that forwards the byte after this many more bytes, counted in both directions on all
    /// connections. The bytes before are forwarded.
    pub fn cut_after(&self, bytes: usize) {
        self.network.lock().bytes_left = Some(bytes);
    }

    /// How many connections were cut by [`cut_after`](Self::cut_after).
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.network.lock().cuts
    }

    /// Closes new connections as soon as they are made, until [`heal`](Self::heal). Existing ones stay.
    pub fn refuse(&self) {
        self.network.lock().refusing = true;
    }

    /// Forwards nothing more in this direction, on all connections, until [`heal`](Self::heal). There is no error: this
    /// is a network that has gone silent, not one that has failed.
    pub fn stall(&self, direction: Direction) {
        self.network.lock().stalled.push(direction);
    }

    /// Stalls the direction to the server after this many more bytes.
    pub fn stall_after(&self, bytes: usize) {
        self.network.lock().stalls_after = Some(bytes);
    }

    /// Whether anything is stalled.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        !self.network.lock().stalled.is_empty()
    }

    /// Loses the answer to the next statement, on any connection: the statement reaches the
    /// server, the server finishes it (and so commits, if it is a commit or stands alone) and answers, and
    /// the client's connection is cut before the first byte of the answer gets through.
    ///
    /// Statements are simple queries and executions of prepared ones. Preparing one is not, nor is the `Sync`
    /// that a connection pool sends as a ping.
    pub fn lose_next_answer(&self) {
        self.network.lock().lose_next_answer = true;
    }

    /// How many answers were lost, so that a test can check that the injected fault has happened.
    #[must_use]
    pub fn answers_lost(&self) -> usize {
        self.network.lock().answers_lost
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.network.lock().connections.len()
    }

    /// Ends every refusal and stall. Held-back bytes are forwarded.
    pub fn heal(&self) {
        let mut state = self.network.lock();
        state.refusing = false;
        state.lose_next_answer = false;
        state.stalled.clear();
        state.stalls_after = None;
        self.network.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.network.lock().closed = true;
        self.network.changed.notify_all();
        self.cut();
        // The listening thread notices the shutdown at its next connection.
        let _ = TcpStream::connect(self.address);
    }
}

impl Network {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when this direction is not stalled.
    fn pass(&self, direction: Direction) {
        let held = |state: &mut State| !state.closed && state.stalled.contains(&direction);
        drop(self.changed.wait_while(self.lock(), held));
    }

    /// Stalls the direction to the server once the limit is reached.
    fn sent(&self, bytes: usize) {
        let mut state = self.lock();
        let Some(left) = state.stalls_after else { return };
        state.stalls_after = left.checked_sub(bytes);
        if state.stalls_after.is_none() {
            state.stalled.push(Direction::ToServer);
        }
    }

    /// Forwards bytes, up to the limit at which the connection is cut. An error ends the connection.
    fn forward(&self, bytes: &[u8], mut to: &TcpStream) -> io::Result<()> {
        let mut state = self.lock();
        let Some(left) = state.bytes_left else {
            drop(state);
            return to.write_all(bytes);
        };
        state.bytes_left = left.checked_sub(bytes.len());
        let is_cut = state.bytes_left.is_none();
        state.cuts += usize::from(is_cut);
        drop(state);
        to.write_all(&bytes[..left.min(bytes.len())])?;
        if is_cut { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

fn accept(listener: &TcpListener, port: u16, network: &Arc<Network>) {
    for client in listener.incoming() {
        if network.lock().closed {
            return;
        }
        let Ok(client) = client else { continue };
        // A server that is down closes the client's connection, as a load balancer would.
        let _ = connect(client, port, network);
    }
}

fn connect(client: TcpStream, port: u16, network: &Arc<Network>) -> io::Result<()> {
    if network.lock().refusing {
        return client.shutdown(Shutdown::Both);
    }
    let server = TcpStream::connect(("127.0.0.1", port))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let answer_is_lost = Arc::new(AtomicBool::new(false));
    let up = (client.try_clone()?, server.try_clone()?, Arc::clone(network), Arc::clone(&answer_is_lost));
    let down = (client.try_clone()?, server.try_clone()?, Arc::clone(network), answer_is_lost);
    network.lock().connections.push((client, server));
    thread::spawn(move || {
        let (client, server, network, lost) = up;
        let _ = to_server(&client, &server, &network, &lost);
        part(&client, &server, &network);
    });
    thread::spawn(move || {
        let (client, server, network, lost) = down;
        let _ = to_client(&client, &server, &network, &lost);
        part(&client, &server, &network);
    });
    Ok(())
}

fn to_server(
    mut client: &TcpStream,
    server: &TcpStream,
    network: &Network,
    lost: &AtomicBool,
) -> io::Result<()> {
    let (mut buffer, mut frontend) = (vec![0; 65_536], Frontend::default());
    loop {
        let length = client.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        network.pass(Direction::ToServer);
        if frontend.executes(bytes) && std::mem::take(&mut network.lock().lose_next_answer) {
            lost.store(true, Ordering::SeqCst);
        }
        network.forward(bytes, server)?;
        network.sent(length);
    }
}

fn to_client(
    client: &TcpStream,
    mut server: &TcpStream,
    network: &Network,
    lost: &AtomicBool,
) -> io::Result<()> {
    let (mut buffer, mut last) = (vec![0; 65_536], Vec::new());
    loop {
        let length = server.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        network.pass(Direction::ToClient);
        if lost.load(Ordering::SeqCst) {
            last.extend_from_slice(bytes);
            last.drain(..last.len().saturating_sub(READY_LENGTH));
            if is_ready_for_query(&last) {
                network.lock().answers_lost += 1;
                return Ok(());
            }
        } else {
            network.forward(bytes, client)?;
        }
    }
}

const READY_LENGTH: usize = 6;

/// Whether an answer ends here: the last message of the server before it waits for the client is `ReadyForQuery`,
/// a `Z`, its length of five, and one byte for the state of the transaction (PostgreSQL documentation,
/// "Message Formats"). Rows may be sent before the statement commits, this message only afterwards.
fn is_ready_for_query(last: &[u8]) -> bool {
    matches!(last, [b'Z', 0, 0, 0, 5, b'I' | b'T' | b'E'])
}

/// Ends a connection after one direction has ended.
fn part(client: &TcpStream, server: &TcpStream, network: &Network) {
    close(client, server);
    let local = client.peer_addr().ok();
    network.lock().connections.retain(|(other, _)| local.is_none() || other.peer_addr().ok() != local);
}

fn close(client: &TcpStream, server: &TcpStream) {
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}
