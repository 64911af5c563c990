//! Why a login ended: a stable kind, what is known of the answer, and advice.

use std::sync::Arc;
use std::{error, fmt};

use http::StatusCode;

use crate::account::Identity;
use crate::advice::{Advice, Hints};
use crate::login::{BoxError, Broke, Sent};
use crate::time::UnixTime;
use crate::wire::Route;

/// The kinds of failure. Their names are stable: the same here, in `login --json` and on the errors page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A value that cannot be used; nothing was sent.
    Usage,
    /// 401 to the first call: the Hub refused the user name or the secret.
    CredentialsRefused,
    /// 403 as JSON, or 400: who asks is known, what is asked is not allowed.
    RefusedByPolicy,
    /// A one-time code is needed and nobody is there to give one.
    SecondFactorRequired,
    /// The codes given were refused.
    CodeRefused,
    /// 429: too many requests or too many failed logins.
    RateLimited,
    /// The same secret was refused before and is not sent again yet; nothing was sent.
    LockedOut,
    /// The network in front of the Hub refused the program, not the Hub the account.
    BlockedByEdge,
    /// No answer: name, connection, TLS or proxy failed, or the connection closed.
    Transport,
    /// No answer in time.
    TimedOut,
    /// 5xx and its kin.
    ServerFault,
    /// An answer that sends the client elsewhere; never followed, since the request holds a secret.
    Redirected,
    /// An answer that is none of the Hub's.
    MalformedAnswer,
    /// An answer longer than [`MAX_REPLY`](crate::MAX_REPLY).
    AnswerTooLarge,
}

impl Kind {
    /// Every kind, in the order of the errors page.
    pub const ALL: [Kind; 14] = [
        Kind::Usage,
        Kind::CredentialsRefused,
        Kind::RefusedByPolicy,
        Kind::SecondFactorRequired,
        Kind::CodeRefused,
        Kind::RateLimited,
        Kind::LockedOut,
        Kind::BlockedByEdge,
        Kind::Transport,
        Kind::TimedOut,
        Kind::ServerFault,
        Kind::Redirected,
        Kind::MalformedAnswer,
        Kind::AnswerTooLarge,
    ];

    /// What to tell people of a failure of this kind when no more is known; [`Failure::advice`] knows more.
    #[must_use]
    pub fn advice(self) -> Advice {
        Advice::of(self, Route::UsersLogin, &Hints::default(), None, None)
    }

    /// The stable name, in `snake_case`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Usage => "usage",
            Kind::CredentialsRefused => "credentials_refused",
            Kind::RefusedByPolicy => "refused_by_policy",
            Kind::SecondFactorRequired => "second_factor_required",
            Kind::CodeRefused => "code_refused",
            Kind::RateLimited => "rate_limited",
            Kind::LockedOut => "locked_out",
            Kind::BlockedByEdge => "blocked_by_edge",
            Kind::Transport => "transport",
            Kind::TimedOut => "timed_out",
            Kind::ServerFault => "server_fault",
            Kind::Redirected => "redirected",
            Kind::MalformedAnswer => "malformed_answer",
            Kind::AnswerTooLarge => "answer_too_large",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a login ended. One pointer wide; clones share it.
///
/// It never holds an answer's body. The Hub's own words are cut to 300 characters, made printable, and dropped if they
/// repeat a secret that was sent with this call or came with the answer.
#[derive(Clone)]
pub struct Failure(Arc<Details>);

/// What a [`Failure`] is built from.
#[derive(Debug)]
pub(crate) struct Details {
    pub(crate) kind: Kind,
    pub(crate) route: Route,
    pub(crate) hints: Hints,
    pub(crate) status: Option<StatusCode>,
    pub(crate) retry_at: Option<UnixTime>,
    pub(crate) trace_id: Option<Box<str>>,
    pub(crate) said: Option<Box<str>>,
    pub(crate) redirected_to: Option<Box<str>>,
    pub(crate) broke: Option<(Broke, Sent)>,
    pub(crate) cause: Option<BoxError>,
}

impl Details {
    pub(crate) fn new(kind: Kind, route: Route, identity: &Identity) -> Details {
        Details {
            kind,
            route,
            hints: Hints::of(identity),
            status: None,
            retry_at: None,
            trace_id: None,
            said: None,
            redirected_to: None,
            broke: None,
            cause: None,
        }
    }
}

impl From<Details> for Failure {
    fn from(details: Details) -> Failure {
        Failure(Arc::new(details))
    }
}

impl Failure {
    /// Its kind, the thing to match on.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// One line of cause and one of what to do next.
    #[must_use]
    pub fn advice(&self) -> Advice {
        let Details { kind, route, hints, status, broke, .. } = &*self.0;
        Advice::of(*kind, *route, hints, *status, *broke)
    }

    /// The route whose call ended it.
    #[must_use]
    pub fn route(&self) -> Route {
        self.0.route
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Not before this instant (local clock) is another try worth while, where that is known.
    #[must_use]
    pub fn retry_at(&self) -> Option<UnixTime> {
        self.0.retry_at
    }

    /// `x-trace-id`, else `cf-ray`: what to quote to Docker's support.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// The Hub's own words: at most 300 characters, printable, for people only.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        self.0.said.as_deref()
    }

    /// The host a redirect pointed to. It was not contacted.
    #[must_use]
    pub fn redirected_to(&self) -> Option<&str> {
        self.0.redirected_to.as_deref()
    }

    /// What broke, and whether the Hub may have counted the attempt, where no whole answer came.
    #[must_use]
    pub fn broke(&self) -> Option<(Broke, Sent)> {
        self.0.broke
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
        self.0.cause.as_ref().map(|cause| &**cause as _)
    }
}

const _: () = assert!(size_of::<Failure>() == size_of::<usize>());
