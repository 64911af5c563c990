//! Defines failures: a stable kind, the facts of the answer, and advice.

use std::sync::Arc;
use std::{error, fmt};

use http::StatusCode;

use crate::account::Identity;
use crate::advice::{Advice, Hints};
use crate::kind::FailureKind;
use crate::route::Route;
use crate::time::UnixTime;
use crate::transport::{BoxError, Delivery, TransportErrorKind};

/// Tells why a login, or an API call, failed. It is one pointer wide, and clones share it.
///
/// A failure never holds an answer's body. The Hub's own words are cut to 300 characters, made printable, and left out if they
/// repeat a secret that was sent with this call or came with the answer.
#[derive(Clone)]
pub struct Failure(Arc<Details>);

/// Collects the facts that a [`Failure`] is made of.
#[derive(Debug)]
pub(crate) struct Details {
    pub(crate) kind: FailureKind,
    /// `None` for an API call.
    pub(crate) route: Option<Route>,
    pub(crate) hints: Hints,
    pub(crate) status: Option<StatusCode>,
    pub(crate) retry_at: Option<UnixTime>,
    pub(crate) trace_id: Option<Box<str>>,
    pub(crate) server_message: Option<Box<str>>,
    pub(crate) redirected_to: Option<Box<str>>,
    pub(crate) transport: Option<(TransportErrorKind, Delivery)>,
    pub(crate) source: Option<BoxError>,
    pub(crate) is_from_store: bool,
}

impl Details {
    pub(crate) fn new(kind: FailureKind, route: Route, identity: &Identity) -> Details {
        Details { route: Some(route), hints: Hints::of(identity), ..Details::of_call(kind) }
    }

    /// Begins the failure of an API call, of which no account is known.
    pub(crate) fn of_call(kind: FailureKind) -> Details {
        Details {
            kind,
            route: None,
            hints: Hints::default(),
            status: None,
            retry_at: None,
            trace_id: None,
            server_message: None,
            redirected_to: None,
            transport: None,
            source: None,
            is_from_store: false,
        }
    }
}

impl From<Details> for Failure {
    fn from(details: Details) -> Failure {
        Failure(Arc::new(details))
    }
}

impl Failure {
    /// Returns the stable kind, to match on.
    pub fn kind(&self) -> FailureKind {
        self.0.kind
    }

    /// Returns one line of cause and one of what to do next.
    pub fn advice(&self) -> Advice {
        let Details { kind, route, hints, status, transport, is_from_store, .. } = &*self.0;
        let advice = Advice::of(*kind, *route, hints, *status, *transport);
        if *is_from_store { advice.of_another_process(*kind) } else { advice }
    }

    /// Returns whether this was read in a session's store: another process, or an earlier run of this one, was refused, and
    /// this one has sent nothing.
    pub fn is_from_store(&self) -> bool {
        self.0.is_from_store
    }

    /// Returns the route of the login whose call ended it; `None` for an API call.
    pub fn route(&self) -> Option<Route> {
        self.0.route
    }

    /// Returns the status of the answer, if one came.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns the instant of the local clock before which another try is useless, if that is known.
    pub fn retry_at(&self) -> Option<UnixTime> {
        self.0.retry_at
    }

    /// Returns `x-trace-id`, else `cf-ray`: the id that Docker's support asks for.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// Returns the Hub's own words: at most 300 printable characters, for people only.
    pub fn server_message(&self) -> Option<&str> {
        self.0.server_message.as_deref()
    }

    /// Returns the host that a redirect pointed to. It was not contacted.
    pub fn redirected_to(&self) -> Option<&str> {
        self.0.redirected_to.as_deref()
    }

    /// Returns what failed, and whether the Hub may have counted the attempt, if no whole answer came.
    pub fn transport(&self) -> Option<(TransportErrorKind, Delivery)> {
        self.0.transport
    }
}

impl FailureKind {
    /// Returns the advice for this kind if nothing else is known; [`Failure::advice`] knows more.
    pub fn advice(self) -> Advice {
        Advice::of(self, None, &Hints::default(), None, None)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = self.advice();
        write!(f, "{} {}", advice.cause, advice.next)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl error::Error for Failure {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

const _: () = assert!(size_of::<Failure>() == size_of::<usize>());
