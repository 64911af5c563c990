//! Makes one-time codes for unattended accounts (RFC 6238: SHA-1, six digits, 30 seconds). No time step is used twice.

use std::fmt;

use totp_rs::{Builder, Secret as TotpSecret};
use zeroize::Zeroizing;

use crate::error::{Field, InvalidInput, Reason};
use crate::secret::{Code, Secret};
use crate::time::UnixTime;

/// The length of a time step, in seconds.
const STEP: u64 = 30;

/// Makes codes from the secret that an authenticator app is set up with.
///
/// A code is good once, so a time step is used once, by this process or the next: the last step used is an argument, and a
/// [session](crate::session::Codes::Totp) remembers and seals it.
///
/// ```
/// use hub_auth_core::{Totp, UnixTime};
///
/// let totp = Totp::from_base32("GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")?;
/// let (code, step) = totp.next(None, UnixTime::from_secs(59)).unwrap();
/// assert_eq!(code.expose(), "287082"); // RFC 6238, appendix B
/// assert_eq!(totp.next(Some(step), UnixTime::from_secs(59)).unwrap_err(), UnixTime::from_secs(60));
/// # Ok::<(), hub_auth_core::InvalidInput>(())
/// ```
pub struct Totp(totp_rs::Totp);

impl Totp {
    /// Reads the base32 text shown beside the QR code; white space, dashes, case and padding do not count.
    pub fn from_base32(text: &str) -> Result<Totp, InvalidInput> {
        let mut bare = Zeroizing::new(String::with_capacity(text.len()));
        let counts = |c: &char| !c.is_whitespace() && !matches!(c, '-' | '=');
        bare.extend(text.chars().filter(counts).map(|c| c.to_ascii_uppercase()));
        if bare.is_empty() {
            return Err(InvalidInput::new(Field::TotpSecret, Reason::Empty));
        }
        let Ok(secret) = TotpSecret::try_from_base32(bare.as_str()) else {
            return Err(InvalidInput::new(Field::TotpSecret, Reason::NotBase32));
        };
        // Accounts exist whose secret is shorter than the RFC asks for.
        Ok(Totp(Builder::new().with_secret(secret).build_noncompliant()))
    }

    /// Returns the code of `now` and its step, which the caller remembers. If that step is `last` or before it, its code was used:
    /// returns the instant at which the next step begins. Give the Hub's time where it is known:
    /// [`Challenge::hub_time`](crate::Challenge::hub_time).
    pub fn next(&self, last: Option<u64>, now: UnixTime) -> Result<(Code, u64), UnixTime> {
        let step = now.as_secs() / STEP;
        let begin = |step: u64| UnixTime::from_secs(step.saturating_mul(STEP));
        // A step far ahead is from a clock that was wrong, and would block for good.
        if let Some(last) = last.filter(|last| (step..=step + 2).contains(last)) {
            return Err(begin(last + 1));
        }
        let code = Secret::from(self.0.generate(step.saturating_mul(STEP)).to_string());
        Code::new(code.expose()).map(|code| (code, step)).map_err(|_| begin(step + 1))
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &str = "gezdgnbvgy3tqojqgezdgnbvgy3tqojq====";

    #[test]
    fn it_makes_the_codes_of_the_rfc() {
        let totp = Totp::from_base32(RFC).unwrap();
        for (secs, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            let (made, step) = totp.next(None, UnixTime::from_secs(secs)).unwrap();
            assert_eq!((made.expose(), step), (code, secs / 30));
        }
    }

    #[test]
    fn no_step_is_used_twice() {
        let totp = Totp::from_base32(RFC).unwrap();
        let at = |last, secs| {
            let next = totp.next(Some(last), UnixTime::from_secs(secs));
            next.map(|(_, step)| step).map_err(UnixTime::as_secs)
        };
        assert_eq!(at(1, 59), Err(60));
        assert_eq!(at(1, 60), Ok(2));
        assert_eq!(at(2, 59), Err(90), "the clock stepped back a little");
        assert_eq!(at(1_000_000, 59), Ok(1), "a step of a wrong clock does not block for good");
        assert_eq!(at(u64::MAX, u64::MAX), Ok(u64::MAX / 1000 / 30));
    }

    #[test]
    fn bad_secrets_are_named() {
        assert_eq!(Totp::from_base32(" - ").unwrap_err().reason, Reason::Empty);
        assert_eq!(Totp::from_base32("not base32!").unwrap_err().reason, Reason::NotBase32);
        assert_eq!(format!("{:?}", Totp::from_base32(RFC).unwrap()), "[redacted]");
    }
}
