use eventsource::store::ReadModelStore;
use serde_json::{Value, json};

use crate::{
    bank::{Service, UNLUCKY},
    client::{get, sent},
};
use eventsource_conformance::waiting::in_time;

pub(crate) async fn a_service_stays_ready_and_says_which_projection_has_stopped<S: ReadModelStore>(store: S) {
    let (service, mut workers) = Service::started(store).await;
    let ready = async || {
        let answer = sent(get(&service, "/health/ready")).await;
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    assert_eq!(ready().await, (200, json!({ "ready": true, "stopped": [] })));
    service.deposited("a", UNLUCKY).await;
    in_time("the projection stops", workers.stopped()).await;
    assert_eq!(ready().await, (200, json!({ "ready": true, "stopped": ["balances"] })));
    assert_eq!(sent(get(&service, "/health/live")).await.status(), 200);
    workers.shutdown().await.expect("they end");
}
