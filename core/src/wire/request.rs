//! Makes every request: JSON in a buffer that never moves, the same headers, an exact length.

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde::Serialize;

use crate::json;
use crate::secret::Body;
use crate::transport::Request;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Makes a POST of `body`. The length is stated exactly: the Hub refuses a body of unknown length (docker/hub-tool#191).
pub(crate) fn post(uri: &Uri, user_agent: &HeaderValue, body: Body) -> Request {
    // Room for an adapter's Host as well.
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.as_ref().len()));
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, JSON);
    // Without it a server may compress the answer (RFC 9110, section 12.5.3).
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, user_agent.clone());
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request
}

/// Writes a JSON body that holds secrets.
pub(crate) fn body(fields: &impl Serialize) -> Body {
    Body::new(json::wiped(fields))
}
