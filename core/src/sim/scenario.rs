//! Scenarios: the demo accounts with one thing wrong, by name. One line of the table each.

use std::time::Duration;

use http::header::{CONNECTION, HeaderValue, LOCATION, SERVER};
use http::{Response, StatusCode};

use super::accounts::SimUser;
use super::answers;
use super::faults::Fault;
use super::{SimHub, demo};

/// Makes [`NAMES`] and [`build`] out of one table.
macro_rules! scenarios {
    ($($name:literal, $line:literal, $change:expr;)*) => {
        pub(super) const NAMES: &[(&str, &str)] = &[$(($name, $line)),*];

        pub(super) fn build(name: &str) -> Option<SimHub> {
            let change: fn(&mut SimHub) = match name {
                $($name => $change,)*
                _ => return None,
            };
            let mut hub = SimHub::demo();
            change(&mut hub);
            Some(hub)
        }
    };
}

scenarios! {
    "demo", "everything works: alice logs in with a second factor, bob without", |_| {};
    "no-second-factor", "alice's second factor is turned off: one call logs her in", |hub| {
        hub.add(SimUser::new(demo::USER, demo::PASSWORD).token(demo::PAT));
    };
    "wrong-password", "no user name and secret is known: 401", |hub| *hub = SimHub::new();
    "wrong-code", "the password is right, every code is refused: 401", |hub| {
        hub.script(Fault::Pass).always(Fault::Answer(answers::refused()));
    };
    "rate-limited", "429 with the headers of the rate limit, until the minute ends", |hub| {
        hub.rate_limit(0);
    };
    "locked-out", "429 without those headers: too many failed logins", |hub| {
        hub.lock_out_after(0);
    };
    "edge-blocked", "403 from the edge in front of the Hub, which takes the client for a bot", |hub| {
        hub.always(Fault::Answer(edge_block()));
    };
    "server-fault", "every request ends in 503", |hub| {
        hub.always(unavailable());
    };
    "flaky", "two requests end in 503, then all is well", |hub| {
        hub.script(unavailable()).script(unavailable());
    };
    "html", "200 with the HTML page of a gateway that timed out", |hub| {
        let page = "<html><head><title>504 Gateway Time-out</title></head><body></body></html>";
        hub.always(Fault::of_type(StatusCode::OK, "text/html", page));
    };
    "no-token", "200 with JSON that has no token in it", |hub| {
        hub.always(Fault::json(StatusCode::OK, "{}"));
    };
    "redirect", "307 to another host", |hub| {
        hub.always(Fault::Answer(redirect()));
    };
    "dropped", "every connection is closed without an answer", |hub| {
        hub.always(Fault::DropBefore);
    };
    "lost-answer", "the first request is handled, its answer lost", |hub| {
        hub.script(Fault::DropAfter);
    };
    "truncated", "every answer breaks off after five bytes", |hub| {
        hub.always(Fault::Truncate(5));
    };
    "slow", "every answer comes at one byte each 200 ms", |hub| {
        hub.always(Fault::Drip(Duration::from_millis(200)));
    };
    "silent", "no request is ever answered", |hub| {
        hub.always(Fault::Stall);
    };
    "endless", "200 with a body of a gibibyte", |hub| {
        hub.always(Fault::Endless(1 << 30));
    };
}

fn unavailable() -> Fault {
    Fault::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"message":"service unavailable","errinfo":{}}"#)
}

/// As seen from CI (docker/hub-feedback#2502).
fn edge_block() -> Response<Vec<u8>> {
    let mut answer = answers::of_type(StatusCode::FORBIDDEN, "text/plain; charset=UTF-8", "error code: 1010");
    answer.headers_mut().insert(SERVER, HeaderValue::from_static("cloudflare"));
    answer.headers_mut().insert("cf-ray", HeaderValue::from_static("8f0000000000demo-FRA"));
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn redirect() -> Response<Vec<u8>> {
    let mut answer = answers::of_type(StatusCode::TEMPORARY_REDIRECT, "text/html", "");
    answer.headers_mut().insert(LOCATION, HeaderValue::from_static("https://elsewhere.example/v2/users/login"));
    answer
}
