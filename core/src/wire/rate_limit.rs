//! Reads the rate-limit figures that answers carry: `X-RateLimit-Limit`, `-Remaining`, `-Reset`.
//!
//! Source: docker/docs `content/reference/api/hub/latest.yaml`, section "Rate limiting".

use http::HeaderMap;

use crate::time::UnixTime;

const PREFIX: &str = "x-ratelimit-";

/// Holds the Hub's figures for the current minute, as far as the answer had them.
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
    /// Reads the headers of any answer of the Hub. A figure that is absent or is no number is `None`.
    pub fn of(headers: &HeaderMap) -> RateLimit {
        let mut figures = RateLimit::default();
        // Once over all of them: three look-ups, each of which hashes its name, cost more.
        for (name, value) in headers {
            let Some(figure) = name.as_str().strip_prefix(PREFIX) else { continue };
            let digits = std::str::from_utf8(value.as_bytes().trim_ascii()).ok();
            let number = digits.and_then(|digits| digits.parse::<u64>().ok());
            match figure {
                "limit" => figures.limit = figures.limit.or(number),
                "remaining" => figures.remaining = figures.remaining.or(number),
                "reset" => figures.reset = figures.reset.or(number.map(UnixTime::from_secs)),
                _ => {}
            }
        }
        figures
    }
}

/// Returns whether the answer comes from the API's limiter, and not from the lockout.
pub(crate) fn names_a_limit(headers: &HeaderMap) -> bool {
    let figures = ["limit", "remaining", "reset"];
    headers.keys().any(|name| name.as_str().strip_prefix(PREFIX).is_some_and(|figure| figures.contains(&figure)))
}
