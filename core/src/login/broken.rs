//! An exchange without a whole answer, as truthfully as the adapter knows it.

use std::error::Error;
use std::fmt;

use http::response::Parts;

/// A foreign error, kept as the cause.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What an adapter reports when no whole answer came.
pub struct Break {
    /// Whether the Hub may have seen the request.
    pub sent: Sent,
    /// What broke.
    pub what: Broke,
    /// Status and headers of the Hub, if they came before the body broke off. A cut 429 is a 429.
    pub head: Option<Parts>,
    /// The error beneath, for people. It must not hold any part of the request.
    pub cause: Option<BoxError>,
}

impl Break {
    /// A break of which nothing else is known.
    #[must_use]
    pub fn new(sent: Sent, what: Broke) -> Break {
        Break { sent, what, head: None, cause: None }
    }

    /// With status and headers that came before it.
    #[must_use]
    pub fn head(self, head: Parts) -> Break {
        Break { head: Some(head), ..self }
    }

    /// With the error beneath.
    #[must_use]
    pub fn cause(self, cause: impl Into<BoxError>) -> Break {
        Break { cause: Some(cause.into()), ..self }
    }
}

/// Of the head the status only: a header may hold a secret.
impl fmt::Debug for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Break")
            .field("sent", &self.sent)
            .field("what", &self.what)
            .field("status", &self.head.as_ref().map(|head| head.status))
            .field("cause", &self.cause)
            .finish()
    }
}

/// Whether the Hub may have seen the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Proved: no byte of the request was written.
    No,
    /// Everything else. The Hub may have counted the attempt.
    Maybe,
}

/// What broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broke {
    /// The host name has no address.
    Resolve,
    /// No connection.
    Connect,
    /// No trusted TLS session: a certificate, a protocol version.
    Tls,
    /// A proxy refused or failed. Never tried again: it would be given a password it refused once more.
    Proxy,
    /// A deadline passed.
    Timeout,
    /// The answer is longer than [`MAX_REPLY`](crate::MAX_REPLY), or its head longer than the adapter's limit.
    TooLarge,
    /// The connection ended or was reset, or what came is not HTTP.
    Closed,
}
