//! Serves the server's own routes to programs in other languages: [`Loopback::serve_controls`](crate::Loopback::serve_controls).
//!
//! The server answers these routes in plain HTTP beside the Hub's own, and neither counts nor logs their requests.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_sim/code/USER` | 200 with the one-time code that this user's authenticator shows now, as text; 404 without one |
//! | `GET /_sim/requests` | 200 with a JSON array of the requests so far: `method`, `target`, `status` (`null` without an answer) |
//! | `POST /_sim/fault` | 204; the next request to the Hub meets this fault |
//!
//! The body of a fault is a JSON object, and `fault` names its kind. `times` repeats a fault, at most 1000 times.
//!
//! | `fault` | the server .. |
//! |---|---|
//! | `answer` (the default) | does not handle the request, and answers with `status` (200), `headers`, and `body` or `json` |
//! | `drop`, `drop_after` | closes the connection, before or after it handles the request |
//! | `stall` | does not handle the request, and says nothing |
//! | `truncate`, `drip` | cuts the body of the answer after `bytes`, or sends a byte each `every_ms` milliseconds |
//! | `endless`, `endless_unannounced` | answers 200 with a body of `bytes`, with a `Content-Length` or without |
//! | `raw` | sends `body` as it is, and closes the connection |
//! | `headers` | handles the request, and replaces these `headers` of the answer |
//! | `pass` | handles the request |
//!
//! `"edge": true` adds the headers of the edge in front of the Hub, `"file": "wild/rate-limit.json"` a body of the testkit's
//! `fixtures`. The scenarios stand in the same form in the testkit's `scenarios.json`.
//!
//! ```json
//! {"status": 429, "headers": {"retry-after": "1"}, "json": {"detail": "Rate limit exceeded"}, "times": 2}
//! ```

use std::sync::atomic::Ordering;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde::Serialize;

use crate::hub::order::Order;
use crate::hub::{Outcome, Seen, SimHub};
use crate::shared::{Shared, lock};

const PREFIX: &str = "/_sim/";

/// Answers a request for a control route. Returns `None` for any other request, or if these routes are not served.
pub(crate) fn answer(request: &Request<Vec<u8>>, shared: &Shared) -> Option<Outcome> {
    let route = request.uri().path().strip_prefix(PREFIX)?;
    if !shared.controls.load(Ordering::SeqCst) {
        return None;
    }
    let hub = &mut lock(&shared.hub);
    Some(Outcome::Answer(match (request.method(), route) {
        (&Method::GET, "requests") => json(&log(hub)),
        (&Method::GET, _) => match route.strip_prefix("code/").and_then(|user| hub.code(user, shared.now())) {
            Some(code) => text(StatusCode::OK, code),
            None => text(StatusCode::NOT_FOUND, "no such user, or no second factor\n"),
        },
        (&Method::POST, "fault") => match order(request.body(), hub) {
            Ok(()) => text(StatusCode::NO_CONTENT, ""),
            Err(why) => text(StatusCode::BAD_REQUEST, why + "\n"),
        },
        _ => text(StatusCode::NOT_FOUND, "no such control route\n"),
    }))
}

#[derive(Serialize)]
struct Logged<'a> {
    method: &'a str,
    target: &'a str,
    status: Option<u16>,
}

impl<'a> From<&'a Seen> for Logged<'a> {
    fn from(Seen { method, target, status }: &'a Seen) -> Logged<'a> {
        Logged { method: method.as_str(), target, status: status.map(|status| status.as_u16()) }
    }
}

fn log(hub: &SimHub) -> Vec<Logged<'_>> {
    hub.seen().iter().map(Logged::from).collect()
}

/// Puts the fault of this body into the hub's script.
fn order(body: &[u8], hub: &mut SimHub) -> Result<(), String> {
    let order: Order = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let fault = order.fault()?;
    for _ in 0..order.times() {
        hub.script(fault.clone());
    }
    Ok(())
}

fn json(value: &impl Serialize) -> Response<Vec<u8>> {
    let body = serde_json::to_vec(value).unwrap_or_default();
    of_type("application/json", body)
}

fn text(status: StatusCode, body: impl Into<String>) -> Response<Vec<u8>> {
    let mut answer = of_type("text/plain; charset=utf-8", body.into().into_bytes());
    *answer.status_mut() = status;
    answer
}

fn of_type(content_type: &'static str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut answer = Response::new(body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
