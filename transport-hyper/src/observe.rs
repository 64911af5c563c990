//! What is told to `tracing`, with the feature of that name; without it nothing, at no cost.
//!
//! Routes, numbers and kinds: never a body, the value of a header, a user's name or a secret.

#[cfg(not(feature = "tracing"))]
pub(crate) use off::{answered, attempt, broke, call, connection, waits};
#[cfg(feature = "tracing")]
pub(crate) use on::{answered, attempt, broke, call, connection, waits};

#[cfg(feature = "tracing")]
mod on {
    use std::time::Duration;

    use http::StatusCode;
    use hub_auth_core::{Break, Route};
    use tracing::{Instrument, debug, debug_span};

    const TARGET: &str = "hub_auth";

    /// One sending of a login's request, counted from 1 for each step.
    pub(crate) fn attempt<F: Future>(route: Route, attempt: u8, sending: F) -> impl Future<Output = F::Output> {
        sending.instrument(debug_span!(target: TARGET, "attempt", route = route.as_str(), attempt))
    }

    /// One call to the API.
    pub(crate) fn call<F: Future>(sending: F) -> impl Future<Output = F::Output> {
        sending.instrument(debug_span!(target: TARGET, "call"))
    }

    pub(crate) fn connection(reused: bool) {
        debug!(target: TARGET, reused, "connection");
    }

    pub(crate) fn answered(status: StatusCode, bytes: usize) {
        debug!(target: TARGET, status = status.as_u16(), bytes, "answered");
    }

    pub(crate) fn broke(broken: &Break) {
        let status = broken.head.as_ref().map(|head| head.status.as_u16());
        debug!(target: TARGET, what = ?broken.what, sent = ?broken.sent, status, "broke");
    }

    pub(crate) fn waits(route: Route, wait: Duration) {
        let waited = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        debug!(target: TARGET, route = route.as_str(), waited, "waits");
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::time::Duration;

    use http::StatusCode;
    use hub_auth_core::{Break, Route};

    pub(crate) fn attempt<F: Future>(_: Route, _: u8, sending: F) -> F {
        sending
    }

    pub(crate) fn call<F: Future>(sending: F) -> F {
        sending
    }

    pub(crate) fn connection(_: bool) {}

    pub(crate) fn answered(_: StatusCode, _: usize) {}

    pub(crate) fn broke(_: &Break) {}

    pub(crate) fn waits(_: Route, _: Duration) {}
}
