//! Dates as headers have them (RFC 9110, section 5.6.7).

use http::HeaderValue;

use super::bytes::number;
use crate::time::UnixTime;

/// From the first day of the year 1, had there been one, to that of 1970.
const EPOCH: u64 = 719_162;
/// From the weekday of the epoch on.
const WEEK: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];

/// A date in any of its three forms; `None` if it is none, or not of its weekday.
pub(crate) fn read(value: &HeaderValue) -> Option<UnixTime> {
    fixed(value.as_bytes()).or_else(|| any_form(value.to_str().ok()?))
}

fn any_form(text: &str) -> Option<UnixTime> {
    httpdate::parse_http_date(text.trim()).ok().map(UnixTime::from)
}

/// The one form that is still sent, `Thu, 01 May 2025 22:01:18 GMT`, in a quarter of the time of httpdate.
#[rustfmt::skip]
fn fixed(text: &[u8]) -> Option<UnixTime> {
    let &[w1, w2, w3, b',', b' ', d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ',
        h1, h2, b':', n1, n2, b':', s1, s2, b' ', b'G', b'M', b'T'] = text else { return None };
    let (year, day) = (number(&[y1, y2, y3, y4])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    let leap = u64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let (days_before, days) = match &[m1, m2, m3] {
        b"Jan" => (0, 31),
        b"Feb" => (31, 28 + leap),
        b"Mar" => (59 + leap, 31),
        b"Apr" => (90 + leap, 30),
        b"May" => (120 + leap, 31),
        b"Jun" => (151 + leap, 30),
        b"Jul" => (181 + leap, 31),
        b"Aug" => (212 + leap, 31),
        b"Sep" => (243 + leap, 30),
        b"Oct" => (273 + leap, 31),
        b"Nov" => (304 + leap, 30),
        b"Dec" => (334 + leap, 31),
        _ => return None,
    };
    let is_real = year >= 1970 && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !is_real {
        return None;
    }
    let years = year - 1;
    let day = years * 365 + years / 4 - years / 100 + years / 400 + days_before + day - 1 - EPOCH;
    let weekday = WEEK.get(usize::try_from(day % 7).ok()?)?;
    (**weekday == [w1, w2, w3]).then(|| UnixTime::from_secs(((day * 24 + hour) * 60 + minute) * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn every_day_is_read() {
        for day in 0..2_932_897 {
            let secs = day * 86_400 + day % 86_400;
            let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(secs));
            assert_eq!(fixed(text.as_bytes()), Some(UnixTime::from_secs(secs)), "{text}");
        }
    }

    #[test]
    fn no_other_day_is() {
        for text in [
            "Wed, 01 May 2025 22:01:18 GMT",
            "Sat, 29 Feb 2025 22:01:18 GMT",
            "Thu, 00 May 2025 22:01:18 GMT",
            "Thu, 01 May 2025 24:01:18 GMT",
            "Thu, 01 May 2025 22:60:18 GMT",
            "Thu, 01 May 2025 22:01:60 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Sat, 01 Jan 0000 00:00:00 GMT",
        ] {
            assert_eq!((fixed(text.as_bytes()), any_form(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn all_forms_are_read() {
        for text in ["Thu, 01 May 2025 22:01:18 GMT", " Thursday, 01-May-25 22:01:18 GMT", "Thu May  1 22:01:18 2025"] {
            assert_eq!(any_form(text), Some(UnixTime::from_secs(1_746_136_878)), "{text}");
            assert_eq!(read(&text.parse().unwrap()), any_form(text), "{text}");
        }
        assert_eq!(read(&HeaderValue::from_bytes(b"Thu, 01 May 2025 22:01:18 GM\xff").unwrap()), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_else_is_taken_for_a_date(
            secs in 0..253_402_300_800_u64,
            place in 0..29_usize,
            byte in prop::sample::select(b"0123456789JFMASONDTWabceghlnoprtuvy,: -".to_vec()),
        ) {
            let mut text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(secs)).into_bytes();
            *text.get_mut(place).unwrap() = byte;
            let text = String::from_utf8(text).unwrap();
            if let Some(time) = fixed(text.as_bytes()) {
                prop_assert_eq!(any_form(&text), Some(time));
            }
        }
    }
}
