//! What comes from in front of the Hub: the edge, gateways, proxies, and the line itself.

use std::time::Duration;

use http::StatusCode as S;

use super::Scenario;
use super::canned::{by_edge, canned, html, redirect, wild};
use crate::hub::Fault;

pub(super) const ALL: &[Scenario] = &[
    Scenario::new(
        "edge-blocked",
        "403 from the edge in front of the Hub, which takes the client for a bot",
        "docker/hub-feedback#2502",
        |hub| hub.always(by_edge(S::FORBIDDEN, "text/plain; charset=UTF-8", wild!("cloudflare-1010.txt"))),
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
