//! 429, in every way it has named a wait.

use http::StatusCode as S;

use super::Scenario;
use super::canned::{canned, json, limited, wild};
use crate::hub::Fault;

const REFERENCE_2025: &str = "docker/docs content/reference/api/hub/latest.yaml at 0073bb65aa0a";

pub(super) const ALL: &[Scenario] = &[
    Scenario::new(
        "rate-limited",
        "429 with the headers of the rate limit, until the minute ends",
        "docker/docs#22916",
        |hub| hub.rate_limit(0),
    ),
    Scenario::new(
        "rate-limited-timestamp",
        "429 as sent on 1 May 2025: a Retry-After in unix seconds, 60 s after the answer's own Date",
        "docker/hub-feedback#2459",
        |hub| {
            hub.always(limited(&[
                ("retry-after", "1746136938"),
                ("x-ratelimit-limit", "180"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1746136938"),
                ("x-ratelimit-ip", "203.0.113.7"),
            ]))
        },
    ),
    Scenario::new("rate-limited-seconds", "429: Retry-After in seconds, 60", "goharbor/harbor#19984", |hub| {
        hub.always(limited(&[("retry-after", "60")]))
    }),
    Scenario::new(
        "rate-limited-milliseconds",
        "429: Retry-After in unix milliseconds, 60 s away",
        "rancher/charts-build-scripts#230",
        |hub| hub.always(limited(&[("retry-after", "1746136938000")])),
    ),
    Scenario::new(
        "rate-limited-date",
        "429: Retry-After as an HTTP date, 60 s away",
        "docker/docker-agent pkg/hubauth/exchange.go",
        |hub| hub.always(limited(&[("retry-after", "Thu, 01 May 2025 22:02:18 GMT")])),
    ),
    Scenario::new("rate-limited-x-retry-after", "429: X-Retry-After only, 60 s away", REFERENCE_2025, |hub| {
        hub.always(limited(&[("x-retry-after", "1746136938")]))
    }),
    Scenario::new("rate-limited-reset", "429: X-RateLimit-Reset only, 60 s away", REFERENCE_2025, |hub| {
        hub.always(limited(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1746136938")]))
    }),
    Scenario::new(
        "rate-limited-list",
        "429: a Retry-After that two machines on the way have set: 60, 60",
        "elizaOS/eliza#27447",
        |hub| hub.always(limited(&[("retry-after", "60, 60")])),
    ),
    Scenario::new(
        "rate-limited-twice",
        "429: two lines of Retry-After, of 30 and 60 s",
        "aaronpowell/httpstatus#153",
        |hub| hub.always(limited(&[("retry-after", "30"), ("retry-after", "60")])),
    ),
    Scenario::new(
        "rate-limited-decimal",
        "429: a Retry-After with a decimal point, 60.0",
        "OpenFeign/feign#980, microsoft/dotnet#955, SpaceTradersAPI/api-docs#24",
        |hub| hub.always(limited(&[("retry-after", "60.0")])),
    ),
    Scenario::new("rate-limited-signed", "429: a Retry-After with a sign, +60", "mastra-ai/mastra#23778", |hub| {
        hub.always(limited(&[("retry-after", "+60")]))
    }),
    Scenario::new(
        "rate-limited-quoted",
        "429: a Retry-After in quotes",
        "inferred from mastra-ai/mastra#23778",
        |hub| hub.always(limited(&[("retry-after", "\"60\"")])),
    ),
    Scenario::new(
        "rate-limited-negative",
        "429: a Retry-After below zero, which means now",
        "inferred from docker/hub-feedback#2459",
        |hub| hub.always(limited(&[("retry-after", "-60")])),
    ),
    Scenario::new(
        "rate-limited-past",
        "429: a Retry-After that had passed when the answer was sent",
        "inferred from docker/hub-feedback#2459",
        |hub| hub.always(limited(&[("retry-after", "1746136000")])),
    ),
    Scenario::new(
        "rate-limited-absurd",
        "429: a Retry-After of millions of years, cut to a day",
        "inferred from docker/hub-feedback#2459",
        |hub| hub.always(limited(&[("retry-after", "99999999999999999999")])),
    ),
    Scenario::new(
        "rate-limited-unreadable",
        "429: a Retry-After that is no number and no date, with a figure of the rate limit: a minute",
        "inferred from docker/hub-feedback#2459",
        |hub| hub.always(limited(&[("retry-after", "soon"), ("x-ratelimit-limit", "180")])),
    ),
    Scenario::new(
        "rate-limited-unnamed",
        "429 with figures of the rate limit and no wait: a minute",
        "docker/docs content/reference/api/hub/latest.yaml",
        |hub| hub.always(limited(&[("x-ratelimit-limit", "180"), ("x-ratelimit-remaining", "0")])),
    ),
    Scenario::new(
        "rate-limited-haproxy",
        "429 of a load balancer: plain text, header lines that end in a bare line feed",
        "docker/hub-feedback#1907",
        |hub| {
            let head =
                b"HTTP/1.1 429 Too Many Requests\nContent-Type: text/plain\nRetry-After: 60\nConnection: close\n\n";
            hub.always(Fault::Raw([head, &wild!("haproxy-429.txt")[..]].concat()))
        },
    ),
    Scenario::new(
        "rate-limited-cut",
        "429 with the headers of the rate limit, whose body breaks off after five bytes",
        "inferred from docker/hub-feedback#2459, goharbor/harbor#14803",
        |hub| hub.rate_limit(0).always(Fault::Truncate(5)),
    ),
    Scenario::new(
        "rate-limited-bare",
        "429 of the abuse limit: a line of text, no header that helps: ten minutes",
        "docker/docs content/manuals/docker-hub/usage/_index.md",
        |hub| hub.always(canned(S::TOO_MANY_REQUESTS, &[("content-type", "text/plain")], "Too Many Requests")),
    ),
    Scenario::new(
        "locked-out",
        "429 without the headers of the rate limit: too many failed logins, ten minutes",
        "docker/hub-feedback#2201, #1250",
        |hub| hub.lock_out_after(0),
    ),
    Scenario::new(
        "locked-out-legacy",
        "429 of the index of 2016, which names its hour in words only: ten minutes",
        "docker/hub-feedback#642",
        |hub| hub.always(json(S::TOO_MANY_REQUESTS, r#"{"detail":"locked out for one hour"}"#)),
    ),
];
