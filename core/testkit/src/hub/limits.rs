//! Keeps the rate limit, and the lockout after failed logins.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use hub_auth_core::UnixTime;

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

const WINDOW_SECS: u64 = 60;
/// The length of a lockout, by user name (docker/hub-feedback#2201).
const LOCKOUT: Duration = Duration::from_secs(600);

/// Counts the requests of a minute. 180 without a token and 600 with one were seen (docker/hub-feedback#2459,
/// badges/shields#9803).
pub(super) struct Window {
    limit: u64,
    minute: u64,
    used: u64,
}

/// Holds the figures of the window for one request.
pub(super) struct Figures {
    pub(super) passed: bool,
    limit: u64,
    remaining: u64,
    reset: u64,
    wait: u64,
}

impl Window {
    pub(super) fn new(limit: u64) -> Window {
        Window { limit, minute: 0, used: 0 }
    }

    /// Counts one request.
    pub(super) fn count(&mut self, now: UnixTime) -> Figures {
        let minute = now.as_secs() / WINDOW_SECS;
        if self.minute != minute {
            (self.minute, self.used) = (minute, 0);
        }
        let passed = self.used < self.limit;
        self.used += u64::from(passed);
        let reset = minute.saturating_add(1).saturating_mul(WINDOW_SECS);
        let wait = reset.saturating_sub(now.as_secs()).max(1);
        Figures { passed, limit: self.limit, remaining: self.limit - self.used, reset, wait }
    }
}

impl Figures {
    /// Adds the documented headers. Once the window is used up, adds the wait in seconds as well.
    pub(super) fn stamp(&self, headers: &mut HeaderMap) {
        let wait = (!self.passed).then_some((&RETRY_AFTER, self.wait));
        let figures = [(&LIMIT, self.limit), (&REMAINING, self.remaining), (&RESET, self.reset)];
        for (name, figure) in figures.into_iter().chain(wait) {
            // Exactly as long as it is, which `HeaderValue::from` is not.
            if let Ok(value) = HeaderValue::try_from(figure.to_string()) {
                headers.insert(name, value);
            }
        }
    }
}

/// Counts failed logins by user name. While a name is locked out, the right password fails as well.
pub(super) struct Lockouts {
    after: u32,
    failed: BTreeMap<String, (u32, UnixTime)>,
}

impl Lockouts {
    /// Locks a name out after this many failed logins. With zero, every name is locked out from the start.
    pub(super) fn after(failures: u32) -> Lockouts {
        Lockouts { after: failures, failed: BTreeMap::new() }
    }

    pub(super) fn is_locked(&mut self, name: &str, now: UnixTime) -> bool {
        let (failures, last) = self.failed.get(name).copied().unwrap_or((0, now));
        let locked = failures >= self.after;
        if locked && now >= last + LOCKOUT {
            self.failed.remove(name);
            return self.after == 0;
        }
        locked
    }

    pub(super) fn failed(&mut self, name: &str, now: UnixTime) {
        let (failures, last) = self.failed.entry(name.to_owned()).or_insert((0, now));
        (*failures, *last) = (failures.saturating_add(1), now);
    }

    pub(super) fn succeeded(&mut self, name: &str) {
        self.failed.remove(name);
    }
}
