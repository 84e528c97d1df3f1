//! The service under test: accounts, each with an owner.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{FromRequestParts, OptionalFromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::Response,
    routing::{get, post},
};
use eventsource::{
    FailurePolicy, Workers,
    prelude::*,
    store::{ReadModelStore, Receipt},
};
use eventsource_axum::{
    Accepted, AfterPosition, CommandRequest, ForRequest, IfNoneMatch, Problem, Rejection, health, live,
};
use tokio::task::JoinHandle;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(category = "account")]
pub(crate) enum AccountEvent {
    Deposited { amount: u64 },
    Withdrawn { amount: u64 },
    Closed,
}

#[derive(Debug, Default, Aggregate)]
#[aggregate(event = AccountEvent, id = str)]
pub(crate) struct Account {
    balance: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Deposited { amount } => self.balance += amount,
            AccountEvent::Withdrawn { amount } => self.balance -= amount,
            AccountEvent::Closed => self.balance = 0,
        }
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Deposit(#[command(id)] pub(crate) String, pub(crate) u64);

impl Handle<Deposit> for Account {
    type Error = std::convert::Infallible;

    fn handle(&self, deposit: &Deposit) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Deposited { amount: deposit.1 }])
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
struct Withdraw(#[command(id)] String, u64);

#[derive(Debug, thiserror::Error)]
#[error("the balance is {0}")]
struct Overdrawn(u64);

impl Rejection for Overdrawn {
    fn problem(&self) -> Problem {
        Problem::rejected(self)
            .kind("https://bank.example/problems/overdrawn")
            .title("Overdrawn")
            .with("balance", self.0)
    }
}

impl Handle<Withdraw> for Account {
    type Error = Overdrawn;

    fn handle(&self, withdraw: &Withdraw) -> Result<Vec<AccountEvent>, Overdrawn> {
        match withdraw.1 {
            amount if amount > self.balance => Err(Overdrawn(self.balance)),
            amount => Ok(vec![AccountEvent::Withdrawn { amount }]),
        }
    }
}

#[derive(Debug, Command)]
#[command(aggregate = Account)]
pub(crate) struct Close(#[command(id)] pub(crate) String);

impl Handle<Close> for Account {
    type Error = std::convert::Infallible;

    fn handle(&self, _: &Close) -> Result<Vec<AccountEvent>, Self::Error> {
        Ok(vec![AccountEvent::Closed])
    }
}

/// A deposit that the fold of a balance fails on.
pub(crate) const UNLUCKY: u64 = 13;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances", partitions = 2)]
pub(crate) struct Balance {
    #[read_model(key)]
    pub(crate) account: String,
    pub(crate) balance: u64,
}

impl Fold<AccountEvent> for Balance {
    fn key(event: &Recorded<AccountEvent>) -> Option<String> {
        Some(event.context.aggregate_id().to_owned())
    }

    fn fold(row: Option<Self>, event: &Recorded<AccountEvent>) -> Change<Self> {
        let before = row.map_or(0, |row| row.balance);
        let mut account = event.context.aggregate_id().to_owned();
        let balance = match event.event {
            AccountEvent::Deposited { amount } => {
                if amount == UNLUCKY {
                    account.clear();
                }
                before + amount
            }
            AccountEvent::Withdrawn { amount } => before - amount,
            AccountEvent::Closed => return Change::Delete,
        };
        Change::Put(Self { account, balance })
    }
}

/// The user of the header `user`, who may see the accounts whose names begin with theirs; `all` sees all.
pub(crate) struct User(String);

impl<S: Send + Sync> OptionalFromRequestParts<S> for User {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        let user = parts.headers.get("user").and_then(|user| user.to_str().ok());
        Ok(user.map(|user| Self(user.to_owned())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let Ok(user) = <Option<Self> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        user.ok_or(StatusCode::UNAUTHORIZED)
    }
}

#[derive(Deserialize)]
struct Amount {
    amount: u64,
}

async fn deposit<S: ReadModelStore>(
    State(es): State<EventSource<S>>,
    Path(account): Path<String>,
    user: Option<User>,
    request: CommandRequest<Amount>,
) -> Result<Accepted, Problem> {
    let request = match user {
        Some(User(user)) => request.by(user),
        None => request,
    };
    let receipt = es.execute(Deposit(account.clone(), request.body.amount)).for_request(&request).await?;
    Ok(Accepted::in_path(&receipt, ["accounts", &account]))
}

async fn withdraw<S: ReadModelStore>(
    State(es): State<EventSource<S>>,
    Path(account): Path<String>,
    request: CommandRequest<Amount>,
) -> Result<Accepted, Problem> {
    let receipt: Receipt = es.execute(Withdraw(account, request.body.amount)).for_request(&request).await?;
    Ok(Accepted::from(&receipt))
}

async fn transfer<S: ReadModelStore>(
    State(es): State<EventSource<S>>,
    Path((from, to)): Path<(String, String)>,
    request: CommandRequest<Amount>,
) -> Result<Accepted, Problem> {
    let amount = request.body.amount;
    let commands = es.atomically().execute(Withdraw(from, amount)).execute(Deposit(to, amount));
    let receipts = commands.for_request(&request).await?;
    let position = receipts.iter().map(|receipt| receipt.position).max().unwrap_or_default();
    Ok(Accepted::at_position(position, "/accounts"))
}

async fn close<S: ReadModelStore>(
    State(es): State<EventSource<S>>,
    Path(account): Path<String>,
    request: CommandRequest<()>,
) -> Result<Accepted, Problem> {
    Ok(Accepted::from(&es.execute(Close(account)).for_request(&request).await?))
}

async fn balance<S: ReadModelStore>(
    State(es): State<EventSource<S>>,
    Path(account): Path<String>,
    after: AfterPosition,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    after.included_in(&es, Balance::TABLE).await?;
    known.json(es.find::<Balance>(&account).await?)
}

pub(crate) async fn served(app: Router) -> (SocketAddr, JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (address, tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") }))
}

/// A running service, which ends when it is dropped.
pub(crate) struct Service<S> {
    pub(crate) es: EventSource<S>,
    pub(crate) address: SocketAddr,
    server: JoinHandle<()>,
}

impl<S> Drop for Service<S> {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl<S: ReadModelStore> Service<S> {
    pub(crate) async fn new(store: S) -> Self {
        let policy = FailurePolicy::default().attempts(1);
        let es = EventSource::builder(store).projection(Balance::projection().on_failure(policy)).build();
        let may_see = |user: &User, row: &Balance| user.0 == "all" || row.account.starts_with(&user.0);
        let app = Router::new()
            .route("/accounts/{account}", get(balance::<S>))
            .route("/accounts/{account}/deposits", post(deposit::<S>))
            .route("/accounts/{account}/withdrawals", post(withdraw::<S>))
            .route("/accounts/{account}/close", post(close::<S>))
            .route("/accounts/{from}/transfers/{to}", post(transfer::<S>))
            .nest("/live/balances", live(&es, may_see))
            .nest("/health", health(&es))
            .with_state(es.clone());
        let (address, server) = served(app).await;
        Self { es, address, server }
    }

    pub(crate) async fn started(store: S) -> (Self, Workers) {
        let service = Self::new(store).await;
        let workers = service.es.start().await.expect("the projections can be started");
        (service, workers)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn deposited(&self, account: &str, amount: u64) -> Position {
        self.es.execute(Deposit(account.to_owned(), amount)).await.expect("it is accepted").position
    }

    pub(crate) async fn closed(&self, account: &str) -> Position {
        self.es.execute(Close(account.to_owned())).await.expect("it is accepted").position
    }

    pub(crate) async fn included(&self, position: Position) {
        eventsource_conformance::waiting::followed(&self.es, Balance::TABLE, position).await;
    }
}
