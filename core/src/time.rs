//! Time as an argument: milliseconds since 1970, every sum saturating.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// An instant of wall-clock time: milliseconds since 1970-01-01T00:00:00Z.
///
/// Core never reads a clock; every call that needs the time takes one of these. All arithmetic saturates, so no number a
/// server sends can overflow.
///
/// ```
/// use hub_auth_core::UnixTime;
/// use std::time::Duration;
///
/// let now = UnixTime::from_secs(1_746_136_878);
/// assert_eq!(now + Duration::from_secs(60), UnixTime::from_secs(1_746_136_938));
/// assert_eq!(now.since(UnixTime::MAX), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The latest instant that can be written.
    pub const MAX: UnixTime = UnixTime(u64::MAX);

    /// Makes an instant of milliseconds since 1970.
    #[must_use]
    #[inline]
    pub const fn from_millis(millis: u64) -> UnixTime {
        UnixTime(millis)
    }

    /// Makes an instant of seconds since 1970, saturating.
    #[must_use]
    pub const fn from_secs(secs: u64) -> UnixTime {
        UnixTime(secs.saturating_mul(1000))
    }

    /// Returns milliseconds since 1970.
    #[must_use]
    #[inline]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// Returns this instant moved by a signed number of milliseconds, saturating.
    pub(crate) const fn shifted(self, millis: i64) -> UnixTime {
        UnixTime(self.0.saturating_add_signed(millis))
    }

    /// Returns how many milliseconds this is after `other`; negative if it is before, saturating.
    pub(crate) fn ahead_of(self, other: UnixTime) -> i64 {
        let millis = |time: UnixTime| i64::try_from(time.0).unwrap_or(i64::MAX);
        millis(self).saturating_sub(millis(other))
    }

    /// Returns how long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: UnixTime) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for UnixTime {
    type Output = UnixTime;

    /// Saturating; a part of a millisecond is dropped.
    fn add(self, wait: Duration) -> UnixTime {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        UnixTime(self.0.saturating_add(millis))
    }
}

impl From<SystemTime> for UnixTime {
    /// The conversion adapters make from their clock. Times before 1970 become 1970.
    #[inline]
    fn from(time: SystemTime) -> UnixTime {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime(since.as_secs().saturating_mul(1000).saturating_add(since.subsec_millis().into()))
    }
}

impl From<UnixTime> for SystemTime {
    /// Converts into a clock's time. An instant that the platform's clock cannot hold becomes the end of the year 9999.
    fn from(time: UnixTime) -> SystemTime {
        let end = Duration::from_secs(LAST_SECOND);
        UNIX_EPOCH.checked_add(Duration::from_millis(time.0)).unwrap_or(UNIX_EPOCH + end)
    }
}

/// Writes RFC 3339 in UTC, in whole seconds: `2025-05-01T22:01:18Z`. Instants after the year 9999 are written as its end.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.as_secs().min(LAST_SECOND);
        let (year, month, day) = date(secs / 86_400);
        let (hour, minute, second) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Returns year, month and day of a number of days since 1970, in the Gregorian calendar. It counts from 1 March of the year
/// 0, so that the leap day is the last of its year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate() {
        assert_eq!(UnixTime::MAX + Duration::MAX, UnixTime::MAX);
        assert_eq!(UnixTime::from_secs(u64::MAX), UnixTime::MAX);
        assert_eq!(UnixTime::from_secs(1).since(UnixTime::from_secs(2)), Duration::ZERO);
        assert_eq!(UnixTime::from_secs(1).shifted(-2000), UnixTime::default());
        assert_eq!(UnixTime::from_secs(1).ahead_of(UnixTime::from_secs(2)), -1000);
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_secs(5)), UnixTime::from_secs(0));
    }

    #[test]
    fn every_day_is_written_as_the_http_date_of_it() {
        for day in (0..2_932_897_u64).step_by(101).chain([58, 59, 60, 788, 789, 790, 47_540, 47_541]) {
            let time = UnixTime::from_secs(day * 86_400 + day % 86_400);
            let http = httpdate::fmt_http_date(time.into());
            let written = time.to_string();
            let parts: Vec<&str> = http.split([' ', ',']).filter(|part| !part.is_empty()).collect();
            let (year, rest) = written.split_once('-').unwrap();
            let (_, rest) = rest.split_once('-').unwrap();
            let (day, clock) = rest.split_once('T').unwrap();
            assert_eq!([day, year, clock], [parts[1], parts[3], &format!("{}Z", parts[4])], "{http}");
        }
        assert_eq!(UnixTime::from_secs(1_746_136_878).to_string(), "2025-05-01T22:01:18Z");
        assert_eq!(UnixTime::MAX.to_string(), "9999-12-31T23:59:59Z");
        let _no_panic = SystemTime::from(UnixTime::MAX);
    }
}
