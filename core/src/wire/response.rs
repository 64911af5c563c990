//! The error ladder: what an answer means. Headers before body, structure before text; text is for people only.
//!
//! The order of decisions and the source of each: PROTOCOL.md, "Reading an answer".

use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderMap, LOCATION, SERVER};
use http::{StatusCode, Uri};
use memchr::memchr2_iter;

use super::answer::Answer;
use super::leak::Leak;
use super::{auth_token, retry_after, trace, two_factor, users_login};
use crate::account::Identity;
use crate::claims::UnverifiedClaims;
use crate::failure::Details;
use crate::kind::FailureKind;
use crate::route::Route;
use crate::sanitize;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::token::Token;

/// What an answer means.
pub(crate) enum Verdict {
    Granted(Granted),
    Challenged { ticket: Secret },
    Refused(Refusal),
}

/// A token, and what its answer tells beside it.
pub(crate) struct Granted {
    pub(crate) token: Token,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) claims: UnverifiedClaims,
    pub(crate) trace_id: Option<Box<str>>,
}

/// An answer that is not a success.
pub(crate) struct Refusal {
    pub(crate) details: Details,
    /// The wait it names.
    pub(crate) wait: Option<Duration>,
    /// 429 or 5xx: the same request may succeed later.
    pub(crate) is_transient: bool,
    /// A new ticket beside a refused code takes the old one's place.
    pub(crate) ticket: Option<Secret>,
}

/// The call an answer belongs to.
pub(crate) struct Call<'a> {
    pub(crate) route: Route,
    pub(crate) identity: &'a Identity,
    /// What was sent and must not come back in any text.
    pub(crate) secrets: [Leak<'a>; 2],
}

/// What is known of a body.
enum Content<'a> {
    Object(Answer<'a>),
    Other(&'a [u8]),
    /// It broke off.
    Cut,
}

impl Call<'_> {
    /// Reads a whole answer.
    pub(crate) fn read(&self, status: StatusCode, headers: &HeaderMap, body: &[u8], now: UnixTime) -> Verdict {
        let content = Answer::parse(body).map_or(Content::Other(body), Content::Object);
        let kind = match (&content, status) {
            (Content::Object(answer), StatusCode::OK) => {
                let token = match self.route {
                    Route::UsersLogin => users_login::token(answer),
                    Route::TwoFactor => two_factor::token(answer),
                    Route::AuthToken => auth_token::token(answer),
                };
                if let Some(text) = token.filled() {
                    if let Some(token) = Token::new(text) {
                        return Verdict::Granted(Granted {
                            token,
                            refresh_token: answer.refresh_token.filled().map(Secret::from),
                            claims: UnverifiedClaims::read(text, |text| self.is_clean(text)),
                            trace_id: trace::id(headers, |text| self.is_clean(text)),
                        });
                    }
                } else if let Some(ticket) = self.ticket(answer) {
                    return Verdict::Challenged { ticket };
                }
                FailureKind::MalformedAnswer
            }
            (Content::Object(answer), StatusCode::UNAUTHORIZED) => {
                if let Some(ticket) = self.ticket(answer) {
                    return Verdict::Challenged { ticket };
                }
                self.refused()
            }
            (_, StatusCode::UNAUTHORIZED) => self.refused(),
            (_, StatusCode::BAD_REQUEST) => FailureKind::RefusedByPolicy,
            _ => kind_of(status, headers, &content).unwrap_or(match &content {
                Content::Object(_) if status == StatusCode::FORBIDDEN => FailureKind::RefusedByPolicy,
                Content::Object(answer) if status != StatusCode::OK && answer.is_fault() => FailureKind::ServerFault,
                _ => FailureKind::MalformedAnswer,
            }),
        };
        Verdict::Refused(self.refusal(kind, status, headers, &content, now))
    }

    /// Reads an answer whose body broke off or was too long: `None` if the status alone does not tell.
    pub(crate) fn read_head(&self, status: StatusCode, headers: &HeaderMap, now: UnixTime) -> Option<Refusal> {
        let kind = kind_of(status, headers, &Content::Cut).or(match status {
            StatusCode::BAD_REQUEST => Some(FailureKind::RefusedByPolicy),
            StatusCode::UNAUTHORIZED if self.route == Route::TwoFactor => Some(FailureKind::CodeRefused),
            _ => None,
        })?;
        Some(self.refusal(kind, status, headers, &Content::Cut, now))
    }

    /// A refusal that no status names: nothing came, or not enough of it.
    pub(crate) fn no_answer(&self, kind: FailureKind, head: Option<(StatusCode, &HeaderMap)>) -> Details {
        let mut details = Details::new(kind, self.route, self.identity);
        if let Some((status, headers)) = head {
            details.status = Some(status);
            details.trace_id = trace::id(headers, |text| self.is_clean(text));
        }
        details
    }

    /// 401 without a ticket.
    fn refused(&self) -> FailureKind {
        if self.route == Route::TwoFactor { FailureKind::CodeRefused } else { FailureKind::CredentialsRefused }
    }

    /// The second factor is told by a non-empty text under this key, never by a sentence. In an answer to a code it says
    /// nothing new.
    fn ticket(&self, answer: &Answer<'_>) -> Option<Secret> {
        answer.login_2fa_token.filled().filter(|_| self.route != Route::TwoFactor).map(Secret::from)
    }

    fn refusal(
        &self,
        kind: FailureKind,
        status: StatusCode,
        headers: &HeaderMap,
        content: &Content<'_>,
        now: UnixTime,
    ) -> Refusal {
        let mut details = self.no_answer(kind, Some((status, headers)));
        let said = match content {
            Content::Object(answer) => answer.words(),
            Content::Other(body) => edge_code(body),
            Content::Cut => None,
        };
        // Before it is cut or escaped, so that no part of a secret slips through.
        details.hints.organization = kind == FailureKind::CredentialsRefused
            && said.is_some_and(|text| has_words(text.as_bytes(), b"organization account"));
        let is_clean = |text: &str| self.is_clean(text) && !content.repeats_its_own(text);
        details.server_message = said.filter(|text| is_clean(text)).and_then(sanitize::clean);
        if kind == FailureKind::Redirected {
            details.redirected_to = target_host(headers).filter(|text| self.is_clean(text));
        }
        let is_transient = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
        let wait = is_transient.then(|| retry_after::named(status, headers, now)).flatten();
        let wait = match kind {
            FailureKind::RateLimited => wait.or_else(|| Some(retry_after::unnamed_429(headers))),
            _ => wait,
        };
        details.retry_at = wait.map(|wait| now + wait);
        let ticket = match content {
            Content::Object(answer) if kind == FailureKind::CodeRefused => {
                answer.login_2fa_token.filled().map(Secret::from)
            }
            _ => None,
        };
        Refusal { details, wait, is_transient, ticket }
    }

    /// Whether none of what was sent comes back in `text`.
    pub(crate) fn is_clean(&self, text: &str) -> bool {
        !self.secrets.iter().any(|secret| secret.is_in(text))
    }
}

