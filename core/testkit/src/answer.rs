//! Writes the outcome of a request.

use std::io::{self, Read, Write};

use crate::hub::Outcome;
use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::listener::Stop;
use crate::stream::Stream;

/// Names the state of a connection after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The next request may come.
    Next,
    /// The connection closes with the goodbye of TLS.
    Close,
    /// The connection closes without the goodbye of TLS.
    Cut,
}

/// Writes the outcome. `keep` is true if the client can send another request on this connection, `bodiless` if its method was
/// HEAD.
pub(crate) fn write(
    stream: &mut Stream<'_>,
    outcome: &Outcome,
    keep: bool,
    bodiless: bool,
    stop: &Stop,
) -> io::Result<Then> {
    match outcome {
        Outcome::Answer(answer) => {
            let then = if keep && !says_close(answer.headers()) { Then::Next } else { Then::Close };
            let mut bytes = head(answer, Some(answer.body().len() as u64), then);
            if !bodiless {
                bytes.extend(answer.body());
            }
            stream.send(&bytes)?;
            Ok(then)
        }
        Outcome::Truncated { answer, sent } => {
            let mut bytes = head(answer, Some(answer.body().len() as u64), Then::Next);
            bytes.extend(answer.body().iter().take(*sent));
            stream.send(&bytes)?;
            Ok(Then::Cut)
        }
        Outcome::Drip { answer, every } => {
            stream.send(&head(answer, Some(answer.body().len() as u64), Then::Close))?;
            for byte in answer.body() {
                if !stop.pause(*every) {
                    return Ok(Then::Cut);
                }
                stream.send(&[*byte])?;
            }
            Ok(Then::Close)
        }
        Outcome::Endless { answer, bytes, announced } => {
            stream.send(&head(answer, announced.then_some(*bytes), Then::Close))?;
            io::copy(&mut io::repeat(b' ').take(*bytes), stream)?;
            stream.flush()?;
            Ok(Then::Close)
        }
        Outcome::Raw(bytes) => {
            stream.send(bytes)?;
            Ok(Then::Close)
        }
        Outcome::Stall => {
            io::copy(stream, &mut io::sink())?;
            Ok(Then::Cut)
        }
        // `Drop` closes the connection without a byte.
        _ => Ok(Then::Cut),
    }
}

/// Answers bytes that are no request.
pub(crate) fn refuse(stream: &mut Stream<'_>, status: StatusCode) -> io::Result<()> {
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = status;
    stream.send(&head(&answer, Some(0), Then::Close))
}

/// Builds the head of this answer, with this length of its body. Keeps a `Content-Length` and a `Connection` of its own.
fn head(answer: &Response<Vec<u8>>, length: Option<u64>, then: Then) -> Vec<u8> {
    let status = answer.status();
    let mut headers = answer.headers().clone();
    let is_bodiless =
        status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED;
    if let Some(length) = length.filter(|_| !is_bodiless) {
        headers.entry(CONTENT_LENGTH).or_insert(length.into());
    }
    if then == Then::Close {
        headers.entry(CONNECTION).or_insert(HeaderValue::from_static("close"));
    }
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    for (name, value) in &headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend(part);
        }
    }
    head.extend(b"\r\n");
    head
}

/// Returns true if these headers end the connection.
pub(crate) fn says_close(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"))
}
