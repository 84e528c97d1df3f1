use eventsource::store::ReadModelStore;

use crate::{
    bank::Service,
    client::{get, problem, sent},
};

pub(crate) async fn a_query_includes_the_position_that_it_asks_for<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    for n in 1..=10 {
        let position = service.deposited("a", 1).await.get().to_string();
        let query = get(&service, "/accounts/a").header("eventsource-after", position);
        let found: serde_json::Value =
            sent(query.header("prefer", "wait=30")).await.json().await.expect("JSON");
        assert_eq!(found["balance"], n);
    }
    problem(sent(get(&service, "/accounts/a").header("eventsource-after", "soon")).await, 400).await;
    workers.shutdown().await.expect("they end");
}

pub(crate) async fn a_query_that_waits_without_effect_says_when_to_try_again<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    let first = service.deposited("a", 1).await;
    service.included(first).await;
    workers.shutdown().await.expect("they end");

    let position = service.deposited("a", 1).await;
    let query = || get(&service, "/accounts/a").header("prefer", "wait=0");
    let late = sent(query().header("eventsource-after", position.get())).await;
    assert_eq!(late.headers()["retry-after"], "1");
    let late = problem(late, 503).await;
    assert_eq!((&late["position"], &late["wanted"]), (&first.get().into(), &position.get().into()));
    // Without the header it does not wait.
    let found: serde_json::Value = sent(query()).await.json().await.expect("JSON");
    assert_eq!(found["balance"], 1);
}

pub(crate) async fn a_row_that_the_client_has_is_not_sent_again<S: ReadModelStore>(store: S) {
    let (service, workers) = Service::started(store).await;
    problem(sent(get(&service, "/accounts/a")).await, 404).await;
    service.included(service.deposited("a", 1).await).await;
    let found = sent(get(&service, "/accounts/a")).await;
    assert_eq!(found.headers()["content-type"], "application/json");
    // Otherwise a proxy or a browser may show it again without asking, also to another user.
    assert_eq!(found.headers()["cache-control"], "private, no-cache");
    let tag = found.headers()["etag"].to_str().expect("a text").to_owned();
    for known in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
        let same = sent(get(&service, "/accounts/a").header("if-none-match", known)).await;
        assert_eq!((same.status().as_u16(), same.headers()["etag"].to_str().expect("a text")), (304, &*tag));
        assert_eq!(same.text().await.expect("a text"), "");
    }
    service.included(service.deposited("a", 1).await).await;
    let changed = sent(get(&service, "/accounts/a").header("if-none-match", &tag)).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"], *tag);
    workers.shutdown().await.expect("they end");
}
