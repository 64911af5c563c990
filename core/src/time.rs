//! Time as an argument: milliseconds since 1970, every sum saturating.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

    /// From milliseconds since 1970.
    #[must_use]
    #[inline]
    pub const fn from_millis(millis: u64) -> UnixTime {
        UnixTime(millis)
    }

    /// From seconds since 1970, saturating.
    #[must_use]
    pub const fn from_secs(secs: u64) -> UnixTime {
        UnixTime(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    #[must_use]
    #[inline]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// How long after `earlier` this is; zero if it is not after it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate() {
        assert_eq!(UnixTime::MAX + Duration::MAX, UnixTime::MAX);
        assert_eq!(UnixTime::from_secs(u64::MAX), UnixTime::MAX);
        assert_eq!(UnixTime::from_secs(1).since(UnixTime::from_secs(2)), Duration::ZERO);
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_secs(5)), UnixTime::from_secs(0));
    }
}
