//! Answers of the edge, gateways and proxies in front of the Hub, and faults of the network.

use std::time::Duration;

use http::StatusCode as S;

use super::Scenario;
use super::canned::{by_edge, canned, html, json, redirect, wild};
use crate::hub::Fault;

pub(super) const ALL: &[Scenario] = &[
    Scenario::new(
        "edge-blocked",
        "403 from the edge in front of the Hub, which takes the client for a bot",
        "docker/hub-feedback#2502",
        |hub| hub.always(by_edge(S::FORBIDDEN, "text/plain; charset=UTF-8", wild!("cloudflare-1010.txt"))),
    ),
    Scenario::new(
        "edge-blocked-json",
        "the same 403 as a JSON object of the edge's own, which says not to retry",
        "diegosouzapw/OmniRoute#8775",
        |hub| hub.always(by_edge(S::FORBIDDEN, "application/json; charset=utf-8", wild!("cloudflare-1010.json"))),
    ),
    Scenario::new(
        "edge-blocked-page",
        "the same 403 as a page that has the code in it",
        "FlareSolverr/FlareSolverr#1574, anomalyco/opencode#41320",
        |hub| hub.always(by_edge(S::FORBIDDEN, "text/html; charset=UTF-8", wild!("cloudflare-1010.html"))),
    ),
    Scenario::new(
        "edge-limited-json",
        "429 of the edge, whose JSON object names the wait: 30 s",
        "developers.cloudflare.com changelog 2026-03-11 and 2026-03-12",
        |hub| {
            let json = "application/problem+json; charset=utf-8";
            hub.always(by_edge(S::TOO_MANY_REQUESTS, json, wild!("cloudflare-1015.json")))
        },
    ),
    Scenario::new(
        "edge-bad-gateway-json",
        "502 of the edge, whose JSON object names the wait: 60 s",
        "developers.cloudflare.com changelog, structured 5xx errors",
        |hub| hub.always(by_edge(S::BAD_GATEWAY, "application/json; charset=utf-8", wild!("cloudflare-502.json"))),
    ),
    Scenario::new(
        "edge-tunnel-json",
        "530 of the edge: the way to the Hub is down, for 120 s",
        "developers.cloudflare.com changelog 2026-03-12",
        |hub| hub.always(by_edge(status(530), "application/json; charset=utf-8", wild!("cloudflare-1033.json"))),
    ),
    Scenario::new(
        "edge-tls-json",
        "525 of the edge, which says that the same request will fail again",
        "developers.cloudflare.com changelog, structured 5xx errors",
        |hub| hub.always(by_edge(status(525), "application/json; charset=utf-8", wild!("cloudflare-525.json"))),
    ),
    Scenario::new(
        "network-login",
        "511: a network wants a login of its own before it lets anything through",
        "softonic/axios-retry#153, openNDS/openNDS#137, RFC 6585 section 6",
        |hub| hub.always(html(S::NETWORK_AUTHENTICATION_REQUIRED, wild!("network-login-511.html"))),
    ),
    Scenario::new(
        "compressed",
        "every answer is compressed as gzip, although none was asked for",
        "rbren/rss-parser#280, ArchiveTeam/wpull#14",
        |hub| {
            let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
            hub.always(canned(S::UNAUTHORIZED, &headers, wild!("second-factor.json.gz")))
        },
    ),
    Scenario::new(
        "compressed-unnamed",
        "the same, and no header says so",
        "mnutt/davros#94, jquatier/eureka-js-client#54",
        |hub| hub.always(json(S::UNAUTHORIZED, wild!("second-factor.json.gz"))),
    ),
    Scenario::new(
        "edge-challenge",
        "403 from the edge, with a page that asks for a browser",
        "docker/terraform-provider-docker#144, goharbor/harbor#23038",
        |hub| hub.always(by_edge(S::FORBIDDEN, "text/html; charset=UTF-8", wild!("cloudflare-challenge.html"))),
    ),
    Scenario::new(
        "edge-unavailable",
        "503 with the marks of the edge, each time",
        "inferred from docker/hub-feedback#2502",
        |hub| {
            hub.always(by_edge(S::SERVICE_UNAVAILABLE, "text/html; charset=UTF-8", wild!("cloudflare-challenge.html")))
        },
    ),
    Scenario::new("edge-page", "403 with a load balancer's page", "docker/hub-feedback#528", |hub| {
        hub.always(html(S::FORBIDDEN, "<html><body><h1>403 Forbidden</h1></body></html>\n"))
    }),
    Scenario::new("bad-gateway", "502 with a gateway's page", "docker/hub-feedback#2258", |hub| {
        hub.always(html(S::BAD_GATEWAY, "<html><body><h1>502 Bad Gateway</h1></body></html>\n"))
    }),
    Scenario::new("gateway-timeout", "504 with a gateway's page", "docker/hub-feedback#2258", |hub| {
        hub.always(html(S::GATEWAY_TIMEOUT, wild!("gateway-504.html")))
    }),
    Scenario::new(
        "request-timeout",
        "408: the request did not arrive in time, or so it says",
        "inferred from docker/hub-feedback#2258",
        |hub| hub.always(canned(S::REQUEST_TIMEOUT, &[("connection", "close")], "")),
    ),
    Scenario::new("html", "200 with the HTML page of a gateway that timed out", "docker/hub-feedback#1903", |hub| {
        hub.always(html(S::OK, wild!("gateway-504.html")))
    }),
    Scenario::new("proxy-method", "405 from a company's proxy", "docker/for-win#4323", |hub| {
        hub.always(html(S::METHOD_NOT_ALLOWED, "<html><body>Method Not Allowed</body></html>\n"))
    }),
    Scenario::new("proxy-login", "407: a company's proxy wants a login of its own", "docker/for-win#4323", |hub| {
        let headers = [("content-type", "text/html"), ("proxy-authenticate", "Basic realm=\"proxy\"")];
        hub.always(canned(S::PROXY_AUTHENTICATION_REQUIRED, &headers, "<html></html>\n"))
    }),
    Scenario::new(
        "not-found",
        "404, as below a base URL with a path that is not the Hub's",
        "docker/docs content/reference/api/hub/dvp.yaml",
        |hub| hub.prefix("/nowhere"),
    ),
    Scenario::new("redirect", "307 to another host", "docker/docker-agent pkg/hubauth/exchange.go", |hub| {
        hub.always(redirect(S::TEMPORARY_REDIRECT))
    }),
    Scenario::new("redirect-301", "301 to the path with a slash, elsewhere", "apache/libcloud#862", |hub| {
        hub.always(redirect(S::MOVED_PERMANENTLY))
    }),
    Scenario::new("redirect-302", "302 to another host", "docker/docker-agent pkg/hubauth/exchange.go", |hub| {
        hub.always(redirect(S::FOUND))
    }),
    Scenario::new("redirect-303", "303 to another host", "docker/docker-agent pkg/hubauth/exchange.go", |hub| {
        hub.always(redirect(S::SEE_OTHER))
    }),
    Scenario::new("redirect-308", "308 to another host", "docker/docker-agent pkg/hubauth/exchange.go", |hub| {
        hub.always(redirect(S::PERMANENT_REDIRECT))
    }),
    Scenario::new("dropped", "every connection is closed without an answer", "goharbor/harbor#12422, #14803", |hub| {
        hub.always(Fault::DropBefore)
    }),
    Scenario::new("lost-answer", "the first request is handled, its answer lost", "goharbor/harbor#14803", |hub| {
        hub.script(Fault::DropAfter)
    }),
    Scenario::new("truncated", "every answer breaks off after five bytes", "goharbor/harbor#14803", |hub| {
        hub.always(Fault::Truncate(5))
    }),
    Scenario::new("head-cut", "every answer breaks off in a header line", "goharbor/harbor#14803", |hub| {
        hub.always(Fault::Raw(b"HTTP/1.1 200 OK\r\ncontent-type: applica".to_vec()))
    }),
    Scenario::new("not-http", "what comes back is not HTTP", "docker/for-win#1939", |hub| {
        hub.always(Fault::Raw(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()))
    }),
    Scenario::new("slow", "every answer comes at one byte each 200 ms", "docker/hub-feedback#2258", |hub| {
        hub.always(Fault::Drip(Duration::from_millis(200)))
    }),
    Scenario::new("silent", "no request is ever answered", "docker/hub-feedback#2258", |hub| hub.always(Fault::Stall)),
];

/// A status that the edge made up.
fn status(code: u16) -> S {
    S::from_u16(code).unwrap_or(S::INTERNAL_SERVER_ERROR)
}
