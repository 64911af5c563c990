//! Keeps a session from logging in: after a refused secret, after an answer that asks to wait, without a second factor.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::countdown::{Countdown, millis};
use crate::account::{Account, Identity};
use crate::failure::{Details, Failure};
use crate::kind::FailureKind;
use crate::time::UnixTime;
use crate::wire::retry_after;

/// Holds a refused secret back for the longest lockout that staff named (docker/hub-feedback#2217).
const COOL_DOWN: Duration = Duration::from_secs(15 * 60);
/// Holds logins back after a block by the edge, or after a 401 of which the rest is lost.
const SHORT: Duration = Duration::from_secs(60);
/// Holds logins back after any other answer without a token. The Hub may have counted that login, and each caller would send
/// another at once. As long as [`Policy::longest_wait`](crate::Policy::longest_wait) by default, so that a person's code
/// waits for the end of the hold and is not lost.
const PAUSE: Duration = Duration::from_secs(5);
/// Bounds the number of refused secrets that are remembered.
const MOST_SECRETS: usize = 8;

/// Holds all that keeps a session from logging in. A longer hold is never replaced by a shorter one.
#[derive(Default)]
pub(super) struct Holds(Vec<Hold>);

struct Hold {
    on: On,
    rest: Countdown,
    failure: Failure,
}

/// Says what is held back.
#[derive(PartialEq)]
enum On {
    /// Every login: the Hub asked to wait.
    All,
    /// The logins with one secret.
    Secret(HeldSecret),
    /// The logins of this process, which has nobody to give a code. Others are not told.
    NoCode,
}

struct HeldSecret {
    /// The account, without the secret.
    identity: Arc<Identity>,
    fingerprint: u16,
}

impl PartialEq for HeldSecret {
    fn eq(&self, other: &HeldSecret) -> bool {
        (&self.identity.user, self.identity.kind, self.fingerprint)
            == (&other.identity.user, other.identity.kind, other.fingerprint)
    }
}

impl On {
    fn secret_of(account: &Account) -> On {
        On::Secret(HeldSecret { identity: Arc::clone(account.identity()), fingerprint: fingerprint(account) })
    }
}

/// Holds a hold as it is written to a store: for one secret, or for every login.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedHold<'a> {
    fingerprint: Option<u16>,
    kind: Cow<'a, str>,
    status: Option<u16>,
    /// In milliseconds.
    pub(super) left: u64,
}

impl Holds {
    /// Remembers a login with `account` that failed. Returns whether all who share the store are to know.
    pub(super) fn failed(&mut self, failure: &Failure, account: &Account, now: UnixTime) -> bool {
        let left_or = |usual| failure.retry_at().map_or(usual, |until| until.since(now));
        let (on, kind, left) = match failure.kind() {
            FailureKind::CredentialsRefused | FailureKind::RefusedByPolicy | FailureKind::CodeRefused => {
                (On::secret_of(account), FailureKind::LockedOut, COOL_DOWN)
            }
            kind @ FailureKind::SecondFactorRequired => (On::NoCode, kind, COOL_DOWN),
            kind @ (FailureKind::RateLimited | FailureKind::BlockedByEdge) => (On::All, kind, left_or(SHORT)),
            // Refused, or asked for a second factor: each further try may count.
            kind if failure.status() == Some(StatusCode::UNAUTHORIZED) => (On::secret_of(account), kind, SHORT),
            kind if failure.status().is_some() => (On::All, kind, left_or(PAUSE)),
            _ => return false,
        };
        let is_shared = on != On::NoCode;
        let failure = repeated(failure, kind, account, now + left);
        self.add(Hold { on, rest: Countdown::new(left, now), failure }, account, now);
        is_shared
    }

    /// Forgets what a login that went well has disproved. A secret that was refused stays held, unless it is the one of this
    /// login.
    pub(super) fn succeeded(&mut self, account: Option<&Account>) {
        let proved = account.map(On::secret_of);
        self.0.retain(|hold| matches!(hold.on, On::Secret(_)) && Some(&hold.on) != proved.as_ref());
    }

    /// Forgets that a code was missing.
    pub(super) fn code_at_hand(&mut self) {
        self.0.retain(|hold| hold.on != On::NoCode);
    }

    /// Returns why a login with this account is not sent now: the failure that holds longest.
    pub(super) fn failure(&mut self, account: &Account, now: UnixTime) -> Option<Failure> {
        let own = On::secret_of(account);
        let holds = self.live(now).filter(|hold| hold.on == own || !matches!(hold.on, On::Secret(_)));
        holds.max_by_key(|hold| hold.rest.ends()).map(|hold| hold.failure.clone())
    }

    /// Returns why no login at all is sent now, and until when.
    pub(super) fn of_all(&mut self, now: UnixTime) -> Option<(Failure, UnixTime)> {
        self.live(now).find(|hold| hold.on == On::All).map(|hold| (hold.failure.clone(), hold.rest.ends()))
    }

