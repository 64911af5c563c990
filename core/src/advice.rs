//! Advises people: one line of cause and one of the next step, chosen by the known facts.
//!
//! `ERRORS.md` lists every message. A test makes that page from this file.

use http::StatusCode;

use crate::account::Identity;
use crate::claims::UnverifiedClaims;
use crate::credential::CredentialKind;
use crate::kind::FailureKind;
use crate::route::Route;
use crate::transport::{Delivery, TransportErrorKind};

/// Tells people what happened and what to do next, in two lines of whole sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// The cause.
    pub cause: &'static str,
    /// The next thing to do.
    pub next: &'static str,
}

/// Facts about the account and the answer that help to guess the cause. They choose the words of an advice, never a kind.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    pub(crate) credential: Option<CredentialKind>,
    pub(crate) user_is_email: bool,
    pub(crate) user_had_capitals: bool,
    /// The Hub spoke of an organization account.
    pub(crate) organization: bool,
    /// The coding that hid the answer's body.
    pub(crate) coding: Option<&'static str>,
}

impl Hints {
    pub(crate) fn of(identity: &Identity) -> Hints {
        Hints {
            credential: Some(identity.kind),
            user_is_email: identity.user.contains('@'),
            user_had_capitals: identity.had_capitals,
            organization: false,
            coding: None,
        }
    }
}

impl Advice {
    pub(crate) fn of(
        kind: FailureKind,
        route: Option<Route>,
        hints: &Hints,
        status: Option<StatusCode>,
        broke: Option<(TransportErrorKind, Delivery)>,
    ) -> Advice {
        let (cause, next) = match kind {
            FailureKind::Usage => {
                ("A value given cannot be used; nothing was sent.", "Correct the value that is named.")
            }
            FailureKind::CredentialsRefused => credentials_refused(route, hints),
            FailureKind::RefusedByPolicy => refused_by_policy(hints.credential, status),
            FailureKind::SecondFactorRequired => (
                "The account has two-factor authentication turned on, and no one-time code was given.",
                "Give the six digits your authenticator app shows, or log in with a personal access token, which needs no code.",
            ),
            FailureKind::CodeRefused => (
                "Docker Hub refused the one-time code, or too much time passed before it came.",
                "Check that the clock of the device that makes the codes is right, wait for its next code, and log in again.",
            ),
            FailureKind::RateLimited => (
                "Docker Hub asks to wait: too many requests, or too many failed logins for this user name.",
                "Wait until the time given, and stop other programs that still use an old password; trying earlier prolongs the wait.",
            ),
            FailureKind::LockedOut => (
                "Docker Hub refused this login a short while ago; it was not sent again, since wrong tries lock the account.",
                "Correct what was refused (password, token or one-time code), or wait until the time given.",
            ),
            FailureKind::BlockedByEdge => (
                "The network in front of Docker Hub blocked this program; the user name and password were not looked at.",
                "Try later or from another network; a program needs a name of its own (User-Agent); if it lasts, send the trace id shown to Docker.",
            ),
            FailureKind::Transport => transport(broke),
            FailureKind::TimedOut => timed_out(broke),
            FailureKind::ServerFault => (
                "Docker Hub has a fault of its own; the user name and password are not to blame.",
                "Try again in some minutes; www.dockerstatus.com tells whether the fault is known.",
            ),
            FailureKind::Redirected => (
                "The answer pointed to another address; it was not followed, since the request holds a password or token.",
                "Check that the server address is https://hub.docker.com; if it is, a proxy or a network's login page may be in between.",
            ),
            FailureKind::MalformedAnswer => malformed(status, hints.coding),
            FailureKind::AnswerTooLarge => (
                "An answer came that is far longer than any of Docker Hub's, and was not read to its end.",
                LOOK_BETWEEN,
            ),
        };
        Advice { cause, next }
    }

