//! Describes a request that got no whole answer.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io, iter};

use hub_auth_core::{BoxError, TransportErrorKind};
use hub_auth_host::{TlsError, TlsFault};
use hyper_util::client::legacy;

/// Names the stage that failed, with the error beneath. It can be cloned, since hyper-util's client gives only a reference to
/// the error of a connector.
#[derive(Clone, Debug)]
pub(crate) struct StageError {
    pub(crate) kind: TransportErrorKind,
    what: Arc<str>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl StageError {
    pub(crate) fn new(kind: TransportErrorKind, what: impl Into<Arc<str>>) -> StageError {
        StageError { kind, what: what.into(), cause: None }
    }

    pub(crate) fn with(self, cause: impl Into<BoxError>) -> StageError {
        StageError { cause: Some(cause.into().into()), ..self }
    }

    /// Reports a deadline that passed.
    pub(crate) fn late(missing: &str, limit: Duration) -> StageError {
        StageError::new(TransportErrorKind::Timeout, format!("{missing} within {limit:?}"))
    }

    /// Reports a TLS handshake that failed.
    pub(crate) fn tls(error: impl Into<BoxError>) -> StageError {
        StageError::new(TransportErrorKind::Tls, "the TLS handshake failed").with(TlsError::of(error))
    }

    /// Reads an error of hyper-util's client: of the stage that the connector names, or else of an open connection.
    pub(crate) fn of_request(error: legacy::Error) -> StageError {
        let stage = causes(&error).find_map(|cause| cause.downcast_ref::<StageError>().cloned());
        stage.unwrap_or_else(|| StageError::on_the_wire(error))
    }

    /// Reads an error of an open connection. With TLS 1.3 a server refuses a client's certificate only after the handshake;
    /// any other fault of TLS ends a session that was agreed on.
    pub(crate) fn on_the_wire(error: impl Into<BoxError>) -> StageError {
        let error = error.into();
        let is_too_large = |cause: &(dyn Error + 'static)| {
            cause.downcast_ref().is_some_and(hyper::Error::is_parse_too_large)
                || cause.is::<http_body_util::LengthLimitError>()
        };
        // hyper's parser, or its reader of chunks.
        let is_unreadable = |cause: &(dyn Error + 'static)| {
            cause.downcast_ref().is_some_and(hyper::Error::is_parse)
                || cause
                    .downcast_ref()
                    .map(io::Error::kind)
                    .is_some_and(|kind| matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
        };
        match TlsFault::find(&*error) {
            Some(TlsFault::ClientCertificate) => StageError::tls(error),
            Some(_) => {
                StageError::new(TransportErrorKind::Closed, "TLS ended the connection").with(TlsError::of(error))
            }
            None if causes(&*error).any(is_too_large) => {
                StageError::new(TransportErrorKind::TooLarge, "the answer is too long").with(error)
            }
            None if causes(&*error).any(is_unreadable) => {
                StageError::new(TransportErrorKind::Unreadable, "the answer cannot be read as HTTP").with(error)
            }
            None => StageError::new(TransportErrorKind::Closed, "the connection broke").with(error),
        }
    }
}

/// Lists an error and its causes, those inside of an `io::Error` included.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|error| error as _).or_else(|| error.source())
    })
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for StageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
