//! Limits how often a login tries, and how long it waits.

use std::fmt;
use std::num::NonZeroU8;
use std::time::Duration;

/// Limits what a login does on its own: how often it sends, how many codes it takes, how long it waits.
///
/// The seed drives the jitter of the waits. Core draws no random numbers, so that the same seed, clock and answers lead to the
/// same requests.
///
/// ```
/// use std::time::Duration;
/// use hub_auth_core::Policy;
///
/// let patient = Policy::new(42).with_longest_wait(Duration::from_secs(90));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Policy {
    pub(crate) seed: u64,
    sends: NonZeroU8,
    codes: NonZeroU8,
    longest_wait: Duration,
}

const THREE: NonZeroU8 = NonZeroU8::new(3).unwrap();
/// The first wait after a fault that names none; doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(200);

impl Policy {
    /// Allows three sends of each request, three codes, and waits of at most 5 seconds; draws the jitter from `seed`.
    pub fn new(seed: u64) -> Policy {
        Policy { seed, sends: THREE, codes: THREE, longest_wait: Duration::from_secs(5) }
    }

    /// Sets how often one request is sent in all: the first call, or the call with one code.
    #[must_use]
    pub fn with_sends(self, sends: NonZeroU8) -> Policy {
        Policy { sends, ..self }
    }

    /// Sets how many one-time codes are tried before the login must start again.
    #[must_use]
    pub fn with_codes(self, codes: NonZeroU8) -> Policy {
        Policy { codes, ..self }
    }

    /// Sets the longest wait that a login makes on its own. Where the Hub asks for more, the login fails and tells the instant.
    #[must_use]
    pub fn with_longest_wait(self, longest_wait: Duration) -> Policy {
        Policy { longest_wait, ..self }
    }

    /// Returns how often one request is sent in all.
    pub fn sends(&self) -> NonZeroU8 {
        self.sends
    }

    /// Returns how many one-time codes are tried.
    pub fn codes(&self) -> NonZeroU8 {
        self.codes
    }

    /// Returns the longest wait that a login makes on its own.
    pub fn longest_wait(&self) -> Duration {
        self.longest_wait
    }

    /// Returns the wait after the `nth` send (from 1) of a request, where the answer names none: between zero and 200 ms, which
    /// doubles with each send. `step` tells the requests of one login apart.
    pub(crate) fn backoff(&self, step: u8, nth: u8) -> Duration {
        let ceiling = FIRST_WAIT.saturating_mul(1 << u32::from(nth.saturating_sub(1)).min(16)).min(self.longest_wait);
        let millis = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
        let draw = mix(self.seed ^ (u64::from(step) << 8 | u64::from(nth)));
        Duration::from_millis(draw % millis.saturating_add(1))
    }

    /// Returns a duration from zero to `most`, drawn from the seed and `nth`.
    pub(crate) fn jitter(&self, nth: u64, most: Duration) -> Duration {
        let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(mix(self.seed.rotate_left(32) ^ nth) % millis.saturating_add(1))
    }
}

/// Leaves the seed out: with it, anybody could tell the waits of this process in advance.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("sends", &self.sends)
            .field("codes", &self.codes)
            .field("longest_wait", &self.longest_wait)
            .finish_non_exhaustive()
    }
}

/// Returns a well-spread number for each input: one round of `SplitMix64`.
fn mix(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_with_full_jitter_below_the_longest_wait() {
        let waits: Vec<_> = (1..=255).map(|nth| Policy::new(7).backoff(0, nth)).collect();
        for (n, wait) in waits.iter().enumerate() {
            assert!(*wait <= FIRST_WAIT.saturating_mul(1 << n.min(16)).min(Duration::from_secs(5)), "{n}: {wait:?}");
        }
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(4)));
        assert_eq!(Policy::new(7).backoff(0, 1), Policy::new(7).backoff(0, 1));
        assert_ne!(Policy::new(7).backoff(0, 5), Policy::new(8).backoff(0, 5));
        assert_ne!(Policy::new(7).backoff(0, 5), Policy::new(7).backoff(1, 5));
        let endless = Policy::new(7).with_longest_wait(Duration::MAX);
        assert!(endless.backoff(0, 255) <= FIRST_WAIT * (1 << 16));
    }
}
