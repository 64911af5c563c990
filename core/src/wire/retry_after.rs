//! How long an answer asks to wait, in every dialect seen.
//!
//! `Retry-After` has held seconds, unix seconds (docker/hub-feedback#2459) and HTTP dates; `X-Retry-After` was documented
//! until 2025 (docker/docs#22916); `X-RateLimit-Reset` is unix seconds. PROTOCOL.md, "Waiting".

use std::time::Duration;

use http::StatusCode;
use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::{http_date, rate_limit};
use crate::time::UnixTime;

/// Every wait is cut here: 24 hours.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// For a 429 of the API's limiter that names no wait: its window.
const WINDOW: Duration = Duration::from_secs(60);
/// For a 429 without any rate-limit header, which is a lockout: staff named 10 minutes (docker/hub-feedback#2201).
const LOCKOUT: Duration = Duration::from_secs(10 * 60);

/// Numbers from here on are unix seconds, and from the next on unix milliseconds; below, seconds to wait.
const UNIX_SECONDS: f64 = 1e9;
const UNIX_MILLIS: f64 = 1e11;

/// The wait the answer names, as a difference to the answer's own `Date` (or to `now` if it has none); at most 24 hours.
pub(crate) fn named(status: StatusCode, headers: &HeaderMap, now: UnixTime) -> Option<Duration> {
    let server_now = date(headers).unwrap_or(now);
    let reset = || {
        let figures = rate_limit::RateLimit::read(headers);
        let exhausted = status == StatusCode::TOO_MANY_REQUESTS || figures.remaining == Some(0);
        figures.reset.filter(|_| exhausted).map(|reset| reset.since(server_now))
    };
    let wait = dialect(headers.get(RETRY_AFTER), server_now)
        .or_else(|| dialect(headers.get("x-retry-after"), server_now))
        .or_else(reset)?;
    Some(wait.min(LONGEST))
}

/// The wait for a 429 that names none.
pub(crate) fn unnamed_429(headers: &HeaderMap) -> Duration {
    if rate_limit::names_a_limit(headers) { WINDOW } else { LOCKOUT }
}

/// The answer's own `Date`.
pub(crate) fn date(headers: &HeaderMap) -> Option<UnixTime> {
    http_date::read(headers.get(DATE)?)
}

fn dialect(value: Option<&HeaderValue>, server_now: UnixTime) -> Option<Duration> {
    let value = value?;
    match value.to_str().ok()?.trim().parse::<f64>() {
        Ok(number) if number.is_nan() => None,
        // Casts from floats saturate: negative becomes 0, endless the maximum.
        Ok(number) if number >= UNIX_MILLIS => Some(UnixTime::from_millis(whole(number)).since(server_now)),
        Ok(number) if number >= UNIX_SECONDS => Some(UnixTime::from_millis(whole(number * 1e3)).since(server_now)),
        Ok(number) => Some(Duration::from_millis(whole(number * 1e3))),
        Err(_) => http_date::read(value).map(|date| date.since(server_now)),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates at both ends")]
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE_OF_2459: &str = "Thu, 01 May 2025 22:01:18 GMT";

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn wait(lines: &[(&'static str, &str)]) -> Option<u64> {
        let now = UnixTime::from_secs(1_000_000_000);
        named(StatusCode::TOO_MANY_REQUESTS, &headers(lines), now).map(|wait| wait.as_secs())
    }

    #[test]
    fn every_dialect_is_a_difference_to_the_answers_own_date() {
        for (name, value, secs) in [
            ("retry-after", "1746136938", 60),
            ("retry-after", "1746136938000", 60),
            ("retry-after", "Thu, 01 May 2025 22:02:18 GMT", 60),
            ("retry-after", "60", 60),
            ("retry-after", " 60 ", 60),
            ("retry-after", "1.5", 1),
            ("x-retry-after", "1746136938", 60),
            ("x-ratelimit-reset", "1746136938", 60),
            ("retry-after", "-5", 0),
            ("retry-after", "1746136000", 0),
            ("retry-after", "Thu, 01 May 2025 21:00:00 GMT", 0),
            ("retry-after", "999999999", 86_400),
            ("retry-after", "99999999999999999999999999", 86_400),
            ("retry-after", "inf", 86_400),
            ("x-ratelimit-reset", "18446744073709551615", 86_400),
        ] {
            assert_eq!(wait(&[("date", DATE_OF_2459), (name, value)]), Some(secs), "{name}: {value}");
        }
    }

    #[test]
    fn what_cannot_be_read_yields_to_the_next_header() {
        let reset = ("x-ratelimit-reset", "1746136938");
        for nonsense in ["soon", "", "NaN", "Thu, 99 May 2025", "60 seconds"] {
            assert_eq!(wait(&[("date", DATE_OF_2459), ("retry-after", nonsense), reset]), Some(60), "{nonsense:?}");
            assert_eq!(wait(&[("date", DATE_OF_2459), ("retry-after", nonsense)]), None, "{nonsense:?}");
        }
        assert_eq!(wait(&[("retry-after", "7"), ("x-retry-after", "8")]), Some(7));
    }

    #[test]
    fn without_a_date_the_local_clock_serves() {
        assert_eq!(wait(&[("retry-after", "1000000030")]), Some(30));
        assert_eq!(wait(&[("date", "yesterday"), ("retry-after", "1000000030")]), Some(30));
    }

    #[test]
    fn a_reset_counts_only_when_the_limit_is_reached() {
        let at = |status, remaining| {
            let lines =
                [("date", DATE_OF_2459), ("x-ratelimit-reset", "1746136938"), ("x-ratelimit-remaining", remaining)];
            named(status, &headers(&lines), UnixTime::default()).map(|wait| wait.as_secs())
        };
        assert_eq!(at(StatusCode::SERVICE_UNAVAILABLE, "5"), None);
        assert_eq!(at(StatusCode::SERVICE_UNAVAILABLE, "0"), Some(60));
        assert_eq!(at(StatusCode::TOO_MANY_REQUESTS, "5"), Some(60));
    }

    #[test]
    fn a_429_that_names_no_wait_is_a_window_or_a_lockout() {
        assert_eq!(unnamed_429(&headers(&[("x-ratelimit-remaining", "0")])), WINDOW);
        assert_eq!(unnamed_429(&headers(&[])), LOCKOUT);
    }
}
