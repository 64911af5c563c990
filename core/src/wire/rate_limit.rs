//! The rate-limit figures that answers carry: `X-RateLimit-Limit`, `-Remaining`, `-Reset`.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, section "Rate limiting".

use http::{HeaderMap, HeaderName};

use crate::time::UnixTime;

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The Hub's figures for the current minute, as far as the answer had them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed a minute.
    pub limit: Option<u64>,
    /// Requests left in this minute.
    pub remaining: Option<u64>,
    /// When the minute ends, on the Hub's clock.
    pub reset: Option<UnixTime>,
}

impl RateLimit {
    /// From an answer's headers; what is absent or no number is `None`.
    pub(crate) fn read(headers: &HeaderMap) -> RateLimit {
        let digits = |name: &HeaderName| std::str::from_utf8(headers.get(name)?.as_bytes().trim_ascii()).ok();
        let number = |name| digits(name)?.parse::<u64>().ok();
        RateLimit {
            limit: number(&LIMIT),
            remaining: number(&REMAINING),
            reset: number(&RESET).map(UnixTime::from_secs),
        }
    }

    /// No figure at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == RateLimit::default()
    }
}

/// Does the answer come from the API's limiter (and not from the lockout)?
pub(crate) fn names_a_limit(headers: &HeaderMap) -> bool {
    [&LIMIT, &REMAINING, &RESET].into_iter().any(|name| headers.contains_key(name))
}