impl Content<'_> {
    /// Whether `text` repeats a token or ticket that stands beside it.
    fn repeats_its_own(&self, text: &str) -> bool {
        let Content::Object(answer) = self else { return false };
        [&answer.token, &answer.access_token, &answer.refresh_token, &answer.login_2fa_token]
            .into_iter()
            .filter_map(|secret| secret.filled())
            .any(|secret| Leak::of(secret).is_in(text))
    }
}

/// What status, headers and the form of the body tell on every route.
fn kind_of(status: StatusCode, headers: &HeaderMap, content: &Content<'_>) -> Option<FailureKind> {
    match status.as_u16() {
        300..=399 => Some(FailureKind::Redirected),
        429 => Some(FailureKind::RateLimited),
        403 | 503 if is_edge(status, headers, content) => Some(FailureKind::BlockedByEdge),
        408 | 500..=599 => Some(FailureKind::ServerFault),
        _ => None,
    }
}

/// A block by the network in front of the Hub. A JSON object is the Hub's own voice, whatever passed it on.
fn is_edge(status: StatusCode, headers: &HeaderMap, content: &Content<'_>) -> bool {
    let header = |name| headers.get(name).map_or(&b""[..], |value| value.as_bytes());
    let says = |name, word: &[u8]| has_words(header(name), word);
    let marked = headers.contains_key("cf-ray") || says(SERVER, b"cloudflare");
    match content {
        Content::Object(_) => false,
        Content::Other(body) => {
            marked || body.starts_with(b"error code:") || (status == StatusCode::FORBIDDEN && is_html(body))
        }
        Content::Cut => {
            !says(CONTENT_TYPE, b"json")
                && (marked || (status == StatusCode::FORBIDDEN && says(CONTENT_TYPE, b"text/html")))
        }
    }
}

/// Whether `words` stand in `text`, whatever their case. Without a copy, which nobody would wipe.
fn has_words(text: &[u8], words: &[u8]) -> bool {
    let Some(first) = words.first() else { return true };
    let mut places = memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text);
    places.any(|at| text.get(at..at + words.len()).is_some_and(|part| part.eq_ignore_ascii_case(words)))
}

fn is_html(body: &[u8]) -> bool {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().starts_with(b"<")
}

/// The edge's own code, `error code: 1010`; nothing else of a text body is repeated.
fn edge_code(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body.get(..body.len().min(32))?).ok()?.trim_end();
    let code = text.strip_prefix("error code:")?.trim_start();
    (!code.is_empty() && code.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// The host a redirect points to, and nothing else of its address.
fn target_host(headers: &HeaderMap) -> Option<Box<str>> {
    let target: Uri = headers.get(LOCATION)?.to_str().ok()?.parse().ok()?;
    // No host name is longer.
    target.host().filter(|host| host.len() <= 253).map(Box::from)
}
