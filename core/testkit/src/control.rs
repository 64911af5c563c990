//! Routes of the server itself, for programs in other languages: [`Loopback::serve_controls`](crate::Loopback::serve_controls).
//!
//! They are answered in plain HTTP as the Hub's own routes are, and are counted and logged nowhere.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_sim/code/USER` | 200 and the one-time code that this user's authenticator shows now, as text; 404 without one |
//! | `GET /_sim/requests` | 200 and a JSON array of what has arrived: `method`, `target`, `status` (`null` where no answer was given) |
//! | `POST /_sim/fault` | 204; the next request to the Hub meets this fault: see below |
//!
//! The body of a fault is a JSON object. `fault` names it: `drop` (the connection is closed, the request not handled),
//! `drop_after` (handled, and the answer lost), `stall` (silence), `truncate` (handled, and the answer's body cut after
//! `bytes`), or `answer` (not handled; answered by `status`, `headers` and `body`). `times` repeats it, at most 1000 times.
//!
//! ```json
//! {"fault": "answer", "status": 429, "headers": {"retry-after": "1"}, "body": "{\"detail\":\"Rate limit exceeded\"}", "times": 2}
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::hub::{Fault, Outcome, Seen, SimHub};
use crate::shared::{Shared, lock};

const PREFIX: &str = "/_sim/";
const MOST_TIMES: usize = 1000;

/// The answer to a request for a control route; `None` for any other, or if these routes are not served.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ordered {
    fault: Kind,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    bytes: usize,
    #[serde(default = "once")]
    times: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Drop,
    DropAfter,
    Stall,
    Truncate,
    Answer,
}

fn ok() -> u16 {
    200
}

fn once() -> usize {
    1
}

/// Puts the fault of this body into the hub's script.
fn order(body: &[u8], hub: &mut SimHub) -> Result<(), String> {
    let ordered: Ordered = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let fault = match ordered.fault {
        Kind::Drop => Fault::DropBefore,
        Kind::DropAfter => Fault::DropAfter,
        Kind::Stall => Fault::Stall,
        Kind::Truncate => Fault::Truncate(ordered.bytes),
        Kind::Answer => Fault::Answer(canned(&ordered)?),
    };
    for _ in 0..ordered.times.min(MOST_TIMES) {
        hub.script(fault.clone());
    }
    Ok(())
}

fn canned(ordered: &Ordered) -> Result<Response<Vec<u8>>, String> {
    let mut answer = Response::new(ordered.body.clone().into_bytes());
    *answer.status_mut() = StatusCode::from_u16(ordered.status).map_err(|error| error.to_string())?;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &ordered.headers {
        let name: HeaderName = name.parse().map_err(|error| format!("headers: {error}"))?;
        let value: HeaderValue = value.parse().map_err(|error| format!("headers: {error}"))?;
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
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
