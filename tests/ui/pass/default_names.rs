//! The name of a type is the category and the variant in snake case, independent of serde's names.

use eventsource::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
#[event(category = "http")]
enum HttpEvent {
    RequestSent,
    HTTPSRequired,
    IPv6Seen,
    Retry2Failed,
    #[serde(rename = "x")]
    r#Type,
}

#[test]
fn a_default_name_is_the_category_and_the_variant_in_snake_case() {
    let names: Vec<_> = HttpEvent::TYPES.iter().map(|ty| ty.name).collect();
    let expected =
        ["http.request_sent", "http.https_required", "http.i_pv6_seen", "http.retry2_failed", "http.type"];
    assert_eq!(names, expected);
}
