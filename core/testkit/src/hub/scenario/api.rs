//! Logins that work, and API calls that do not.

use http::StatusCode as S;

use super::Scenario;
use super::canned::{by_edge, html, json, limited, unavailable, wild};

pub(super) const ALL: &[Scenario] = &[
    Scenario::new(
        "api-forbidden",
        "API calls get 403: this kind of token may not do that",
        "docker/hub-feedback#2006",
        |hub| hub.on_api_calls(json(S::FORBIDDEN, wild!("pat-forbidden-detail.json"))),
    ),
    Scenario::new("api-forbidden-errinfo", "the same 403, under other keys", "docker/hub-feedback#2171", |hub| {
        hub.on_api_calls(json(S::FORBIDDEN, wild!("pat-forbidden-errinfo.json")))
    }),
    Scenario::new(
        "api-forbidden-nested",
        "the same 403, as JSON in a JSON string",
        "docker/hub-feedback#2253",
        |hub| hub.on_api_calls(json(S::FORBIDDEN, wild!("pat-forbidden-nested.json"))),
    ),
    Scenario::new("api-forbidden-jwt", "API calls get 403 that speaks of a JWT", "docker/hub-feedback#2127", |hub| {
        hub.on_api_calls(json(S::FORBIDDEN, wild!("pat-jwt-forbidden.json")))
    }),
    Scenario::new(
        "api-forbidden-organization-token",
        "API calls get 403: an organization access token may not do that",
        "docker/docs content/manuals/security/access-tokens/organization-access-tokens.md",
        |hub| hub.on_api_calls(json(S::FORBIDDEN, wild!("oat-not-allowed.json"))),
    ),
    Scenario::new("api-unauthorized", "API calls get 401, whatever the token", "mongodb/kingfisher#202", |hub| {
        hub.on_api_calls(json(S::UNAUTHORIZED, wild!("unauthorized-errinfo.json")))
    }),
    Scenario::new(
        "api-edge-blocked",
        "API calls get 403 from the edge in front of the Hub, as text",
        "docker/hub-feedback#2502",
        |hub| hub.on_api_calls(by_edge(S::FORBIDDEN, "text/plain; charset=UTF-8", wild!("cloudflare-1010.txt"))),
    ),
    Scenario::new(
        "api-edge-blocked-json",
        "API calls get 403 from the edge in front of the Hub, as JSON",
        "diegosouzapw/OmniRoute#8775",
        |hub| hub.on_api_calls(by_edge(S::FORBIDDEN, "application/json", wild!("cloudflare-1010.json"))),
    ),
    Scenario::new(
        "api-edge-challenge",
        "API calls get 403 from the edge, with a page that asks for a browser",
        "docker/terraform-provider-docker#144",
        |hub| hub.on_api_calls(by_edge(S::FORBIDDEN, "text/html; charset=UTF-8", wild!("cloudflare-challenge.html"))),
    ),
    Scenario::new("api-rate-limited", "API calls get 429: wait 60 s", "docker/hub-feedback#2459", |hub| {
        hub.on_api_calls(limited(&[("retry-after", "60")]))
    }),
    Scenario::new(
        "api-rate-limited-timestamp",
        "API calls get 429 whose Retry-After is a time, 60 s away",
        "docker/hub-feedback#2459",
        |hub| hub.on_api_calls(limited(&[("retry-after", "1746136938")])),
    ),
    Scenario::new("api-unavailable", "API calls end in 503", "docker/hub-feedback#2258", |hub| {
        hub.on_api_calls(unavailable())
    }),
    Scenario::new("api-html", "API calls get 200 with a gateway's page", "docker/hub-feedback#1903", |hub| {
        hub.on_api_calls(html(S::OK, wild!("gateway-504.html")))
    }),
];
