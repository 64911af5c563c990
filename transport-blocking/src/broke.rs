//! What an error proves.

use std::error::Error;
use std::{fmt, io};

use hub_auth_core::{BoxError, Delivery, TransportError, TransportErrorKind};
use hub_auth_host::{TlsError, TlsFault};

/// An error from before there was a connection: proof that nothing of the request was written.
///
/// It travels through ureq as [`ureq::Error::Other`].
#[derive(Debug)]
pub(crate) struct NotSent {
    what: TransportErrorKind,
    cause: BoxError,
}

impl NotSent {
    pub(crate) fn new(what: TransportErrorKind, cause: impl Into<BoxError>) -> NotSent {
        NotSent { what, cause: cause.into() }
    }

    /// Marks an error of this stage: that broke, unless it was the time that ran out.
    pub(crate) fn by(what: TransportErrorKind) -> impl Fn(io::Error) -> NotSent {
        move |error| {
            let what = if error.kind() == io::ErrorKind::TimedOut { TransportErrorKind::Timeout } else { what };
            NotSent::new(what, unwrapped(error))
        }
    }

    /// With another error on top of its cause.
    pub(crate) fn beneath<E: Into<BoxError>>(self, on_top: impl FnOnce(BoxError) -> E) -> NotSent {
        NotSent { cause: on_top(self.cause).into(), ..self }
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for NotSent {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

impl From<NotSent> for ureq::Error {
    fn from(error: NotSent) -> ureq::Error {
        ureq::Error::Other(Box::new(error))
    }
}

impl From<NotSent> for TransportError {
    fn from(NotSent { what, cause }: NotSent) -> TransportError {
        TransportError::new(Delivery::NotSent, what).with_source(cause)
    }
}

/// The break that an error amounts to, before the head of an answer was read.
pub(crate) fn without_head(error: ureq::Error) -> TransportError {
    let (what, cause) = match error {
        ureq::Error::Other(other) => match other.downcast::<NotSent>() {
            Ok(not_sent) => return (*not_sent).into(),
            Err(other) => match other.downcast::<io::Error>() {
                Ok(error) => of_connection(*error),
                Err(other) => (TransportErrorKind::Closed, other),
            },
        },
        ureq::Error::Io(error) => of_connection(error),
        error @ ureq::Error::Timeout(_) => (TransportErrorKind::Timeout, error.into()),
        error @ ureq::Error::LargeResponseHeader(..) => (TransportErrorKind::TooLarge, error.into()),
        error => (TransportErrorKind::Closed, error.into()),
    };
    TransportError::new(Delivery::MaybeSent, what).with_source(cause)
}

/// What an error of a connection in use says. A server may refuse our certificate after the handshake.
fn of_connection(error: io::Error) -> (TransportErrorKind, BoxError) {
    match TlsFault::find(&error) {
        Some(TlsFault::ClientCertificate) => (TransportErrorKind::Tls, TlsError::of(error).into()),
        Some(_) => (TransportErrorKind::Closed, TlsError::of(error).into()),
        None => (TransportErrorKind::Closed, unwrapped(error)),
    }
}

/// The error that `std::io` wrapped, which says it without a kind in front.
fn unwrapped(error: io::Error) -> BoxError {
    if error.get_ref().is_none() {
        return error.into();
    }
    let kind = error.kind();
    error.into_inner().unwrap_or_else(|| io::Error::from(kind).into())
}
