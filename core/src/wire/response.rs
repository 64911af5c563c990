//! Reads the answers of a login. Headers come before the body, structure before text; text is for people only.
//!
//! PROTOCOL.md, "Reading an answer", has the order of decisions and the source of each.

use http::header::{HeaderMap, LOCATION};
use http::{StatusCode, Uri};
use zeroize::Zeroizing;

use super::answer::{Answer, Content};
use super::leak::Leaks;
use super::{edge, retry_after, trace};
use crate::account::Identity;
use crate::claims::UnverifiedClaims;
use crate::failure::Details;
use crate::kind::FailureKind;
use crate::route::Route;
use crate::sanitize;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::token::Token;

/// Tells what an answer means.
pub(crate) enum Verdict {
    Granted(Granted),
    Challenged { ticket: Secret },
    Refused(Refusal),
}

/// Holds a token, and the facts beside it.
pub(crate) struct Granted {
    pub(crate) token: Token,
    pub(crate) claims: UnverifiedClaims,
    pub(crate) trace_id: Option<Box<str>>,
}

/// Describes an answer that is not a success.
pub(crate) struct Refusal {
    pub(crate) details: Details,
    /// Set if the same request may succeed later: a 429, or a fault of the server that passes.
    pub(crate) is_transient: bool,
    /// A new ticket beside a refused code takes the old one's place.
    pub(crate) ticket: Option<Secret>,
}

/// Holds the call that an answer belongs to.
pub(crate) struct Call<'a> {
    pub(crate) route: Route,
    pub(crate) identity: &'a Identity,
    /// The secrets that were sent. They must not come back in any text.
    pub(crate) sent: [&'a str; 2],
}