    /// Returns what all who share a store with this account are to know.
    pub(super) fn seal(&mut self, account: &Account, now: UnixTime) -> Vec<SealedHold<'static>> {
        let sealed = |hold: &Hold| {
            let fingerprint = match &hold.on {
                On::All => None,
                On::Secret(HeldSecret { identity, fingerprint })
                    if identity.user == account.identity().user && identity.kind == account.kind() =>
                {
                    Some(*fingerprint)
                }
                On::Secret(_) | On::NoCode => return None,
            };
            let kind = hold.failure.kind().as_str().into();
            let status = hold.failure.status().map(|status| status.as_u16());
            Some(SealedHold { fingerprint, kind, status, left: millis(hold.rest.ends().since(now)) })
        };
        self.live(now).filter_map(sealed).collect()
    }

    /// Takes over what another process wrote at `seen` about logins with this account's name.
    pub(super) fn merge(&mut self, sealed: &[SealedHold<'_>], account: &Account, seen: UnixTime, now: UnixTime) {
        for SealedHold { fingerprint, kind, status, left } in sealed {
            let (on, most, usual) = match *fingerprint {
                None => (On::All, retry_after::LONGEST, FailureKind::RateLimited),
                Some(fingerprint) => {
                    let identity = Arc::clone(account.identity());
                    (On::Secret(HeldSecret { identity, fingerprint }), COOL_DOWN, FailureKind::LockedOut)
                }
            };
            let mut rest = Countdown::new(Duration::from_millis(*left).min(most), seen);
            let left = rest.left(now);
            if left.is_zero() {
                continue;
            }
            let kind = FailureKind::ALL.into_iter().find(|known| known.as_str() == kind).unwrap_or(usual);
            let mut details = Details::new(kind, account.route(), account.identity());
            details.status = status.and_then(|status| StatusCode::from_u16(status).ok());
            details.retry_at = Some(now + left);
            details.is_from_store = true;
            self.add(Hold { on, rest, failure: details.into() }, account, now);
        }
    }

    /// Returns the holds that are not over.
    fn live(&mut self, now: UnixTime) -> std::slice::Iter<'_, Hold> {
        self.0.retain_mut(|hold| !hold.rest.is_over(now));
        self.0.iter()
    }

    fn add(&mut self, hold: Hold, account: &Account, now: UnixTime) {
        let is_secret = |hold: &Hold| matches!(hold.on, On::Secret(_));
        let secrets = self.live(now).filter(|held| is_secret(held)).count();
        if let Some(later) = self.0.iter_mut().find(|held| held.on == hold.on) {
            let mut earlier = hold;
            if earlier.rest.ends() > later.rest.ends() {
                std::mem::swap(&mut earlier, later);
            }
            // A hold that this process has seen itself stays its own, even if a store prolongs it.
            if later.failure.is_from_store() && !earlier.failure.is_from_store() {
                later.failure = repeated(&earlier.failure, later.failure.kind(), account, later.rest.ends());
            }
            return;
        }
        if is_secret(&hold) && secrets == MOST_SECRETS {
            // A writer of the store must not make this process forget a refusal of its own.
            let may_go = |held: &Hold| held.failure.is_from_store() || !hold.failure.is_from_store();
            let Some(oldest) = self.0.iter().position(|held| is_secret(held) && may_go(held)) else { return };
            self.0.remove(oldest);
        }
        self.0.push(hold);
    }
}

/// Returns the failure of later asks: the first one with the instant of the next try.
fn repeated(first: &Failure, kind: FailureKind, account: &Account, until: UnixTime) -> Failure {
    let mut details = Details::new(kind, first.route().unwrap_or(account.route()), account.identity());
    details.status = first.status();
    details.trace_id = first.trace_id().map(Box::from);
    details.server_message = first.server_message().map(Box::from);
    details.redirected_to = first.redirected_to().map(Box::from);
    details.transport = first.transport();
    details.retry_at = Some(until);
    details.into()
}

/// Tells a changed secret from a refused one, in memory and in a store: 64-bit FNV-1a of the user's name and the secret,
/// folded to 16 bits. So few bits leave a reader of the store with one in 65,536 of all guesses.
///
/// The user's name is the salt, and no random one is kept beside the fingerprint. A service that goes on with a wrong
/// password makes a new hold every 15 minutes. With a new salt for each, a reader of the store would learn another 16 bits
/// each time, and after four holds the password from any list that has it. With a fixed salt he learns 16 bits in all.
fn fingerprint(account: &Account) -> u16 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    // No text holds 0xff: it keeps the two apart.
    let bytes = account.user().bytes().chain([0xff]).chain(account.secret().expose().bytes());
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    #[expect(clippy::cast_possible_truncation, reason = "16 of the bits each time")]
    let part = |shift: u32| (hash >> shift) as u16;
    part(0) ^ part(16) ^ part(32) ^ part(48)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;

    fn of(user: &str, secret: &str) -> u16 {
        fingerprint(&Account::new(user, Credential::password(secret)).unwrap())
    }

    #[test]
    fn a_fingerprint_leaves_one_in_65536_of_a_list_of_guesses() {
        let secrets = ["hunter2", "correct horse", "pässwörd", "S3cret!", "letmein99", "a", "tr0ub4dor&3", "qwerty"];
        let guesses: Vec<u16> = (0..100_000).map(|n| of("alice", &format!("password{n}"))).collect();
        let candidates = |secret: &&str| {
            let refused = of("alice", secret);
            guesses.iter().filter(|guess| **guess == refused).count()
        };
        let left: usize = secrets.iter().map(candidates).sum();
        // 1.5 for each on average: beside the secret itself there are others, and not many.
        assert!((secrets.len() / 2..secrets.len() * 4).contains(&left), "{left} of {} secrets", secrets.len());
    }

    #[test]
    fn a_fingerprint_is_the_same_in_every_process_and_another_for_each_user() {
        assert_eq!(of("alice", "hunter2"), 0xebee);
        assert_ne!(of("alice", "hunter2"), of("bob", "hunter2"));
        assert_ne!(of("alice", "hunter2"), of("aliceh", "unter2"));
    }
}
