//! What broke, before it is known what of the request was sent.

use std::time::Duration;

use hub_auth_core::{BoxError, TransportErrorKind};
use hub_auth_host::{Proxy, TlsError, TlsFault};

/// What broke, and the error beneath.
pub(crate) struct Broken {
    pub(crate) what: TransportErrorKind,
    pub(crate) cause: BoxError,
}

impl Broken {
    pub(crate) fn new(what: TransportErrorKind, cause: impl Into<BoxError>) -> Broken {
        Broken { what, cause: cause.into() }
    }

    /// TLS could not be agreed on.
    pub(crate) fn untrusted(cause: impl Into<BoxError>) -> Broken {
        Broken::new(TransportErrorKind::Tls, TlsError::of(cause))
    }

    /// What hyper met once there was a connection. With TLS 1.3 a server says only then that it refuses the client's
    /// certificate; any other fault of TLS just ends what was agreed on.
    pub(crate) fn on_the_wire(error: hyper::Error) -> Broken {
        match TlsFault::find(&error) {
            Some(TlsFault::ClientCertificate) => Broken::untrusted(error),
            Some(_) => Broken::new(TransportErrorKind::Closed, TlsError::of(error)),
            None if error.is_parse_too_large() => Broken::new(TransportErrorKind::TooLarge, error),
            None => Broken::new(TransportErrorKind::Closed, error),
        }
    }

    /// A deadline passed.
    pub(crate) fn late(missing: &str, limit: Duration) -> Broken {
        Broken::new(TransportErrorKind::Timeout, format!("{missing} within {limit:?}"))
    }

    /// It was the proxy that was not found, reached or trusted.
    pub(crate) fn at(self, proxy: &Proxy) -> Broken {
        Broken::new(self.what, proxy.unreachable(self.cause))
    }
}
