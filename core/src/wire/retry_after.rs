//! Reads how long an answer asks to wait, in every form seen.
//!
//! `Retry-After` has held seconds, unix seconds (docker/hub-feedback#2459) and HTTP dates; `X-Retry-After` was documented
//! until 2025 (docker/docs#22916); `X-RateLimit-Reset` is unix seconds. PROTOCOL.md, "Waiting".

use std::time::Duration;

use http::StatusCode;
use http::header::{DATE, HeaderMap, RETRY_AFTER};

use super::rate_limit::{self, RateLimit};
use crate::time::UnixTime;

/// Every wait is cut here: 24 hours.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Ignores a longer line, in bytes: each comma makes all behind it be read once more. Eight dates fit.
const LONGEST_LINE: usize = 256;
/// Waits this long after a 429 of the API's rate limiter that names no wait: its window, one minute.
const WINDOW: Duration = Duration::from_secs(60);
/// Waits this long after a 429 without any rate-limit header, which is a lockout: staff named 10 minutes
/// (docker/hub-feedback#2201).
const LOCKOUT: Duration = Duration::from_secs(10 * 60);

/// Numbers of at least this size are unix seconds, and smaller ones are seconds to wait.
const UNIX_SECONDS: f64 = 1e9;
/// Numbers of at least this size are unix milliseconds.
const UNIX_MILLIS: f64 = 1e11;

/// Returns the wait the answer names, as a difference to the answer's own `Date` (or to `now` if it has none); at most 24
/// hours.
pub(crate) fn named(status: StatusCode, headers: &HeaderMap, now: UnixTime) -> Option<Duration> {
    let server_now = date(headers).unwrap_or(now);
    let reset = || {
        let figures = RateLimit::of(headers);
        let exhausted = status == StatusCode::TOO_MANY_REQUESTS || figures.remaining == Some(0);
        figures.reset.filter(|_| exhausted).map(|reset| reset.since(server_now))
    };
    let wait = longest(headers, RETRY_AFTER.as_str(), server_now)
        .or_else(|| longest(headers, "x-retry-after", server_now))
        .or_else(reset)?;
    Some(wait.min(LONGEST))
}

/// Returns the wait for a 429: the one its headers name, else the one its body names, else a default.
pub(crate) fn of_429(headers: &HeaderMap, in_body: Option<Duration>, now: UnixTime) -> Duration {
    let default = || if rate_limit::names_a_limit(headers) { WINDOW } else { LOCKOUT };
    named(StatusCode::TOO_MANY_REQUESTS, headers, now).or(in_body).unwrap_or_else(default)
}

/// Returns the answer's own `Date`.
pub(crate) fn date(headers: &HeaderMap) -> Option<UnixTime> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

/// Returns how far the server's clock is ahead of `now`, in milliseconds; zero if the answer has no `Date`.
pub(crate) fn skew(headers: &HeaderMap, now: UnixTime) -> i64 {
    date(headers).map_or(0, |server_now| server_now.ahead_of(now))
}

fn http_date(text: &str) -> Option<UnixTime> {
    httpdate::parse_http_date(text.trim()).ok().map(UnixTime::from)
}

/// Returns the longest wait that a header names. If two machines on the way each add a value, the header has two lines, or
/// one line with a comma between the values. A date has a comma too.
fn longest(headers: &HeaderMap, name: &str, server_now: UnixTime) -> Option<Duration> {
    let short = headers.get_all(name).iter().filter(|value| value.len() <= LONGEST_LINE);
    let lines = short.filter_map(|value| value.to_str().ok());
    // From the beginning and from behind each comma: up to the next comma, and up to the end of a date.
    let values = lines.flat_map(|line| line.split_inclusive("GMT")).flat_map(|part| {
        let starts = std::iter::once(0).chain(part.match_indices(',').map(|(comma, _)| comma + 1));
        starts.filter_map(|start| part.get(start..)).flat_map(|rest| [rest, rest.split(',').next().unwrap_or(rest)])
    });
    values.filter_map(|value| dialect(value, server_now)).max()
}

fn dialect(value: &str, server_now: UnixTime) -> Option<Duration> {
    let value = value.trim().trim_matches(['"', '\'']);
    match value.parse::<f64>() {
        Ok(number) if number.is_nan() => None,
        // Casts from floats saturate: negative becomes 0, endless the maximum.
        Ok(number) if number >= UNIX_MILLIS => Some(UnixTime::from_millis(whole(number)).since(server_now)),
        Ok(number) if number >= UNIX_SECONDS => Some(UnixTime::from_millis(whole(number * 1e3)).since(server_now)),
        Ok(number) => Some(Duration::from_millis(whole(number * 1e3))),
        Err(_) => http_date(value).map(|date| date.since(server_now)),
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
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
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
            ("retry-after", "+60", 60),
            ("retry-after", "\"60\"", 60),
            ("retry-after", "60, 60", 60),
            ("retry-after", "60,120 , 30", 120),
            ("retry-after", "60, Thu, 01 May 2025 22:02:19 GMT", 61),
            ("retry-after", "Thu, 01 May 2025 22:01:58 GMT, Thu, 01 May 2025 22:02:18 GMT", 60),
            ("retry-after", "soon, 60", 60),
            ("retry-after", &"60,".repeat(85), 60),
            ("retry-after", "Thursday, 01-May-25 22:02:18 GMT", 60),
            ("retry-after", "Thu May  1 22:02:18 2025", 60),
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
        for nonsense in ["soon", "", "NaN", "Thu, 99 May 2025", "60 seconds", &"7,".repeat(129)] {
            assert_eq!(wait(&[("date", DATE_OF_2459), ("retry-after", nonsense), reset]), Some(60), "{nonsense:?}");
            assert_eq!(wait(&[("date", DATE_OF_2459), ("retry-after", nonsense)]), None, "{nonsense:?}");
        }
        assert_eq!(wait(&[("retry-after", "7"), ("x-retry-after", "8")]), Some(7));
        assert_eq!(wait(&[("retry-after", "soon"), ("retry-after", "7"), ("retry-after", "6")]), Some(7), "two lines");
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
        let of_429 = |lines, in_body| of_429(&headers(lines), in_body, UnixTime::default());
        assert_eq!(of_429(&[("x-ratelimit-remaining", "0")], None), WINDOW);
        assert_eq!(of_429(&[], None), LOCKOUT);
        assert_eq!(of_429(&[], Some(Duration::from_secs(30))), Duration::from_secs(30));
        assert_eq!(of_429(&[("retry-after", "7")], Some(Duration::from_secs(30))), Duration::from_secs(7));
    }
}
