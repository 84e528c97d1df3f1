//! A payment service. It takes its time, declines cards, and loses answers; a request with the id of an earlier one gets the
//! answer of that one.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;

use super::happens_once_in;
use crate::{consumers::Confirmation, domain::PaymentEvent};

/// How the service behaves.
#[derive(Debug, Clone, Copy)]
pub struct Conduct {
    /// How many milliseconds it takes.
    pub delay: u64,
    /// Of so many answers, one is lost, although the request was carried out. 0 is none.
    pub loses_one_in: u64,
    /// How many seconds a customer has to confirm a payment.
    pub expires_in: u64,
}

impl Default for Conduct {
    fn default() -> Self {
        Self { delay: 200, loses_one_in: 0, expires_in: 30 * 60 }
    }
}

/// The service: what it has done with each request, and the net amount that it holds for it.
#[derive(Debug, Clone)]
pub struct PaymentService {
    pub url: String,
    conduct: Conduct,
    delay: Arc<AtomicU64>,
    is_away: Arc<AtomicBool>,
    /// Where it tells of confirmations: the first that answers is enough.
    shops: Arc<Mutex<Vec<String>>>,
    charges: Arc<Mutex<BTreeMap<String, (u64, PaymentEvent)>>>,
}

#[derive(Deserialize)]
struct Charge {
    id: String,
    amount: u64,
    card: String,
}

#[derive(Deserialize)]
struct Return {
    id: String,
}

impl PaymentService {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// If there is no free port.
    pub async fn start(conduct: Conduct) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (delay, is_away, shops, charges) = Default::default();
        let service = Self { url, conduct, delay, is_away, shops, charges };
        service.set_delay(conduct.delay);
        let routes = Router::new()
            .route("/charges", post(charge))
            .route("/returns", post(give_back))
            .route("/confirm/{id}", post(confirm))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(service)
    }

    /// How many milliseconds it takes from now on.
    pub fn set_delay(&self, milliseconds: u64) {
        self.delay.store(milliseconds, Ordering::SeqCst);
    }

    /// While it is away, it carries nothing out.
    pub fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Where it tells of confirmations from now on.
    pub fn set_shops(&self, shops: Vec<String>) {
        *self.shops.lock().unwrap_or_else(PoisonError::into_inner) = shops;
    }

    /// What it holds for each order: what was captured and not given back.
    #[must_use]
    pub fn held(&self) -> BTreeMap<String, u64> {
        let captured = |(id, (amount, state)): (&String, &(u64, PaymentEvent))| {
            matches!(state, PaymentEvent::Captured { .. }).then(|| (id.clone(), *amount))
        };
        self.charges().iter().filter_map(captured).collect()
    }

    fn charges(&self) -> MutexGuard<'_, BTreeMap<String, (u64, PaymentEvent)>> {
        self.charges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, answer: impl FnOnce(&Self) -> PaymentEvent) -> Response {
        tokio::time::sleep(Duration::from_millis(self.delay.load(Ordering::SeqCst))).await;
        if self.is_away.load(Ordering::SeqCst) {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let answer = answer(self);
        if happens_once_in(self.conduct.loses_one_in) {
            let lost = io::Error::from(io::ErrorKind::ConnectionReset);
            return Body::from_stream(futures_util::stream::iter([Err::<Vec<u8>, _>(lost)])).into_response();
        }
        Json(answer).into_response()
    }
}

async fn charge(
    State(service): State<PaymentService>,
    Json(Charge { id, amount, card }): Json<Charge>,
) -> Response {
    let decide = || match card.as_str() {
        "declined" => PaymentEvent::Declined,
        "to confirm" => PaymentEvent::Asked { expires_in: service.conduct.expires_in },
        _ => PaymentEvent::Captured { amount },
    };
    service.answer(|it| it.charges().entry(id).or_insert_with(|| (amount, decide())).1.clone()).await
}

/// What is given back cannot be captured any more.
async fn give_back(State(service): State<PaymentService>, Json(Return { id }): Json<Return>) -> Response {
    let carry_out = |it: &PaymentService| {
        let mut charges = it.charges();
        let (_, state) = charges.entry(id).or_insert((0, PaymentEvent::Returned { amount: 0 }));
        *state = match *state {
            PaymentEvent::Captured { amount } => PaymentEvent::Returned { amount },
            PaymentEvent::Asked { .. } => PaymentEvent::Returned { amount: 0 },
            ref done => done.clone(),
        };
        state.clone()
    };
    service.answer(carry_out).await
}

/// The customer confirms the payment. The shop is told until it has acknowledged it.
async fn confirm(State(service): State<PaymentService>, Path(id): Path<String>) -> StatusCode {
    let amount = match service.charges().get_mut(&id) {
        Some((amount, state)) if matches!(state, PaymentEvent::Asked { .. }) => {
            *state = PaymentEvent::Captured { amount: *amount };
            *amount
        }
        _ => return StatusCode::CONFLICT,
    };
    tokio::spawn(async move {
        let (http, message) = (reqwest::Client::new(), Confirmation { id, amount });
        for attempt in 0.. {
            let shops = service.shops.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(shop) = shops.get(attempt % shops.len().max(1)) {
                let told = http.post(format!("{shop}/payment-confirmations")).json(&message).send().await;
                if told.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    StatusCode::ACCEPTED
}
