//! Learn here how little HTTP a login needs: one POST a connection, and an answer that ends with its connection.

use std::io::Write as _;

use hub_auth_core::http::{HeaderName, HeaderValue, Response};
use hub_auth_core::{Delivery, MAX_REPLY, Reply, Request, TransportError, TransportErrorKind};
use zeroize::Zeroizing;

const MOST_HEADERS: usize = 64;
/// The longest answer that is read, head included, in bytes.
pub const LONGEST: usize = MAX_REPLY + 64 * 1024;

/// Returns the bytes of a request, wiped on drop: they hold a secret. The answer is to end with the connection.
#[must_use]
pub fn bytes(request: &Request) -> Zeroizing<Vec<u8>> {
    let body = request.body().as_ref();
    // Room for all, so that no half-written copy is left behind where it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(body.len() + 4096));
    let (uri, host) = (request.uri(), request.uri().authority().map_or("", |authority| authority.as_str()));
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let _ = write!(bytes, "{} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n", request.method());
    for (name, value) in request.headers() {
        let _ = write!(bytes, "{name}: ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}

/// Reads an answer that has ended. One that is cut is an error, with its head if that much came.
pub fn answer(bytes: &[u8]) -> Result<Reply<'_>, TransportError> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = head.parse(bytes) else { return Err(broken()) };
    let body = bytes.get(length..).unwrap_or_default();
    let mut reply = Response::new(body);
    *reply.status_mut() = head.code.and_then(|code| code.try_into().ok()).ok_or_else(broken)?;
    for header in head.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(header.name), HeaderValue::from_bytes(header.value)) {
            reply.headers_mut().append(name, value);
        }
    }
    let announced = reply.headers().get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|announced: usize| announced != body.len()) {
        return Err(broken().with_head(reply.into_parts().0));
    }
    Ok(reply)
}

/// Returns what is reported when a connection ends early. The request may have arrived: a retry is core's to decide.
#[must_use]
pub fn broken() -> TransportError {
    TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed)
}

/// Returns what is reported when no connection was made: no byte was sent.
#[must_use]
pub fn not_connected(error: std::io::Error) -> TransportError {
    TransportError::new(Delivery::NotSent, TransportErrorKind::Connect).with_source(error)
}
