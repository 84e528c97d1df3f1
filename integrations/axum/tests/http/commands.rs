use eventsource::store::ReadModelStore;

use crate::{
    bank::{Account, Service},
    client::{post, problem, sent},
};

pub(crate) async fn a_command_is_accepted_with_its_location_and_its_position<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    let accepted = sent(post(&service, "/accounts/a%2Fb%20c/deposits", r#"{"amount":100}"#)).await;
    assert_eq!(accepted.status(), 202);
    assert_eq!(accepted.headers()["location"], "/accounts/a%2Fb%20c");
    assert_eq!(accepted.headers()["eventsource-position"], "1");
    assert_eq!(service.es.load::<Account>("a/b c").await.expect("readable").version.get(), 1);
}

pub(crate) async fn a_rejection_is_answered_as_the_domain_maps_it<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    service.deposited("a", 5).await;
    let rejected = sent(post(&service, "/accounts/a/withdrawals", r#"{"amount":100}"#)).await;
    let problem = problem(rejected, 422).await;
    assert_eq!(problem["type"], "https://bank.example/problems/overdrawn");
    assert_eq!(problem["title"], "Overdrawn");
    assert_eq!(problem["detail"], "the balance is 5");
    assert_eq!(problem["balance"], 5);
}

pub(crate) async fn a_repeated_request_is_carried_out_once<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    let request = || post(&service, "/accounts/a/deposits", r#"{"amount":100}"#);
    for key in ["\"request-1\"", "request-1", "\"request-1\""] {
        let accepted = sent(request().header("idempotency-key", key)).await;
        assert_eq!(
            (accepted.status().as_u16(), &accepted.headers()["eventsource-position"]),
            (202, &"1".parse().expect("a header"))
        );
    }
    sent(request().header("idempotency-key", "request-2")).await;
    sent(request()).await;
    assert_eq!(service.es.load::<Account>("a").await.expect("readable").version.get(), 3);
}

pub(crate) async fn another_request_under_a_used_key_is_refused<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    let keyed = |path: &str, body| sent(post(&service, path, body).header("idempotency-key", "k"));
    assert_eq!(keyed("/accounts/a/deposits", r#"{"amount":100}"#).await.status(), 202);
    for (path, body) in [
        ("/accounts/a/deposits", r#"{"amount":900}"#),
        ("/accounts/a/deposits?twice", r#"{"amount":100}"#),
        ("/accounts/a/withdrawals", r#"{"amount":100}"#),
    ] {
        let problem = problem(keyed(path, body).await, 422).await;
        assert_eq!(problem["type"], "urn:eventsource:idempotency-key-reused", "{path} {body}");
    }
    // A key belongs to an account.
    assert_eq!(keyed("/accounts/b/deposits", r#"{"amount":900}"#).await.status(), 202);
    assert_eq!(service.es.load::<Account>("a").await.expect("readable").version.get(), 1);
}

pub(crate) async fn a_request_that_cannot_be_read_is_refused<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    let empty = sent(post(&service, "/accounts/a/deposits", "{}").header("idempotency-key", "")).await;
    problem(empty, 400).await;
    let twice = post(&service, "/accounts/a/deposits", "{}").header("idempotency-key", "a");
    problem(sent(twice.header("idempotency-key", "b")).await, 400).await;
    for (body, status) in [("", 422), ("{", 400), (r#"{"amount":-1}"#, 422)] {
        problem(sent(post(&service, "/accounts/a/deposits", body)).await, status).await;
    }
    let nul = sent(post(&service, "/accounts/a%00b/deposits", r#"{"amount":1}"#)).await;
    problem(nul, 400).await;
    assert_eq!(service.es.load::<Account>("a").await.expect("readable").version.get(), 0);
}

pub(crate) async fn the_same_key_of_another_user_is_another_key<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    let by = async |user: &str, key: &str| {
        let request = post(&service, "/accounts/a/deposits", r#"{"amount":1}"#).header("user", user);
        let answer = sent(request.header("idempotency-key", key)).await;
        answer
            .headers()
            .get("eventsource-position")
            .map(|position| position.to_str().expect("a text").to_owned())
    };
    let first = by("ada", "1").await.expect("it is accepted");
    let second = by("bob", "1").await.expect("it is accepted");
    assert_ne!(first, second);
    assert_eq!((by("ada", "1").await, by("bob", "1").await), (Some(first), Some(second)));
    assert!(by("ada", &"k".repeat(219)).await.is_some());
    // Nor by writing what is stored.
    let stored = format!("{}/1", uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, b"ada"));
    let forged = post(&service, "/accounts/a/deposits", r#"{"amount":1}"#).header("idempotency-key", stored);
    problem(sent(forged).await, 422).await;
    assert_eq!(service.es.load::<Account>("a").await.expect("readable").version.get(), 3);
}

pub(crate) async fn commands_that_are_executed_as_one_are_carried_out_once<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    service.deposited("a", 100).await;
    let transfer = |body| post(&service, "/accounts/a/transfers/b", body).header("idempotency-key", "k");
    for _ in 0..2 {
        let accepted = sent(transfer(r#"{"amount":60}"#)).await;
        assert_eq!(
            (
                accepted.status().as_u16(),
                accepted.headers()["eventsource-position"].to_str().expect("a text")
            ),
            (202, "3")
        );
    }
    problem(sent(transfer(r#"{"amount":10}"#)).await, 422).await;
    assert_eq!(service.es.load::<Account>("b").await.expect("readable").version.get(), 1);
}

/// A browser would send both with the cookies of the user.
pub(crate) async fn what_any_page_can_send_is_refused<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    let client = reqwest::Client::new();
    let text = client.post(service.url("/accounts/a/deposits")).body(r#"{"amount":1}"#);
    problem(sent(text.header("content-type", "text/plain")).await, 415).await;
    let close = || client.post(service.url("/accounts/a/close"));
    problem(sent(close().header("sec-fetch-site", "cross-site")).await, 403).await;
    assert_eq!(service.es.load::<Account>("a").await.expect("readable").version.get(), 0);
    assert_eq!(sent(close()).await.status(), 202);
}

pub(crate) async fn a_body_that_is_too_long_is_a_problem<S: ReadModelStore>(store: S) {
    let service = Service::new(store).await;
    let request = post(&service, "/accounts/a/deposits", "").body(vec![b' '; 3_000_000]);
    problem(sent(request).await, 413).await;
}
