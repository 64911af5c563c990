//! Names the kinds of failure.

use std::fmt;

/// Names the kinds of failure. The names are stable: the same here, in `hub-auth login --json` and on the errors page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// A value that cannot be used; nothing was sent.
    Usage,
    /// 401 to the first call: the Hub refused the user name or the secret.
    CredentialsRefused,
    /// 403 as JSON, or 400: the Hub knows the account and does not allow the login.
    RefusedByPolicy,
    /// A one-time code is needed and nobody is there to give one.
    SecondFactorRequired,
    /// The codes given were refused.
    CodeRefused,
    /// 429: too many requests or too many failed logins.
    RateLimited,
    /// The same secret was refused before and is not sent again yet; nothing was sent.
    LockedOut,
    /// The network in front of the Hub refused the program; the account was not looked at.
    BlockedByEdge,
    /// No answer: name, connection, TLS or proxy failed, or the connection closed.
    Transport,
    /// No answer in time.
    TimedOut,
    /// 408, and 5xx but 511.
    ServerFault,
    /// A redirect, which is never followed, since the request holds a secret.
    Redirected,
    /// An answer that is not one of the Hub's, or cannot be read.
    MalformedAnswer,
    /// An answer longer than [`MAX_REPLY`](crate::MAX_REPLY).
    AnswerTooLarge,
}

impl FailureKind {
    /// Every kind, in the order of the errors page.
    pub const ALL: [FailureKind; 14] = [
        FailureKind::Usage,
        FailureKind::CredentialsRefused,
        FailureKind::RefusedByPolicy,
        FailureKind::SecondFactorRequired,
        FailureKind::CodeRefused,
        FailureKind::RateLimited,
        FailureKind::LockedOut,
        FailureKind::BlockedByEdge,
        FailureKind::Transport,
        FailureKind::TimedOut,
        FailureKind::ServerFault,
        FailureKind::Redirected,
        FailureKind::MalformedAnswer,
        FailureKind::AnswerTooLarge,
    ];

    /// Returns the stable name, in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            FailureKind::Usage => "usage",
            FailureKind::CredentialsRefused => "credentials_refused",
            FailureKind::RefusedByPolicy => "refused_by_policy",
            FailureKind::SecondFactorRequired => "second_factor_required",
            FailureKind::CodeRefused => "code_refused",
            FailureKind::RateLimited => "rate_limited",
            FailureKind::LockedOut => "locked_out",
            FailureKind::BlockedByEdge => "blocked_by_edge",
            FailureKind::Transport => "transport",
            FailureKind::TimedOut => "timed_out",
            FailureKind::ServerFault => "server_fault",
            FailureKind::Redirected => "redirected",
            FailureKind::MalformedAnswer => "malformed_answer",
            FailureKind::AnswerTooLarge => "answer_too_large",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