    /// Says of a failure that was read in a session's store that another process met it.
    pub(crate) fn of_another_process(self, kind: FailureKind) -> Advice {
        let cause = match kind {
            FailureKind::RateLimited => {
                "Docker Hub asked another program, or an earlier run of this one, to wait; nothing was sent now."
            }
            FailureKind::LockedOut => {
                "Docker Hub refused this login when another program, or an earlier run of this one, sent it; it was not sent again."
            }
            _ => self.cause,
        };
        Advice { cause, ..self }
    }

    /// Explains a 403 that the Hub answers to a call with a good token, by the claims of the token. Another login does not help.
    ///
    /// The commonest complaint about the Hub is a personal token that logs in and is then refused (docker/hub-feedback#2006).
    pub fn on_forbidden(claims: &UnverifiedClaims) -> Advice {
        match claims.is_from_personal_token() {
            Some(true) if claims.scope.is_some() => Advice {
                cause: "The personal access token you logged in with does not have the permissions for this; logging in again with it will not help.",
                next: "Make a personal access token with more permissions, or log in with the password if no access token may do this.",
            },
            Some(true) => Advice {
                cause: "The personal access token you logged in with may not do this; logging in again with it will not help.",
                next: "Log in with the password, or use an access token with more permissions.",
            },
            _ => Advice {
                cause: "Your account, or the token you logged in with, is not allowed to do this; logging in again will not help.",
                next: "Ask an owner of the organization or repository to give you access, or use a token with more permissions.",
            },
        }
    }
}

/// Explains a 401 to the first call. The likeliest mistake comes first.
fn credentials_refused(route: Option<Route>, hints: &Hints) -> (&'static str, &'static str) {
    match hints.credential {
        _ if hints.organization => (
            "The name is that of an organization, which cannot log in like a person.",
            "Log in with an organization access token and the organization's name, or as one of its members.",
        ),
        Some(CredentialKind::AccessToken) => (
            "The access token has expired or was revoked, and cannot be renewed.",
            "Log in again where it came from (docker login), or log in here with a password or a personal access token.",
        ),
        Some(CredentialKind::OrganizationToken) => (
            "Docker Hub refused the organization's name or its access token.",
            "Give the organization's name as the user name, and check with an owner that the token has not expired.",
        ),
        Some(CredentialKind::PersonalToken) => (
            "Docker Hub refused the user name or the personal access token.",
            match route {
                Some(Route::AuthToken) if hints.user_is_email => {
                    "Give the Docker ID (user name) instead of the e-mail address, and check at hub.docker.com that the token is active."
                }
                _ => "Check the user name, and at hub.docker.com that the token is active and has not expired.",
            },
        ),
        Some(CredentialKind::Password) if hints.user_is_email => (
            "Docker Hub refused the e-mail address or the password.",
            "Give the Docker ID (user name) instead of the e-mail address, and check the password; several wrong tries lock the account for minutes.",
        ),
        Some(CredentialKind::Password) if hints.user_had_capitals => (
            "Docker Hub refused the user name or the password; the name was sent in lower case, as all Docker IDs are.",
            "Check both; several wrong tries lock the account for minutes.",
        ),
        _ => (
            "Docker Hub refused the user name or the password.",
            "Check both; several wrong tries lock the account for minutes. With single sign-on, use an access token.",
        ),
    }
}

/// Explains a 403 as JSON, or a 400.
fn refused_by_policy(credential: Option<CredentialKind>, status: Option<StatusCode>) -> (&'static str, &'static str) {
    if status == Some(StatusCode::BAD_REQUEST) {
        return (
            "Docker Hub found the login request malformed; sending the same again will not help.",
            "Look for a proxy in between that changes requests, and try a newer version of this program.",
        );
    }
    let next = match credential {
        Some(CredentialKind::PersonalToken) => {
            "Check at hub.docker.com that the token is active and has enough permissions, or make a new one."
        }
        Some(CredentialKind::OrganizationToken) => {
            "Ask an owner of the organization to check that its access token is active and allowed to log in here."
        }
        _ => {
            "If you sign in through your company (single sign-on), use a personal access token; else see at hub.docker.com if the account is blocked."
        }
    };
    ("Docker Hub does not allow this login; trying again with the same password or token will not help.", next)
}

