//! The clock.

use std::time::SystemTime;

use hub_auth_core::UnixTime;

/// The time on the system's clock.
#[must_use]
#[inline]
pub fn now() -> UnixTime {
    SystemTime::now().into()
}
