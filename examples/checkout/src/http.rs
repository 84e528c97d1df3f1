//! The request-driven half: placing an order is answered, everything that follows is only shown.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use eventsource::{AnyStore, prelude::*, reacting::Retention};
use eventsource_axum::{
    Accepted, AfterPosition, CommandRequest, ForRequest, IfNoneMatch, Problem, Rejection, health, live,
};

use crate::{
    consumers::{Confirmation, Confirmations, Forecast, OrderView},
    domain::{CheckStock, ITEMS, Place, Placed, Refusal, TooFew},
};

type Es = EventSource<AnyStore>;

/// The shop's routes. The page asks the customer to confirm a payment at the payment service, as a bank would.
pub fn routes(es: Es, payments: &str) -> Router {
    let page = include_str!("page.html").replace("{{payments}}", payments);
    Router::new()
        .route("/", get(|| async move { Html(page) }))
        .route("/orders", post(place))
        .route("/orders/{order}", get(order))
        .route("/payment-confirmations", post(payment_confirmed))
        .nest("/live/orders", live(&es, |(): &(), _: &OrderView| true))
        .nest("/live/forecast", live(&es, |(): &(), _: &Forecast| true))
        .nest("/health", health(&es))
        .with_state(es)
}

/// What a customer asks for. The customer's program names the order, so that it can ask again after a lost answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewOrder {
    pub order: String,
    pub customer: String,
    pub email: String,
    pub item: String,
    pub quantity: u32,
    pub card: String,
}

impl Rejection for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::OutOfStock { left } => Problem::rejected(self).title("Out of stock").with("left", left),
            _ => Problem::rejected(self),
        }
    }
}

impl Rejection for TooFew {}

/// The order is placed or refused by what the stock says now. A request that is repeated gets the first answer, whatever the
/// stock says by then.
async fn place(
    State(es): State<Es>,
    request: CommandRequest<NewOrder>,
) -> Result<impl IntoResponse, Problem> {
    let NewOrder { order, customer, email, item, quantity, card } = request.body.clone();
    let price = ITEMS.iter().find(|(name, _)| *name == item).map_or(0, |(_, price)| *price);
    let in_stock = match es.execute(CheckStock(item.clone(), quantity)).await {
        Ok(_) => quantity,
        Err(ExecuteError::Rejected(TooFew { left })) => left,
        Err(error) => return Err(error.into()),
    };
    let placed = Placed { customer, email, item, quantity, total: price * u64::from(quantity), card };
    let receipt = es.execute(Place { order: order.clone(), placed, in_stock }).for_request(&request).await?;
    let answer = Json(serde_json::json!({ "order": order, "state": "placed", "payment": "pending" }));
    Ok((StatusCode::CREATED, Accepted::at(&receipt, format!("/orders/{order}")), answer))
}

async fn order(
    State(es): State<Es>,
    Path(order): Path<String>,
    after: AfterPosition,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    after.included_in(&es, OrderView::TABLE).await?;
    known.json(es.find::<OrderView>(&order).await?)
}

/// Acknowledged once it is stored. The payment service repeats what was not acknowledged.
async fn payment_confirmed(
    State(es): State<Es>,
    Json(confirmation): Json<Confirmation>,
) -> Result<StatusCode, Problem> {
    let inbox = es.inbox(Confirmations, Retention::of(Duration::from_secs(7 * 24 * 3_600)));
    match inbox.receive(&confirmation).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(error.into()),
    }
}
