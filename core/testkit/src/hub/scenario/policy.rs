//! Refusals of the Hub, and faults inside it, as JSON.

use http::StatusCode as S;

use super::Scenario;
use super::canned::{by_edge, canned, json, reference, unavailable, wild};

const REFERENCE: &str = "docker/docs content/reference/api/hub/latest.yaml";

pub(super) const ALL: &[Scenario] = &[
    Scenario::new("forbidden", "403: this kind of token may not do that", "docker/hub-feedback#2006", |hub| {
        hub.always(json(S::FORBIDDEN, wild!("pat-forbidden-detail.json")))
    }),
    Scenario::new("forbidden-errinfo", "the same 403, under other keys", "docker/hub-feedback#2171", |hub| {
        hub.always(json(S::FORBIDDEN, wild!("pat-forbidden-errinfo.json")))
    }),
    Scenario::new(
        "forbidden-internal",
        "the same 403, with an internal address in it",
        "docker/hub-feedback#2247",
        |hub| hub.always(json(S::FORBIDDEN, wild!("pat-forbidden-internal.json"))),
    ),
    Scenario::new(
        "forbidden-nested",
        "the same 403, as JSON inside a JSON string",
        "docker/hub-feedback#2253",
        |hub| hub.always(json(S::FORBIDDEN, wild!("pat-forbidden-nested.json"))),
    ),
    Scenario::new("forbidden-jwt", "403 that speaks of a JWT", "docker/hub-feedback#2127", |hub| {
        hub.always(json(S::FORBIDDEN, wild!("pat-jwt-forbidden.json")))
    }),
    Scenario::new("forbidden-personal-token", "403 in half a sentence", "docker/hub-feedback#2438", |hub| {
        hub.always(json(S::FORBIDDEN, wild!("pat-token.json")))
    }),
    Scenario::new("forbidden-not-allowed", "the same, whole", "docker/hub-feedback#2478", |hub| {
        hub.always(json(S::FORBIDDEN, wild!("pat-not-allowed.json")))
    }),
    Scenario::new(
        "forbidden-organization-token",
        "403: an organization access token may not do that",
        "docker/docs content/manuals/security/access-tokens/organization-access-tokens.md",
        |hub| hub.always(json(S::FORBIDDEN, wild!("oat-not-allowed.json"))),
    ),
    Scenario::new(
        "forbidden-through-edge",
        "403 of the Hub itself, which came through the edge and has its marks",
        "inferred from docker/hub-feedback#2006, #2502",
        |hub| hub.always(by_edge(S::FORBIDDEN, "application/json", wild!("pat-forbidden-detail.json"))),
    ),
    Scenario::new(
        "forbidden-hostile",
        "403 whose text would drive a terminal, repeats an address in many forms, and never ends",
        "inferred from docker/hub-feedback#2247, #2253",
        |hub| hub.always(json(S::FORBIDDEN, hostile())),
    ),
    Scenario::new(
        "single-sign-on",
        "403: the organization enforces single sign-on",
        "docker/hub-feedback#1981, #2181",
        |hub| {
            hub.always(json(
                S::FORBIDDEN,
                r#"{"detail":"please use personal access token to login when SSO is enforced"}"#,
            ))
        },
    ),
    Scenario::new(
        "invalid-grant",
        "403 with the key and the words of OAuth: a dead refresh token",
        "docker/for-win#12745",
        |hub| hub.always(json(S::FORBIDDEN, wild!("oauth-invalid-grant.json"))),
    ),
    Scenario::new(
        "malformed-request",
        "400 in plain text: the body did not arrive",
        "docker/hub-tool#191, #195",
        |hub| {
            let headers = [("content-type", "text/plain; charset=utf-8")];
            hub.always(canned(S::BAD_REQUEST, &headers, wild!("malformed-request.txt")))
        },
    ),
    Scenario::new("value-error", "400 that names fields", REFERENCE, |hub| {
        hub.always(json(S::BAD_REQUEST, reference!("schema.value-error.json")))
    }),
    Scenario::new("fields-required", "400 whose values are arrays", "goharbor/harbor#7371", |hub| {
        hub.always(json(S::BAD_REQUEST, wild!("fields-required.json")))
    }),
    Scenario::new(
        "session-store-down",
        "500 whose `error` is true, not a text: try later",
        "goharbor/harbor#14803",
        |hub| hub.always(json(S::INTERNAL_SERVER_ERROR, wild!("session-store-down.json"))),
    ),
    Scenario::new(
        "session-store-down-409",
        "the same under a status that says nothing of a fault",
        "inferred from goharbor/harbor#14803",
        |hub| hub.always(json(S::CONFLICT, wild!("session-store-down.json"))),
    ),
    Scenario::new("signer-down", "500: the Hub cannot sign tokens", "docker/hub-feedback#2071", |hub| {
        hub.always(json(S::INTERNAL_SERVER_ERROR, wild!("signer-down.json")))
    }),
    Scenario::new("server-fault", "every request ends in 503", "docker-library/meta-scripts#48", |hub| {
        hub.always(unavailable())
    }),
    Scenario::new(
        "server-fault-wait",
        "every request ends in 503, with a Retry-After of 60 seconds",
        "docker-library/meta-scripts#104",
        |hub| hub.always(canned(S::SERVICE_UNAVAILABLE, &[("retry-after", "60")], "")),
    ),
    Scenario::new("flaky", "two requests end in 503, then all is well", "docker-library/meta-scripts#48", |hub| {
        hub.script(unavailable()).script(unavailable())
    }),
    Scenario::new("server-error", "500 without a body", "docker/hub-feedback#2258", |hub| {
        hub.always(canned(S::INTERNAL_SERVER_ERROR, &[], ""))
    }),
];

/// Colors, a title, a bell, text that runs backwards, addresses, and 100,000 characters.
fn hostile() -> String {
    let text = concat!(
        "\u{1b}[31mred\u{1b}]0;title\u{7} \u{202e}backwards\u{9b}2J dial tcp 10.0.0.7:8080->10.0.0.8:443: ",
        "lookup accounts.prod.svc.cluster.local on 10.96.0.10:53: no such host; addr=[fd00::1]:443 ",
        "https://accounts.internal.example/v2/user "
    );
    serde_json::json!({ "detail": text.to_owned() + &"and so on, ".repeat(10_000) }).to_string()
}