/// Names what may answer in the Hub's place.
const LOOK_BETWEEN: &str = "Open a web page in a browser: a network's login page or a proxy may answer in Docker Hub's place. Check the server address, too.";

/// Explains an answer that is not one of the Hub's.
fn malformed(status: Option<StatusCode>, coding: Option<&str>) -> (&'static str, &'static str) {
    const COMPRESSED: &str =
        "The request asks for an answer without compression; look for a proxy in between that compresses all the same.";
    match status {
        Some(StatusCode::NETWORK_AUTHENTICATION_REQUIRED) => (
            "This network wants a login of its own before it lets anything through; Docker Hub was not reached.",
            "Open any web page in a browser, log in to the network there, and try again.",
        ),
        _ if coding.is_some() => match coding {
            Some("gzip") => ("An answer came compressed as gzip, and could not be read.", COMPRESSED),
            Some("deflate") => ("An answer came compressed as deflate, and could not be read.", COMPRESSED),
            Some("br") => ("An answer came compressed as br (Brotli), and could not be read.", COMPRESSED),
            Some("zstd") => ("An answer came compressed as zstd, and could not be read.", COMPRESSED),
            _ => ("An answer came in an unknown Content-Encoding, and could not be read.", COMPRESSED),
        },
        Some(StatusCode::NOT_FOUND) => (
            "There is no login at this address.",
            "Check that the server address is https://hub.docker.com, with nothing after it; if it is, a proxy may be in between.",
        ),
        Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED) => (
            "A proxy between this machine and Docker Hub asks for a login of its own.",
            "Give that proxy's user name and password in the proxy setting, or use a network without it.",
        ),
        _ => ("An answer came that is not one of Docker Hub's.", LOOK_BETWEEN),
    }
}

/// Explains a deadline that passed.
fn timed_out(broke: Option<(TransportErrorKind, Delivery)>) -> (&'static str, &'static str) {
    match broke {
        Some((_, Delivery::NotSent)) => ("No connection could be made in time; nothing was sent.", CHECK_THE_LINE),
        _ => (
            "No whole answer came in time; if the password was wrong, it may count as a wrong try.",
            "Try again, and allow more time if the network is slow; if it lasts, see www.dockerstatus.com.",
        ),
    }
}

const CHECK_THE_LINE: &str =
    "Check that this machine is online, and that no firewall or missing proxy setting is in the way.";

/// Explains a connection that failed.
fn transport(broke: Option<(TransportErrorKind, Delivery)>) -> (&'static str, &'static str) {
    match broke {
        Some((TransportErrorKind::Resolve, _)) => (
            "The server's name could not be found.",
            "Check the server address for typing errors, and that this machine is online and its name service (DNS) works.",
        ),
        Some((TransportErrorKind::Connect, _)) => ("No connection could be made.", CHECK_THE_LINE),
        Some((TransportErrorKind::Tls, _)) => (
            "No trusted encrypted connection could be made.",
            "See the certificate error shown with this; if your company's proxy opens encrypted traffic, ask its IT which certificate to trust.",
        ),
        Some((TransportErrorKind::Proxy, _)) => (
            "The proxy refused the connection or failed.",
            "Check the proxy's address, user name and password, and that its rules let hub.docker.com through.",
        ),
        Some((_, Delivery::NotSent)) => ("The connection ended before anything was sent.", CHECK_THE_LINE),
        _ => (
            "The connection ended before a whole answer came; if the password was wrong, it may count as a wrong try.",
            "Try again; if it lasts, look for a proxy or a firewall in between that ends connections.",
        ),
    }
}
