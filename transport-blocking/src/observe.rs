//! What is told to `tracing`, with the feature of that name; without it nothing, at no cost.
//!
//! Routes, numbers and kinds: never a body, the value of a header, a user's name or a secret.

use std::time::Duration;

use hub_auth_core::{Break, Route};

#[cfg(feature = "tracing")]
mod on {
    use hub_auth_core::http::StatusCode;
    use tracing::span::EnteredSpan;
    use tracing::{debug, debug_span};

    use super::{Break, Duration, Route};

    const TARGET: &str = "hub_auth";

    /// One sending of a login's request, counted from 1 for each step; it lasts until it is dropped.
    pub(crate) fn attempt(route: Route, attempt: u8) -> EnteredSpan {
        debug_span!(target: TARGET, "attempt", route = route.as_str(), attempt).entered()
    }

    /// One call to the API.
    pub(crate) fn call() -> EnteredSpan {
        debug_span!(target: TARGET, "call").entered()
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
    use hub_auth_core::http::StatusCode;

    use super::{Break, Duration, Route};

    pub(crate) struct Span;

    pub(crate) fn attempt(_: Route, _: u8) -> Span {
        Span
    }

    pub(crate) fn call() -> Span {
        Span
    }

    pub(crate) fn connection(_: bool) {}
    pub(crate) fn answered(_: StatusCode, _: usize) {}
    pub(crate) fn broke(_: &Break) {}
    pub(crate) fn waits(_: Route, _: Duration) {}
}

#[cfg(not(feature = "tracing"))]
pub(crate) use off::{answered, attempt, broke, call, connection, waits};
#[cfg(feature = "tracing")]
pub(crate) use on::{answered, attempt, broke, call, connection, waits};