impl Call<'_> {
    /// Reads a whole answer.
    pub(crate) fn read(&self, status: StatusCode, headers: &HeaderMap, body: &[u8], now: UnixTime) -> Verdict {
        let mut repaired = Zeroizing::default();
        let content = Content::of(headers, body, &mut repaired);
        if let Content::Object(answer) = &content {
            if status == StatusCode::OK {
                if let Some(granted) = self.granted(headers, answer) {
                    return Verdict::Granted(granted);
                }
            }
            // An empty token and a ticket beside it ask for the second factor under 200, too.
            if status == StatusCode::UNAUTHORIZED || status == StatusCode::OK && self.token(answer).is_none() {
                if let Some(ticket) = self.ticket(answer) {
                    return Verdict::Challenged { ticket };
                }
            }
        }
        let kind = self.kind(status, headers, &content).unwrap_or(FailureKind::MalformedAnswer);
        Verdict::Refused(self.refusal(kind, status, headers, &content, now))
    }

    /// Reads an answer whose body broke off or was too long. Returns `None` if the head alone does not tell.
    pub(crate) fn read_head(&self, status: StatusCode, headers: &HeaderMap, now: UnixTime) -> Option<Refusal> {
        let kind = self.kind(status, headers, &Content::Unread(None))?;
        Some(self.refusal(kind, status, headers, &Content::Unread(None), now))
    }

    /// Describes a request that got no whole answer. Records the status and the trace id of a head that came.
    pub(crate) fn no_answer(&self, kind: FailureKind, head: Option<(StatusCode, &HeaderMap)>) -> Details {
        let mut details = Details::new(kind, self.route, self.identity);
        if let Some((status, headers)) = head {
            details.status = Some(status);
            details.trace_id = trace::id(headers, &Leaks::of(self.sent, None));
        }
        details
    }

    fn granted(&self, headers: &HeaderMap, answer: &Answer<'_>) -> Option<Granted> {
        let text = self.token(answer)?;
        let token = Token::new(text)?;
        let leaks = Leaks::of(self.sent, Some(answer));
        Some(Granted {
            token,
            claims: UnverifiedClaims::read(text, |text| leaks.printable(text)),
            trace_id: trace::id(headers, &leaks),
        })
    }

    fn token<'a>(&self, answer: &'a Answer<'_>) -> Option<&'a str> {
        if self.route == Route::AuthToken { answer.access_token.as_deref() } else { answer.token.as_deref() }
    }

    /// Returns the ticket of a second factor: a non-empty text under this key, never a sentence. An answer to a code does not
    /// ask for one.
    fn ticket(&self, answer: &Answer<'_>) -> Option<Secret> {
        answer.login_2fa_token.as_deref().filter(|_| self.route != Route::TwoFactor).map(Secret::from)
    }

    /// Returns the kind of an answer that is not a success. Returns `None` if the answer is not the Hub's, or if only its
    /// missing body could tell.
    fn kind(&self, status: StatusCode, headers: &HeaderMap, content: &Content<'_>) -> Option<FailureKind> {
        match status.as_u16() {
            300..=399 => return Some(FailureKind::Redirected),
            429 => return Some(FailureKind::RateLimited),
            _ if edge::is_block(status, headers, content) => return Some(FailureKind::BlockedByEdge),
            // A network's login page answers in the Hub's place (RFC 6585, section 6).
            511 => return Some(FailureKind::MalformedAnswer),
            408 | 500..=599 => return Some(FailureKind::ServerFault),
            400 => return Some(FailureKind::RefusedByPolicy),
            401 if self.route == Route::TwoFactor => return Some(FailureKind::CodeRefused),
            _ => {}
        }
        match (status.as_u16(), content) {
            // A body that cannot be read may have held the ticket of a second factor.
            (401, Content::Object(_) | Content::Other(_)) => Some(FailureKind::CredentialsRefused),
            (403, Content::Object(_)) => Some(FailureKind::RefusedByPolicy),
            (status, Content::Object(answer)) if status != 200 && answer.is_fault => Some(FailureKind::ServerFault),
            _ => None,
        }
    }

    fn refusal(
        &self,
        kind: FailureKind,
        status: StatusCode,
        headers: &HeaderMap,
        content: &Content<'_>,
        now: UnixTime,
    ) -> Refusal {
        let answer = content.object();
        let leaks = Leaks::of(self.sent, answer);
        let mut details = Details::new(kind, self.route, self.identity);
        details.status = Some(status);
        details.trace_id = trace::id(headers, &leaks);
        let words = answer.and_then(Answer::words);
        details.hints.organization = kind == FailureKind::CredentialsRefused
            && words.is_some_and(|words| edge::has_words(words.as_bytes(), b"organization account"));
        details.hints.coding = if let Content::Unread(coding) = content { *coding } else { None };
        let edge_code = edge::code(headers, content).filter(|code| leaks.is_clean(code));
        details.server_message = edge_code.map(String::into_boxed_str).or_else(|| leaks.keep(words?, sanitize::clean));
        if kind == FailureKind::Redirected {
            details.redirected_to = target_host(headers).filter(|host| leaks.is_clean(host));
        }
        // 501, 505, 506, 510 and 511 do not pass: the same request gets the same answer.
        let is_fault = status.is_server_error() && !matches!(status.as_u16(), 501 | 505 | 506 | 510 | 511);
        let is_limited = status == StatusCode::TOO_MANY_REQUESTS;
        let is_transient = is_limited || is_fault && !edge::forbids_retry(headers, content);
        let wait = match kind {
            FailureKind::RateLimited => Some(retry_after::of_429(headers, edge::wait(headers, content), now)),
            _ if is_transient || kind == FailureKind::BlockedByEdge => edge::named_wait(status, headers, content, now),
            _ => None,
        };
        details.retry_at = wait.map(|wait| now + wait);
        let new_ticket = answer.filter(|_| kind == FailureKind::CodeRefused).and_then(|a| a.login_2fa_token.as_deref());
        let ticket = new_ticket.map(Secret::from);
        Refusal { details, is_transient, ticket }
    }
}

/// Returns the host a redirect points to, and nothing else of its address.
fn target_host(headers: &HeaderMap) -> Option<Box<str>> {
    let target: Uri = headers.get(LOCATION)?.to_str().ok()?.parse().ok()?;
    // No host name is longer.
    target.host().filter(|host| host.len() <= 253).map(Box::from)
}
