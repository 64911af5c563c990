//! Holds the values that pass between core and an adapter: requests, replies, and errors of the transport.

use std::error::Error;
use std::fmt;

use http::response::Parts;
use zeroize::Zeroizing;

use crate::secret::Body;

/// A request to put on the wire as it is: method, absolute URL, headers (with an exact `Content-Length`) and body.
///
/// Never follow a redirect with it, never send it twice.
pub type Request = http::Request<Body>;

/// A whole answer: status, headers, and the body's bytes.
pub type Reply<'a> = http::Response<&'a [u8]>;

/// The longest body of an answer that is read, in bytes: 1 MiB. The Hub's own are a few kilobytes.
pub const MAX_REPLY: usize = 1024 * 1024;
/// Room for any real answer, in bytes; an announced length is believed up to here.
const BELIEVED: usize = 64 * 1024;

/// Collects the body of an answer, of at most [`MAX_REPLY`] bytes, wiped on drop and whenever it moves to grow.
///
/// ```
/// use hub_auth_core::{ReplyBody, MAX_REPLY};
///
/// let mut body = ReplyBody::new(Some(16));
/// body.push(b"{\"token\":")?;
/// body.push(b"\"abc\"}")?;
/// assert_eq!(body.as_ref(), br#"{"token":"abc"}"#);
/// assert!(body.push(&vec![0; MAX_REPLY]).is_err());
/// # Ok::<(), hub_auth_core::TransportError>(())
/// ```
#[derive(Default)]
pub struct ReplyBody(Zeroizing<Vec<u8>>);

impl ReplyBody {
    /// Makes an empty body, with room for the bytes that `Content-Length` announces, at most 64 KiB.
    pub fn new(announced: Option<u64>) -> ReplyBody {
        let room = announced.and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(BELIEVED);
        ReplyBody(Vec::with_capacity(room).into())
    }

    /// Adds a piece. If the body would be longer than the limit, leaves the piece out and returns the error to report.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), TransportError> {
        let length = self.0.len().saturating_add(piece.len());
        if length > MAX_REPLY {
            return Err(TransportError::new(Delivery::MaybeSent, TransportErrorKind::TooLarge));
        }
        if length > self.0.capacity() {
            let doubled = length.max(self.0.capacity() * 2).max(1024);
            // Past what a real answer needs, all the room at once: each place left behind costs memory beside the next.
            let room = if doubled > BELIEVED { MAX_REPLY } else { doubled };
            // Not `reserve`: it would free the old place without wiping it.
            let mut grown = Zeroizing::new(Vec::with_capacity(room));
            grown.extend_from_slice(&self.0);
            self.0 = grown;
        }
        self.0.extend_from_slice(piece);
        Ok(())
    }
}

impl AsRef<[u8]> for ReplyBody {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyBody({} bytes)", self.0.len())
    }
}

/// An error of another library, kept as the cause.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Tells core that no whole answer came.
pub struct TransportError {
    /// Tells if the Hub may have seen the request.
    pub delivery: Delivery,
    /// The part that failed.
    pub kind: TransportErrorKind,
    /// Status and headers of the Hub, if they came before the body broke off. A cut 429 is a 429.
    pub head: Option<Box<Parts>>,
    /// The error beneath, for people. It must not hold any part of the request.
    pub source: Option<BoxError>,
}

impl TransportError {
    /// Makes an error of which nothing else is known.
    pub fn new(delivery: Delivery, kind: TransportErrorKind) -> TransportError {
        TransportError { delivery, kind, head: None, source: None }
    }

    /// Adds the status and headers that came before the body broke off.
    #[must_use]
    pub fn with_head(self, head: Parts) -> TransportError {
        TransportError { head: Some(Box::new(head)), ..self }
    }

    /// Adds the error beneath.
    #[must_use]
    pub fn with_source(self, source: impl Into<BoxError>) -> TransportError {
        TransportError { source: Some(source.into()), ..self }
    }
}

/// Shows the status of the head only: a header may hold a secret.
impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("delivery", &self.delivery)
            .field("kind", &self.kind)
            .field("status", &self.head.as_ref().map(|head| head.status))
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = match self.delivery {
            Delivery::NotSent => "nothing was sent",
            Delivery::MaybeSent => "the request may have arrived",
        };
        write!(f, "{}; {sent}", self.kind)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// Says whether the Hub may have seen the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The Hub has not seen it: no byte of the request was written, and that is proved.
    NotSent,
    /// The Hub may have seen it, and may have counted the attempt: whatever is not proved.
    MaybeSent,
}

/// Names the part of the transport that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The host name has no address.
    Resolve,
    /// No connection could be made.
    Connect,
    /// No trusted TLS session could be made, because of a certificate or a protocol version.
    Tls,
    /// A proxy refused or failed. The login ends: another try would show the proxy a password that it has refused.
    Proxy,
    /// A deadline passed.
    Timeout,
    /// The answer is longer than [`MAX_REPLY`](crate::MAX_REPLY), or its head longer than the adapter's limit.
    TooLarge,
    /// An answer came and is not HTTP as the adapter's library reads it. Final: what was answered is not sent again.
    Unreadable,
    /// The connection ended or was reset before the answer did.
    Closed,
}

impl fmt::Display for TransportErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TransportErrorKind::Resolve => "the host name has no address",
            TransportErrorKind::Connect => "no connection could be made",
            TransportErrorKind::Tls => "no trusted TLS session could be made",
            TransportErrorKind::Proxy => "the proxy refused or failed",
            TransportErrorKind::Timeout => "a deadline passed",
            TransportErrorKind::TooLarge => "the answer is too long",
            TransportErrorKind::Unreadable => "the answer cannot be read as HTTP",
            TransportErrorKind::Closed => "the connection ended before the answer did",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_by_pieces_up_to_the_limit() {
        let mut body = ReplyBody::new(None);
        for _ in 0..MAX_REPLY {
            body.push(b"x").unwrap();
        }
        assert_eq!(body.push(b"x").unwrap_err().kind, TransportErrorKind::TooLarge);
        assert_eq!(body.as_ref().len(), MAX_REPLY);
    }

    #[test]
    fn an_absurd_announcement_reserves_little() {
        assert!(ReplyBody::new(Some(u64::MAX)).0.capacity() <= BELIEVED);
    }
}
