//! A login by hand, as short as can be with the same duties: the same headers, the cap, the expiry, and secrets wiped.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Job, PASSWORD, USER};

/// The longest answer that is read, in bytes.
const CAP: usize = 1024 * 1024;
/// The route of a login.
pub const ROUTE: &str = "/v2/users/login";

#[derive(Serialize)]
struct Login<'a> {
    username: &'a str,
    password: &'a str,
}

#[derive(Deserialize)]
struct Granted<'a> {
    token: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    exp: u64,
}

/// The request, to this target.
#[must_use]
pub fn request(target: &str) -> Request<Zeroizing<Vec<u8>>> {
    let mut body = Zeroizing::new(Vec::with_capacity(256));
    serde_json::to_writer(&mut *body, &Login { username: USER, password: PASSWORD }).expect("a request");
    let request = Request::post(target)
        .header(CONTENT_LENGTH, body.len())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "by-hand/1");
    request.body(body).expect("a request")
}

/// The room for a body, which has to be announced: nothing longer or chunked is known here.
#[must_use]
pub fn room(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).filter(|length| *length <= CAP).expect("a length")
}

/// Reads the answer into the bearer, ready for a header, and ends the job.
pub fn finish(job: &Job, answer: &Response<Zeroizing<Vec<u8>>>) {
    assert_eq!(answer.status(), 200);
    let Granted { token } = serde_json::from_slice(answer.body()).expect("a token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = Zeroizing::new(URL_SAFE_NO_PAD.decode(claims).expect("claims"));
    let Claims { exp } = serde_json::from_slice(&claims).expect("an expiry");
    let mut bearer = Zeroizing::new(Vec::with_capacity(7 + token.len()));
    bearer.extend_from_slice(b"Bearer ");
    bearer.extend_from_slice(token.as_bytes());
    let mut bearer = HeaderValue::from_maybe_shared(Bytes::from_owner(bearer)).expect("a header");
    bearer.set_sensitive(true);
    std::hint::black_box(&bearer);
    job.done(exp);
}
