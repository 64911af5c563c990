//! What a transport tells to `tracing`, with the feature of that name; without it nothing, at no cost. One set of names
//! for all transports, under the target `hub_auth`.
//!
//! Routes, numbers and kinds: never a body, the value of a header, a user's name or a secret.

#[cfg(not(feature = "tracing"))]
pub use off::{Entered, Span, answered, attempt, broke, call, connection, waits};
#[cfg(feature = "tracing")]
pub use on::{Entered, Span, answered, attempt, broke, call, connection, waits};

#[cfg(feature = "tracing")]
mod on {
    use std::fmt;
    use std::time::Duration;

    use hub_auth_core::http::StatusCode;
    use hub_auth_core::{Route, TransportError};
    use tracing::span::EnteredSpan;
    use tracing::{Instrument, debug, debug_span};

    const TARGET: &str = "hub_auth";

    /// What events belong to.
    #[derive(Debug)]
    #[must_use]
    pub struct Span(tracing::Span);

    /// A span on this thread, for as long as this lives.
    #[must_use]
    pub struct Entered(#[expect(dead_code, reason = "it is there to be dropped")] EnteredSpan);

    impl Span {
        /// For what follows on this thread.
        pub fn enter(self) -> Entered {
            Entered(self.0.entered())
        }

        /// For this future, wherever it is polled.
        pub fn around<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
            work.instrument(self.0)
        }
    }

    impl fmt::Debug for Entered {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Entered")
        }
    }

    /// One sending of a login's request, counted from 1 for each step.
    pub fn attempt(route: Route, attempt: u8) -> Span {
        Span(debug_span!(target: TARGET, "attempt", route = route.as_str(), attempt))
    }

    /// One call to the API.
    pub fn call() -> Span {
        Span(debug_span!(target: TARGET, "call"))
    }

    /// A connection is there, kept or new.
    pub fn connection(reused: bool) {
        debug!(target: TARGET, reused, "connection");
    }

    /// A whole answer came, with a body of this many bytes.
    pub fn answered(status: StatusCode, bytes: usize) {
        debug!(target: TARGET, status = status.as_u16(), bytes, "answered");
    }

    /// None came.
    pub fn broke(broken: &TransportError) {
        let status = broken.head.as_ref().map(|head| head.status.as_u16());
        debug!(target: TARGET, what = ?broken.kind, sent = ?broken.delivery, status, "broke");
    }

    /// A wait before the next send, told in milliseconds.
    pub fn waits(route: Route, wait: Duration) {
        let waited = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        debug!(target: TARGET, route = route.as_str(), waited, "waits");
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use std::time::Duration;

    use hub_auth_core::http::StatusCode;
    use hub_auth_core::{Route, TransportError};

    /// What events would belong to.
    #[derive(Debug)]
    #[must_use]
    pub struct Span;

    /// A span that nobody sees.
    #[derive(Debug)]
    #[must_use]
    pub struct Entered;

    impl Span {
        /// For what follows on this thread.
        #[inline]
        pub fn enter(self) -> Entered {
            Entered
        }

        /// For this future, wherever it is polled.
        #[inline]
        pub fn around<F: Future>(self, work: F) -> F {
            work
        }
    }

    /// One sending of a login's request, counted from 1 for each step.
    #[inline]
    pub fn attempt(_: Route, _: u8) -> Span {
        Span
    }

    /// One call to the API.
    #[inline]
    pub fn call() -> Span {
        Span
    }

    /// A connection is there, kept or new.
    #[inline]
    pub fn connection(_: bool) {}

    /// A whole answer came, with a body of this many bytes.
    #[inline]
    pub fn answered(_: StatusCode, _: usize) {}

    /// None came.
    #[inline]
    pub fn broke(_: &TransportError) {}

    /// A wait before the next send, told in milliseconds.
    #[inline]
    pub fn waits(_: Route, _: Duration) {}
}
