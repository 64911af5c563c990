//! Judges the Hub's answer to an API call: does the complaint come from the token, or from the network in between?
//!
//! Most complaints about the Hub are about the calls after the login (docker/hub-feedback#2006, #2459, #2502): a 403 for this
//! kind of token, a 429, a page of the network in front of the Hub, a token that has ended. [`Verdict::of`] tells them apart by
//! status, headers, keys and the token's claims; texts are for people only. It does no I/O.
//!
//! ```
//! use hub_auth_core::api::Verdict;
//! use hub_auth_core::http::{HeaderMap, StatusCode};
//! use hub_auth_core::{Token, UnixTime};
//!
//! let token = Token::parse("the-bearer-in-use")?;
//! let mut headers = HeaderMap::new();
//! headers.insert("retry-after", "60".parse()?);
//! let now = UnixTime::from_secs(1_760_000_000);
//! let verdict = Verdict::of(StatusCode::TOO_MANY_REQUESTS, &headers, b"", &token, now);
//! assert!(matches!(verdict, Verdict::RetryAt(at) if at == UnixTime::from_secs(1_760_000_060)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use zeroize::Zeroizing;

use crate::advice::Advice;
use crate::claims::UnverifiedClaims;
use crate::failure::{Details, Failure};
use crate::kind::FailureKind;
use crate::time::UnixTime;
use crate::token::Token;
use crate::wire::answer::Content;
use crate::wire::leak::Leaks;
use crate::wire::{edge, retry_after, trace};

/// Tells what to do after an answer of the Hub.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// 2xx: the answer is the caller's.
    Fine,
    /// 401: the Hub does not take the token (any more). Log in again, send the call once more, and stop if that fails too.
    LogInAgain,
    /// 429, or a fault of the server that names a wait: send the call again at this instant of the local clock, at most 24
    /// hours from now.
    RetryAt(UnixTime),
    /// 403 of the Hub: this token may not do this. Another login with the same credential does not help; the advice says what
    /// does.
    NotWithThisToken(Advice),
    /// The network in front of the Hub refused the call. The token is not to blame.
    Blocked(Failure),
    /// Any other answer, such as 404, a redirect or a fault of the server: the answer is the caller's.
    Other,
}

impl Verdict {
    /// Judges an answer to a call that was sent with `token` and answered at `now`.
    ///
    /// The body may be empty or only the beginning of the answer's: then the head decides. A few kilobytes are enough.
    pub fn of(status: StatusCode, headers: &HeaderMap, body: &[u8], token: &Token, now: UnixTime) -> Verdict {
        let mut repaired = Zeroizing::default();
        let content = content(headers, body, &mut repaired);
        match status.as_u16() {
            200..=299 => Verdict::Fine,
            429 => Verdict::RetryAt(now + retry_after::of_429(headers, edge::wait(headers, &content), now)),
            _ if edge::is_block(status, headers, &content) => {
                Verdict::Blocked(blocked(status, headers, &content, token, now))
            }
            401 => Verdict::LogInAgain,
            403 if !matches!(content, Content::Other(_)) => {
                Verdict::NotWithThisToken(Advice::on_forbidden(&UnverifiedClaims::of(token.expose())))
            }
            500..=599 if !edge::forbids_retry(headers, &content) => {
                let wait = edge::named_wait(status, headers, &content, now);
                wait.map_or(Verdict::Other, |wait| Verdict::RetryAt(now + wait))
            }
            _ => Verdict::Other,
        }
    }
}

/// Returns the instant of the local clock at which an answer asks to be called again, at most 24 hours from `now`.
///
/// Reads `Retry-After` and `X-Retry-After` in seconds, unix seconds, unix milliseconds or as a date, and `X-RateLimit-Reset`
/// where the limit is reached, all against the answer's own `Date`.
pub fn retry_at(status: StatusCode, headers: &HeaderMap, now: UnixTime) -> Option<UnixTime> {
    retry_after::named(status, headers, now).map(|wait| now + wait)
}

/// Reads a body that may be cut. Of JSON that is cut only its type is known, unless it begins as the edge's own does.
fn content<'a>(headers: &HeaderMap, body: &'a [u8], repaired: &'a mut Zeroizing<String>) -> Content<'a> {
    let content = Content::of(headers, body, repaired);
    let says_json = headers.get(CONTENT_TYPE).is_some_and(|value| edge::has_words(value.as_bytes(), b"json"));
    match content {
        Content::Other(body) if body.is_empty() || says_json && !edge::is_own_text(body) => Content::Unread(None),
        content => content,
    }
}

fn blocked(status: StatusCode, headers: &HeaderMap, content: &Content<'_>, token: &Token, now: UnixTime) -> Failure {
    let mut details = Details::of_call(FailureKind::BlockedByEdge);
    details.status = Some(status);
    let leaks = Leaks::of([token.expose(), ""], None);
    details.trace_id = trace::id(headers, &leaks);
    let code = edge::code(headers, content).filter(|code| leaks.is_clean(code));
    details.server_message = code.map(String::into_boxed_str);
    details.retry_at = edge::named_wait(status, headers, content, now).map(|wait| now + wait);
    details.into()
}
