//! Measures live rows with many clients: the memory of the server per client, and the time from a commit until the last
//! client has the row. The clients are a second process, which this one starts.
//!
//! ```sh
//! ulimit -n 65536; cargo run --release -p eventsource-axum --example live_clients -- 10000
//! ```

#![expect(clippy::print_stdout, reason = "it prints what it has measured")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command as Program, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::Router;
use eventsource::prelude::*;
use eventsource_axum::live;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

type Tried<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How often a row that all clients show is changed, and how often one that a single client shows.
const ROUNDS: u64 = 30;
/// The account that all clients show.
const SHARED: &str = "shared";
/// How many clients connect at the same time.
const CONNECTING: usize = 64;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
enum AccountEvent {
    Set { balance: u64 },
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
struct Account;

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, _: AccountEvent) {}
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
struct Set(#[command(id)] String, u64);

impl Handle<Set> for Account {
    type Error = std::convert::Infallible;

    fn handle(&self, set: &Set) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Set { balance: set.1 }])
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(key)]
    account: String,
    balance: u64,
}

impl Fold<AccountEvent> for Balance {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.context.aggregate_id().to_owned())
    }

    fn fold(_: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let AccountEvent::Set { balance } = event.event;
        Change::Put(Self { account: event.context.aggregate_id().to_owned(), balance })
    }
}

#[tokio::main]
async fn main() -> Tried {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [clients] => serve(clients.parse()?).await,
        [address, clients] => show(address, clients.parse()?).await,
        _ => Err("usage: live_clients CLIENTS".into()),
    }
}

async fn serve(clients: usize) -> Tried {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("bank.db")).await?;
    let es = EventSource::builder(store).projection(Balance::projection()).build();
    let workers = es.start().await?;
    es.execute(Set(SHARED.to_owned(), 0)).await?;
    let app = Router::new().nest("/live", live(&es, |(): &(), _: &Balance| true));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let before = memory()?;
    let mut child = Program::new(env::current_exe()?)
        .args([address.to_string(), clients.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut seen = reports(&mut child)?;
    seen.recv().await.ok_or("the clients have ended")?;
    println!("{clients} clients are connected and have their rows");
    let after = memory()?;
    println!(
        "memory of the server: {} KiB before, {} KiB per client",
        before,
        (after - before) / clients as u64
    );

    let mut of_all = Vec::new();
    for round in 1..=ROUNDS {
        of_all.push(measure(&es, &mut seen, SHARED.to_owned(), round).await?);
    }
    println!("a row that all clients show, from the commit to the last client: {}", shown(of_all));
    let mut of_one = Vec::new();
    for round in 1..=ROUNDS {
        let client = usize::try_from(round * 7919)? % clients;
        of_one.push(measure(&es, &mut seen, format!("client-{client}"), ROUNDS + round).await?);
    }
    println!("a row that one client shows, from the commit to that client: {}", shown(of_one));
    child.kill()?;
    server.abort();
    workers.shutdown().await?;
    Ok(())
}

/// Sets a balance, and returns the time until the clients that show it have it.
async fn measure(
    es: &EventSource<SqliteStore>,
    seen: &mut mpsc::UnboundedReceiver<(u64, Duration)>,
    account: String,
    balance: u64,
) -> Tried<Duration> {
    es.execute(Set(account, balance)).await?;
    let committed = now()?;
    loop {
        let (reported, at) = seen.recv().await.ok_or("the clients have ended")?;
        if reported == balance {
            tokio::time::sleep(Duration::from_millis(100)).await;
            return Ok(at.saturating_sub(committed));
        }
    }
}

fn shown(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    format!("median {median:.1?}, longest {:.1?}", times.last().copied().unwrap_or_default())
}

/// What the clients print: a balance, and when the last client had it.
fn reports(child: &mut Child) -> Tried<mpsc::UnboundedReceiver<(u64, Duration)>> {
    let lines = BufReader::new(child.stdout.take().ok_or("it is piped")?).lines();
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let Some((balance, at)) = line.split_once(' ') else { continue };
            if let (Ok(balance), Ok(at)) = (balance.parse(), at.parse()) {
                let _ = sender.send((balance, Duration::from_micros(at)));
            }
        }
    });
    Ok(receiver)
}

fn now() -> Tried<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}

/// The memory of this process, in KiB.
fn memory() -> Tried<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("there is a line VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// The clients. Each shows a row of its own and the row that all show.
async fn show(address: &str, clients: usize) -> Tried {
    let counts: Arc<Vec<AtomicUsize>> = Arc::new((0..=2 * ROUNDS).map(|_| AtomicUsize::new(0)).collect());
    let permits = Arc::new(tokio::sync::Semaphore::new(CONNECTING));
    let mut tasks = Vec::new();
    for client in 0..clients {
        let permit = Arc::clone(&permits).acquire_owned().await?;
        let mut socket = TcpStream::connect(address).await?;
        let request =
            format!("GET /live?key={SHARED}&key=client-{client} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        socket.write_all(request.as_bytes()).await?;
        let counts = Arc::clone(&counts);
        tasks.push(tokio::spawn(async move {
            let mut permit = Some(permit);
            let (mut buffer, mut text) = (vec![0; 2_048], String::new());
            loop {
                let read = socket.read(&mut buffer).await?;
                if read == 0 {
                    return Err("the server has ended the connection".into());
                }
                text.push_str(std::str::from_utf8(&buffer[..read])?);
                while let Some(end) = text.find('\n') {
                    let line: String = text.drain(..=end).collect();
                    let Some((_, rest)) = line.split_once("\"balance\":") else { continue };
                    let balance: usize = rest.trim_end().trim_end_matches('}').parse()?;
                    permit.take();
                    let count = counts[balance].fetch_add(1, Ordering::SeqCst) + 1;
                    if count == clients || balance > usize::try_from(ROUNDS)? {
                        println!("{balance} {}", now()?.as_micros());
                    }
                }
            }
        }));
    }
    for task in tasks {
        let ended: Tried = task.await?;
        ended?;
    }
    Ok(())
}
