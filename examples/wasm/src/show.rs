//! The answers, as they are written to JSON. Times are milliseconds since 1970 on the host's clock.

use hub_auth_core::api::Verdict;
use hub_auth_core::http::HeaderMap;
use hub_auth_core::{Advice, Challenge, Delivery, Failure, Grant, Request, Route, TransportErrorKind, UnixTime};
use serde::Serialize;

use crate::machine::Id;

/// Tells the host its next step, or the result of its call.
#[derive(Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(crate) enum Shown {
    /// Put this request on the wire as it is.
    Send { id: Id, request: ShownRequest },
    /// Ask a person for a code.
    NeedCode { id: Id, user: String, codes_left: u8, previous: Option<ShownFailure> },
    /// Wait.
    Wait { id: Id, until: u64 },
    /// Wait until the caller that logs in is through with it.
    Park { id: Id },
    /// Logged in.
    Done(Box<ShownGrant>),
    /// It has failed.
    Failed { failure: Box<ShownFailure> },
    /// A session is open.
    Session { session: Id },
    /// A token to use; with an id if it is for an API call whose answer is waited for.
    Ready { id: Option<Id>, token: String, headers: Headers },
    /// The answer to an API call is the caller's.
    Answered,
    /// Judges the answer to an API call.
    Verdict {
        verdict: &'static str,
        retry_at: Option<u64>,
        advice: Option<ShownAdvice>,
        failure: Option<Box<ShownFailure>>,
    },
    /// A login or session is closed, or an account was changed.
    Ok,
    /// The call makes no sense, and has changed nothing.
    Error { kind: &'static str, message: String },
}

type Headers = Vec<(String, String)>;

#[derive(Serialize)]
pub(crate) struct ShownRequest {
    method: String,
    url: String,
    headers: Headers,
    body: String,
}

#[derive(Serialize)]
pub(crate) struct ShownGrant {
    token: String,
    user: String,
    kind: &'static str,
    route: &'static str,
    expires_at: Option<u64>,
    name_mismatch: bool,
    trace_id: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ShownFailure {
    kind: &'static str,
    cause: &'static str,
    next: &'static str,
    route: Option<&'static str>,
    status: Option<u16>,
    retry_at: Option<u64>,
    trace_id: Option<String>,
    server_message: Option<String>,
    redirected_to: Option<String>,
    transport: Option<ShownBreak>,
}

#[derive(Serialize)]
pub(crate) struct ShownAdvice {
    cause: &'static str,
    next: &'static str,
}

#[derive(Serialize)]
struct ShownBreak {
    kind: &'static str,
    delivery: &'static str,
}

impl Shown {
    pub(crate) fn send(id: Id, request: &Request) -> Shown {
        let request = ShownRequest {
            method: request.method().to_string(),
            url: request.uri().to_string(),
            headers: headers(request.headers()),
            body: text(request.body().as_ref()),
        };
        Shown::Send { id, request }
    }

    pub(crate) fn need_code(id: Id, challenge: &Challenge) -> Shown {
        Shown::NeedCode {
            id,
            user: challenge.user().to_owned(),
            codes_left: challenge.codes_left(),
            previous: challenge.previous_failure().map(ShownFailure::from),
        }
    }

    pub(crate) fn done(grant: &Grant) -> Shown {
        Shown::Done(Box::new(ShownGrant {
            token: grant.token().expose().to_owned(),
            user: grant.user().to_owned(),
            kind: grant.kind().as_str(),
            route: grant.route().as_str(),
            expires_at: grant.expires_at().map(UnixTime::as_millis),
            name_mismatch: grant.name_mismatch(),
            trace_id: grant.trace_id().map(str::to_owned),
        }))
    }

    pub(crate) fn failed(failure: &Failure) -> Shown {
        Shown::Failed { failure: Box::new(failure.into()) }
    }
}

impl Shown {
    pub(crate) fn verdict(verdict: &Verdict) -> Shown {
        let (verdict, retry_at, advice, failure) = match verdict {
            Verdict::Fine => ("fine", None, None, None),
            Verdict::LogInAgain => ("log_in_again", None, None, None),
            Verdict::RetryAt(at) => ("retry_at", Some(at.as_millis()), None, None),
            Verdict::NotWithThisToken(Advice { cause, next, .. }) => {
                ("not_with_this_token", None, Some(ShownAdvice { cause, next }), None)
            }
            Verdict::Blocked(failure) => ("blocked", None, None, Some(Box::new(failure.into()))),
            Verdict::Other => ("other", None, None, None),
        };
        Shown::Verdict { verdict, retry_at, advice, failure }
    }
}

impl From<&Failure> for ShownFailure {
    fn from(failure: &Failure) -> ShownFailure {
        let advice = failure.advice();
        ShownFailure {
            kind: failure.kind().as_str(),
            cause: advice.cause,
            next: advice.next,
            route: failure.route().map(Route::as_str),
            status: failure.status().map(|status| status.as_u16()),
            retry_at: failure.retry_at().map(UnixTime::as_millis),
            trace_id: failure.trace_id().map(str::to_owned),
            server_message: failure.server_message().map(str::to_owned),
            redirected_to: failure.redirected_to().map(str::to_owned),
            transport: failure.transport().map(|(kind, delivery)| ShownBreak {
                kind: transport_kind(kind),
                delivery: if delivery == Delivery::NotSent { "not_sent" } else { "maybe_sent" },
            }),
        }
    }
}

pub(crate) fn headers(headers: &HeaderMap) -> Headers {
    headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

/// Turns bytes of a request into text. Core sends nothing but text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn transport_kind(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::Resolve => "resolve",
        TransportErrorKind::Connect => "connect",
        TransportErrorKind::Tls => "tls",
        TransportErrorKind::Proxy => "proxy",
        TransportErrorKind::Timeout => "timeout",
        TransportErrorKind::TooLarge => "too_large",
        TransportErrorKind::Unreadable => "unreadable",
        _ => "closed",
    }
}
