//! What to tell people: one line of cause and one of what to do next, chosen by what is known.
//!
//! `advice.golden` beside the tests holds every message; the errors page is tested against the same source.

use crate::account::CredentialKind;
use crate::failure::{Details, Kind};
use crate::login::Broke;
use crate::wire::Route;

/// Advice for one failure. Both lines are whole sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// What happened.
    pub cause: &'static str,
    /// What to do next.
    pub next: &'static str,
}

impl Advice {
    pub(crate) fn of(details: &Details) -> Advice {
        Advice { cause: cause(details), next: next(details) }
    }
}

fn cause(details: &Details) -> &'static str {
    match details.kind {
        Kind::Usage => "A value given cannot be used; nothing was sent.",
        Kind::CredentialsRefused => match details.credential {
            CredentialKind::Password => "Docker Hub refused the user name or the password.",
            CredentialKind::PersonalToken => "Docker Hub refused the user name or the personal access token.",
            CredentialKind::OrganizationToken => {
                "Docker Hub refused the organization name or the organization access token."
            }
        },
        Kind::RefusedByPolicy => "Docker Hub does not allow this login; logging in again will not help.",
        Kind::SecondFactorRequired => "The account has two-factor authentication on, and no one-time code was given.",
        Kind::CodeRefused => "Docker Hub refused the one-time code, or took too long to get one.",
        Kind::RateLimited => {
            "Docker Hub asks to wait: too many requests, or too many failed logins for this user name."
        }
        Kind::LockedOut => "Docker Hub refused this secret before, so it was not sent again; nothing was sent.",
        Kind::BlockedByEdge => {
            "The network in front of Docker Hub blocked this program; the credentials were not judged."
        }
        Kind::Transport => match details.broke.map(|(what, _)| what) {
            Some(Broke::Resolve) => "The host name could not be found.",
            Some(Broke::Connect) => "No connection could be made.",
            Some(Broke::Tls) => "No trusted TLS connection could be made.",
            Some(Broke::Proxy) => "The proxy refused or failed.",
            _ => "The connection closed before a whole answer came.",
        },
        Kind::TimedOut => "No whole answer came in time.",
        Kind::ServerFault => "Docker Hub has a fault of its own.",
        Kind::Redirected => {
            "The answer pointed to another address; it was not followed, since the request holds a secret."
        }
        Kind::MalformedAnswer => "The answer is not one of Docker Hub's.",
        Kind::AnswerTooLarge => "The answer is far longer than any of Docker Hub's.",
    }
}

fn next(details: &Details) -> &'static str {
    match details.kind {
        Kind::Usage => "Correct the value that is named.",
        Kind::CredentialsRefused => credentials(details),
        Kind::RefusedByPolicy => match details.credential {
            CredentialKind::Password => {
                "If your organization enforces single sign-on, use a personal access token; else check the account at hub.docker.com."
            }
            CredentialKind::PersonalToken => {
                "Check at hub.docker.com that the token is active and has the scope needed, or make a new one."
            }
            CredentialKind::OrganizationToken => {
                "Check with an owner of the organization that the token is active and may do this."
            }
        },
        Kind::SecondFactorRequired => {
            "Give the six digits your authenticator shows, or use a personal access token, which needs no code."
        }
        Kind::CodeRefused => "Check that this device's clock is right, wait for a new code, and log in again.",
        Kind::RateLimited => "Wait until the time given, then try again; trying earlier makes it longer.",
        Kind::LockedOut => "Correct the password or token, or wait until the time given.",
        Kind::BlockedByEdge => {
            "Try from another network, name your program in the User-Agent, and quote the ray id to Docker's support."
        }
        Kind::Transport => match details.broke.map(|(what, _)| what) {
            Some(Broke::Resolve) => "Check the host name and this machine's name resolution.",
            Some(Broke::Connect) => {
                "Check that the address is right and that no firewall or missing proxy setting is in the way."
            }
            Some(Broke::Tls) => {
                "Check the certificate named below; if your company inspects TLS, trust its CA as well."
            }
            Some(Broke::Proxy) => "Check the proxy's address, user name and password.",
            _ => "Try again; Docker Hub may have counted this attempt.",
        },
        Kind::TimedOut => "Try again, or allow more time; Docker Hub may have counted this attempt.",
        Kind::ServerFault => "Try again later; see www.dockerstatus.com.",
        Kind::Redirected => "Check the base URL: it must be Docker Hub's own, not that of a page that leads there.",
        Kind::MalformedAnswer | Kind::AnswerTooLarge => {
            "Check for a proxy or login page between you and Docker Hub, and that the base URL is right; then try again later."
        }
    }
}

/// 401 to the first call. The likeliest slip that is known comes first.
fn credentials(details: &Details) -> &'static str {
    match (details.credential, details.route) {
        (CredentialKind::OrganizationToken, _) => {
            "Give the organization's name as the user name, and check with an owner that the token has not expired."
        }
        (CredentialKind::PersonalToken, Route::AuthToken) if details.user_is_email => {
            "Give the Docker ID instead of the e-mail address, and check that the token is active."
        }
        (CredentialKind::PersonalToken, _) => "Check the user name, and at hub.docker.com that the token is active.",
        (CredentialKind::Password, _) if details.user_is_email => {
            "Try the Docker ID instead of the e-mail address, and check the password; several wrong tries lock the account for minutes."
        }
        (CredentialKind::Password, _) if details.user_had_capitals => {
            "Docker IDs have no capitals, so the name was sent in lower case; check it and the password; several wrong tries lock the account for minutes."
        }
        (CredentialKind::Password, _) => {
            "Check both; several wrong tries lock the account for minutes. With single sign-on, use a personal access token."
        }
    }
}
