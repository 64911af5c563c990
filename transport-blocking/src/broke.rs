//! What an error of ureq proves.

use std::error::Error;
use std::{fmt, io};

use hub_auth_core::{BoxError, Break, Broke, Sent};

/// An error from before there was a connection: proof that nothing of the request was written.
///
/// It travels through ureq as [`ureq::Error::Other`].
#[derive(Debug)]
struct NotSent {
    what: Broke,
    cause: BoxError,
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

/// Marks an error met while connecting; `what` broke, unless it was the time that ran out.
pub(crate) fn not_sent(what: Broke) -> impl Fn(ureq::Error) -> ureq::Error {
    move |error| {
        let what = if matches!(error, ureq::Error::Timeout(_)) { Broke::Timeout } else { what };
        ureq::Error::Other(Box::new(NotSent { what, cause: beneath(error) }))
    }
}

/// The break that an error amounts to, before the head of an answer was read.
pub(crate) fn without_head(error: ureq::Error) -> Break {
    let what = match error {
        ureq::Error::Other(other) => match other.downcast::<NotSent>() {
            Ok(not_sent) => return Break::new(Sent::No, not_sent.what).cause(not_sent.cause),
            Err(other) => return Break::new(Sent::Maybe, Broke::Closed).cause(other),
        },
        ureq::Error::Timeout(_) => Broke::Timeout,
        ureq::Error::LargeResponseHeader(..) => Broke::TooLarge,
        _ => Broke::Closed,
    };
    Break::new(Sent::Maybe, what).cause(beneath(error))
}

/// The error that ureq and `std::io` wrapped, which says it without their names in front.
fn beneath(error: ureq::Error) -> BoxError {
    let error = match error {
        ureq::Error::Io(error) => error,
        ureq::Error::Other(other) => return other,
        other => return other.into(),
    };
    if error.get_ref().is_none() {
        return error.into();
    }
    let kind = error.kind();
    error.into_inner().unwrap_or_else(|| io::Error::from(kind).into())
}
