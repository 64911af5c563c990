//! Makes one-time codes by RFC 6238, with SHA-1, six digits and 30 seconds.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use hub_auth_core::UnixTime;

/// The seconds for which one code is the current one.
const STEP_SECS: u64 = 30;

/// Makes the codes of one account.
pub(super) struct Authenticator(Hmac<Sha1>);

impl Authenticator {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    pub(super) fn new(secret: &[u8]) -> Authenticator {
        Authenticator(Hmac::new_from_slice(secret).expect("a key"))
    }

    /// Returns the step that is current at `now`.
    pub(super) fn step(now: UnixTime) -> u64 {
        now.as_secs() / STEP_SECS
    }

    /// Returns the code of a step (RFC 4226, section 5.3).
    pub(super) fn code(&self, step: u64) -> String {
        let mac: [u8; 20] = self.0.clone().chain_update(step.to_be_bytes()).finalize().into_bytes().into();
        let [.., last] = mac;
        let chosen = mac.get(usize::from(last & 15)..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        format!("{:06}", (u32::from_be_bytes(chosen) & 0x7fff_ffff) % 1_000_000)
    }
}
