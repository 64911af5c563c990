//! A 200 that is no success, and a success in odd clothes.

use http::StatusCode as S;

use super::Scenario;
use super::canned::{canned, headers, json, token, wild};
use crate::hub::Fault;

const REFERENCE: &str = "docker/docs content/reference/api/hub/latest.yaml";

pub(super) const ALL: &[Scenario] = &[
    Scenario::new("no-token", "200 with JSON that has no token in it", "docker/for-win#11306", |hub| {
        hub.always(json(S::OK, wild!("token-missing.json")))
    }),
    Scenario::new("token-null", "200 whose token is null", REFERENCE, |hub| {
        hub.always(json(S::OK, wild!("token-null.json")))
    }),
    Scenario::new("token-empty", "200 whose token is empty", REFERENCE, |hub| {
        hub.always(json(S::OK, wild!("token-empty.json")))
    }),
    Scenario::new("token-number", "200 whose token is a number", REFERENCE, |hub| {
        hub.always(json(S::OK, r#"{"token":7,"access_token":7}"#))
    }),
    Scenario::new("token-line-break", "200 whose token would begin another header", REFERENCE, |hub| {
        hub.always(token("made-up-token\r\nX-Other: 1"))
    }),
    Scenario::new("token-space", "200 whose token has a space in it", REFERENCE, |hub| {
        hub.always(token("made-up token"))
    }),
    Scenario::new("token-non-ascii", "200 whose token is not ASCII", REFERENCE, |hub| {
        hub.always(token("made-üp-token"))
    }),
    Scenario::new("token-long", "200 whose token has 65 KiB", REFERENCE, |hub| {
        hub.always(token(&"made-up-token".repeat(5 * 1024)))
    }),
    Scenario::new("empty", "200 without a body", "docker/hub-feedback#1903", |hub| hub.always(canned(S::OK, &[], ""))),
    Scenario::new("json-array", "200 with an array", "docker/hub-feedback#1903", |hub| {
        hub.always(json(S::OK, r#"[{"token":"made-up-token"}]"#))
    }),
    Scenario::new("json-string", "200 with a string", "docker/hub-feedback#1903", |hub| {
        hub.always(json(S::OK, r#""made-up-token""#))
    }),
    Scenario::new("json-null", "200 with null", "docker/hub-feedback#1903", |hub| hub.always(json(S::OK, "null"))),
    Scenario::new("json-cut", "200 with half a JSON object, of the length announced", "goharbor/harbor#14803", |hub| {
        hub.always(json(S::OK, r#"{"token":"made-up-tok"#))
    }),
    Scenario::new(
        "json-deep",
        "200 with a token behind a hundred thousand brackets",
        "docker/hub-feedback#1903",
        |hub| {
            let nested = "[".repeat(100_000) + &"]".repeat(100_000);
            hub.always(json(S::OK, format!(r#"{{"x":{nested},"token":"made-up-token"}}"#)))
        },
    ),
    Scenario::new("endless", "200 with a body of a gibibyte", "docker/docker-agent pkg/hubauth/exchange.go", |hub| {
        hub.always(Fault::Endless(1 << 30))
    }),
    Scenario::new(
        "endless-unannounced",
        "the same without a Content-Length",
        "docker/docker-agent pkg/hubauth/exchange.go",
        |hub| hub.always(Fault::EndlessUnannounced(1 << 30)),
    ),
    Scenario::new(
        "json-as-html",
        "alice's login works, with every answer said to be HTML",
        "docker/hub-feedback#1903",
        |hub| hub.always(headers(&[("content-type", "text/html")])),
    ),
    Scenario::new("json-untyped", "200 with a token, and no content type", "docker/hub-feedback#1903", |hub| {
        hub.always(canned(S::OK, &[], r#"{"token":"made-up-token","access_token":"made-up-token"}"#))
    }),
    Scenario::new(
        "refresh-token",
        "200 with the undocumented refresh token beside the token",
        "docker/hub-tool pkg/hub/client.go at 74bc560",
        |hub| hub.always(json(S::OK, wild!("login-with-refresh.json"))),
    ),
];
