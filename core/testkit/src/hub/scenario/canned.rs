//! Builds answers that do not depend on the request.

use http::header::{CONTENT_TYPE, DATE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::hub::answers;
use crate::hub::faults::Fault;

/// A body seen in the wild; the fixtures' README names its source.
macro_rules! wild {
    ($file:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/wild/", $file))
    };
}

/// A body from the published reference.
macro_rules! reference {
    ($file:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/", $file))
    };
}
pub(super) use {reference, wild};

/// An answer with these headers and no others but those every answer gets.
pub(super) fn canned(status: StatusCode, headers: &[(&'static str, &'static str)], body: impl AsRef<[u8]>) -> Fault {
    let mut answer = Response::new(body.as_ref().to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers.iter().copied().map(header).collect();
    Fault::Answer(answer)
}

fn header((name, value): (&'static str, &'static str)) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}

pub(super) fn json(status: StatusCode, body: impl AsRef<[u8]>) -> Fault {
    canned(status, &[(CONTENT_TYPE.as_str(), "application/json")], body)
}

pub(super) fn html(status: StatusCode, body: impl AsRef<[u8]>) -> Fault {
    canned(status, &[(CONTENT_TYPE.as_str(), "text/html")], body)
}

/// 200 with this token.
pub(super) fn token(token: &str) -> Fault {
    json(StatusCode::OK, serde_json::json!({ "token": token, "access_token": token }).to_string())
}

/// 429 of the rate limit at the time of docker/hub-feedback#2459, by the answer's own `Date`.
pub(super) fn limited(headers: &[(&'static str, &'static str)]) -> Fault {
    let own = [(CONTENT_TYPE.as_str(), "application/json"), (DATE.as_str(), "Thu, 01 May 2025 22:01:18 GMT")];
    canned(StatusCode::TOO_MANY_REQUESTS, &[&own, headers].concat(), wild!("rate-limit.json"))
}

/// 503 as the Hub's own JSON.
pub(super) fn unavailable() -> Fault {
    json(StatusCode::SERVICE_UNAVAILABLE, r#"{"message":"service unavailable","errinfo":{}}"#)
}

/// Sends the client elsewhere.
pub(super) fn redirect(status: StatusCode) -> Fault {
    let headers =
        [(CONTENT_TYPE.as_str(), "text/html"), (LOCATION.as_str(), "https://elsewhere.example/v2/users/login/")];
    canned(status, &headers, wild!("redirect-301.html"))
}

/// An answer with the marks of the edge in front of the Hub.
pub(super) fn by_edge(status: StatusCode, content_type: &'static str, body: impl AsRef<[u8]>) -> Fault {
    Fault::Answer(answers::from_edge(status, content_type, body.as_ref()))
}

/// Headers to put in place of those of a handled answer.
pub(super) fn headers(headers: &[(&'static str, &'static str)]) -> Fault {
    Fault::Headers(headers.iter().copied().map(header).collect::<HeaderMap>())
}
