//! Whether a request may come from a page of another site, which the user has not asked for it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A browser sends a form or a plain text of any page, with the cookies of the user. Before it sends JSON, or a header such as
/// the idempotency key, from a page of another origin, it asks whether it may.
pub(super) fn check(headers: &HeaderMap, has_body: bool, has_key: bool) -> Result<(), Problem> {
    if headers.get(header::CONTENT_TYPE).is_some_and(is_json) {
        return Ok(());
    }
    if has_body {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            .detail("the body of a command is JSON: send it with `Content-Type: application/json`"));
    }
    let is_of_another = |site: &HeaderValue| site != "same-origin" && site != "none";
    if !has_key && headers.get(SEC_FETCH_SITE).is_some_and(is_of_another) {
        return Err(Problem::new(StatusCode::FORBIDDEN).detail(
            "a page of another origin has to send a command with an Idempotency-Key, or with a JSON body",
        ));
    }
    Ok(())
}

fn is_json(content_type: &HeaderValue) -> bool {
    let text = content_type.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.strip_prefix("application/").is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_answer(headers: &[(HeaderName, &'static str)], has_body: bool, has_key: bool, ok: bool) {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        assert_eq!(check(&headers, has_body, has_key).is_ok(), ok, "{headers:?} {has_body} {has_key}");
    }

    #[test]
    fn a_body_is_declared_as_json() {
        let with = |kind| [(header::CONTENT_TYPE, kind)];
        for kind in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.bank+json"] {
            assert_answer(&with(kind), true, false, true);
        }
        for kind in
            ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json", "text/json"]
        {
            assert_answer(&with(kind), true, true, false);
        }
        assert_answer(&[], true, true, false);
    }

    #[test]
    fn a_page_of_another_origin_cannot_send_a_command_that_is_only_an_address() {
        let from = |site| [(SEC_FETCH_SITE, site)];
        assert_answer(&[], false, false, true);
        for (site, ok) in [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            assert_answer(&from(site), false, false, ok);
            assert_answer(&from(site), false, true, true);
        }
        let json = [(SEC_FETCH_SITE, "cross-site"), (header::CONTENT_TYPE, "application/json")];
        assert_answer(&json, false, false, true);
        assert_answer(&json, true, false, true);
    }
}
