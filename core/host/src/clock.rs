//! Reads the system's clock.

use std::time::SystemTime;

use hub_auth_core::UnixTime;

/// Returns the time of the system's clock.
#[must_use]
#[inline]
pub fn now() -> UnixTime {
    SystemTime::now().into()
}
