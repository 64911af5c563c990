//! Represents time, which is always an argument: milliseconds since 1970, every sum saturating.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// Holds an instant of wall-clock time: milliseconds since 1970-01-01T00:00:00Z.
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
    #[inline]
    pub const fn from_millis(millis: u64) -> UnixTime {
        UnixTime(millis)
    }

    /// Makes an instant of seconds since 1970, saturating.
    pub const fn from_secs(secs: u64) -> UnixTime {
        UnixTime(secs.saturating_mul(1000))
    }

    /// Returns milliseconds since 1970.
    #[inline]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns whole seconds since 1970, rounded down.
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
    pub const fn since(self, earlier: UnixTime) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for UnixTime {
    type Output = UnixTime;

    /// Adds a wait, saturating. A part of a millisecond is dropped.
    fn add(self, wait: Duration) -> UnixTime {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        UnixTime(self.0.saturating_add(millis))
    }
}

impl From<SystemTime> for UnixTime {
    /// Converts a clock's time, as adapters do. Times before 1970 become 1970.
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
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        // `httpdate` knows the calendar: "Thu, 01 May 2025 22:01:18 GMT".
        let date = httpdate::fmt_http_date(UnixTime::from_secs(self.as_secs().min(LAST_SECOND)).into());
        let mut parts = date.split(' ').skip(1);
        let mut part = || parts.next().unwrap_or_default();
        let (day, month, year, clock) = (part(), part(), part(), part());
        let month = 1 + MONTHS.iter().position(|name| *name == month).unwrap_or_default();
        write!(f, "{year}-{month:02}-{day}T{clock}Z")
    }
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
    fn it_is_written_as_rfc_3339() {
        for (secs, written) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_746_136_878, "2025-05-01T22:01:18Z"),
            (LAST_SECOND, "9999-12-31T23:59:59Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(UnixTime::from_secs(secs).to_string(), written);
        }
        let _no_panic = SystemTime::from(UnixTime::MAX);
    }
}
