//! A login by hand, as short as can be with the same duties: the same headers, an exact length, the cap, the expiry, and
//! secrets wiped. It has no second thought: any other answer, an escape in a token, a token without expiry end it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use serde::{Deserialize, Serialize};

pub(crate) use self::wiped::Wiped;

mod wiped;

/// The longest answer that is read, in bytes.
const CAP: usize = 1024 * 1024;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: HeaderValue = HeaderValue::from_static("floor/1");

#[derive(Serialize)]
pub(crate) struct Login<'a> {
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
}

#[derive(Serialize)]
pub(crate) struct SecondFactor<'a> {
    pub(crate) login_2fa_token: &'a str,
    pub(crate) code: &'a str,
}

#[derive(Deserialize)]
struct Challenged<'a> {
    login_2fa_token: &'a str,
}

#[derive(Deserialize)]
struct Granted<'a> {
    token: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    exp: u64,
}

pub(crate) fn request(uri: &Uri, content: &impl Serialize) -> Request<Wiped> {
    let mut body = Wiped::with_room(256);
    serde_json::to_writer(&mut *body, content).expect("a request");
    let mut headers = HeaderMap::with_capacity(6);
    // Not `HeaderValue::from`: it allocates twice.
    headers.insert(CONTENT_LENGTH, HeaderValue::try_from(body.len().to_string()).expect("digits"));
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, JSON);
    headers.insert(USER_AGENT, AGENT);
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

/// The room for a body, which has to be announced: this floor knows nothing longer or chunked.
pub(crate) fn room(headers: &HeaderMap) -> usize {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).filter(|length| *length <= CAP).expect("a length")
}

/// The ticket of a second factor.
pub(crate) fn ticket(answer: &Response<impl AsRef<[u8]>>) -> Wiped {
    assert!(answer.status() == 401 && answer.body().as_ref().len() <= CAP);
    let Challenged { login_2fa_token } = serde_json::from_slice(answer.body().as_ref()).expect("a ticket");
    let mut ticket = Wiped::with_room(login_2fa_token.len());
    ticket.extend_from_slice(login_2fa_token.as_bytes());
    ticket
}

/// The bearer, ready for a header, and when it ends in unix seconds.
pub(crate) fn bearer(answer: &Response<impl AsRef<[u8]>>) -> (HeaderValue, u64) {
    assert!(answer.status() == 200 && answer.body().as_ref().len() <= CAP);
    let Granted { token } = serde_json::from_slice(answer.body().as_ref()).expect("a token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = Wiped::from(URL_SAFE_NO_PAD.decode(claims).expect("claims"));
    let Claims { exp } = serde_json::from_slice(&claims).expect("an expiry");
    let mut bearer = Wiped::with_room(7 + token.len());
    bearer.extend_from_slice(b"Bearer ");
    bearer.extend_from_slice(token.as_bytes());
    let mut bearer = HeaderValue::from_maybe_shared(Bytes::from_owner(bearer)).expect("a header");
    bearer.set_sensitive(true);
    (bearer, exp)
}
