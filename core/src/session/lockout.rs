//! What keeps a session from logging in: a refused secret, a wait the Hub asked for, a second factor nobody can give.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::countdown::Countdown;
use crate::account::{Account, Identity};
use crate::failure::{Details, Failure};
use crate::kind::FailureKind;
use crate::time::UnixTime;
use crate::wire::retry_after;

/// How long a refused secret is not sent again: the longest lockout that staff named (docker/hub-feedback#2217).
const COOL_DOWN: Duration = Duration::from_secs(15 * 60);
/// After a block by the edge, or a 401 of which the rest is lost.
const SHORT: Duration = Duration::from_secs(60);
/// After any other answer without a token. The Hub may have counted that login, and each caller would send another at once.
/// The default of [`Policy::longest_wait`](crate::Policy::longest_wait): so a person's code waits for it and is not lost.
const PAUSE: Duration = Duration::from_secs(5);
/// How many refused secrets are remembered.
const MOST_SECRETS: usize = 8;

/// All that keeps a session from logging in. A longer hold is never replaced by a shorter one.
#[derive(Default)]
pub(super) struct Holds {
    /// The Hub asked everybody to wait.
    everybody: Option<Hold>,
    /// Secrets that were refused. Another one is free of them.
    secrets: Vec<(HeldSecret, Hold)>,
    /// A code is needed and nobody can give one. This is about one process, and is not shared.
    missing_code: Option<Hold>,
}

#[derive(Clone)]
struct Hold {
    rest: Countdown,
    failure: Failure,
}

struct HeldSecret {
    /// Of the account, without the secret.
    identity: Arc<Identity>,
    fingerprint: u16,
}

/// A hold as it is written to a store: for one secret, or for everybody.
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
        let hold = |kind, left| Hold {
            rest: Countdown::new(left, now),
            failure: repeated(failure, kind, account, now + left),
        };
        let left_or = |usual| failure.retry_at().map_or(usual, |until| until.since(now));
        match failure.kind() {
            FailureKind::CredentialsRefused | FailureKind::RefusedByPolicy | FailureKind::CodeRefused => {
                self.hold_secret(account, hold(FailureKind::LockedOut, COOL_DOWN), now);
            }
            FailureKind::SecondFactorRequired => {
                self.missing_code = Some(hold(FailureKind::SecondFactorRequired, COOL_DOWN));
                return false;
            }
            kind @ (FailureKind::RateLimited | FailureKind::BlockedByEdge) => {
                lengthen(&mut self.everybody, hold(kind, left_or(SHORT)), now);
            }
            // Refused, or asked for a second factor: each further try may count.
            kind if failure.status() == Some(StatusCode::UNAUTHORIZED) => {
                self.hold_secret(account, hold(kind, SHORT), now);
            }
            kind if failure.status().is_some() => lengthen(&mut self.everybody, hold(kind, left_or(PAUSE)), now),
            _ => return false,
        }
        true
    }

    /// A login went well: nobody has to wait. A secret that was refused stays held, unless it is the one of this login.
    pub(super) fn succeeded(&mut self, account: Option<&Account>) {
        (self.everybody, self.missing_code) = (None, None);
        if let Some(account) = account {
            self.secrets.retain(|(secret, _)| !secret.is_of(account));
        }
    }

    /// Forgets that a code was missing.
    pub(super) fn code_at_hand(&mut self) {
        self.missing_code = None;
    }

    /// Why a login with this account is not sent now.
    pub(super) fn failure(&mut self, account: &Account, now: UnixTime) -> Option<Failure> {
        let secret = self.secrets.iter_mut().find(|(secret, _)| secret.is_of(account)).map(|(_, hold)| hold);
        let mut holds = secret.into_iter().chain(&mut self.everybody).chain(&mut self.missing_code);
        holds.find_map(|hold| (!hold.rest.is_over(now)).then(|| hold.failure.clone()))
    }

    /// Returns the failure to wait for, and how long, if the Hub asked everybody to.
    pub(super) fn of_everybody(&mut self, now: UnixTime) -> Option<(Failure, Duration)> {
        let hold = self.everybody.as_mut()?;
        Some((hold.failure.clone(), hold.rest.left(now)))
    }

    /// What all who share a store with this account are to know.
    pub(super) fn seal(&mut self, account: &Account, now: UnixTime) -> Vec<SealedHold<'static>> {
        let secrets = self.secrets.iter_mut().filter(|(secret, _)| secret.is_named_as(account));
        let secrets = secrets.map(|(secret, hold)| (Some(secret.fingerprint), hold));
        let all = secrets.chain(self.everybody.iter_mut().map(|hold| (None, hold)));
        let sealed = |(fingerprint, hold): (_, &mut Hold)| SealedHold {
            fingerprint,
            kind: hold.failure.kind().as_str().into(),
            status: hold.failure.status().map(|status| status.as_u16()),
            left: hold.rest.left_millis(now),
        };
        all.map(sealed).filter(|sealed| sealed.left > 0).collect()
    }

    /// Takes over what another process wrote at `seen` about logins with this account's name.
    pub(super) fn merge(&mut self, sealed: &[SealedHold<'_>], account: &Account, seen: UnixTime, now: UnixTime) {
        for SealedHold { fingerprint, kind, status, left } in sealed {
            let most = if fingerprint.is_some() { COOL_DOWN } else { retry_after::LONGEST };
            let mut rest = Countdown::new(Duration::from_millis(*left).min(most), seen);
            let left = rest.left(now);
            if left.is_zero() {
                continue;
            }
            let usual = if fingerprint.is_some() { FailureKind::LockedOut } else { FailureKind::RateLimited };
            let kind = FailureKind::ALL.into_iter().find(|known| known.as_str() == kind).unwrap_or(usual);
            let mut details = Details::new(kind, account.route(), account.identity());
            details.status = status.and_then(|status| StatusCode::from_u16(status).ok());
            details.retry_at = Some(now + left);
            details.is_from_store = true;
            let hold = Hold { rest, failure: details.into() };
            match fingerprint {
                Some(fingerprint) => self.hold_named(account, *fingerprint, hold, now),
                None => lengthen(&mut self.everybody, hold, now),
            }
        }
    }

    fn hold_secret(&mut self, account: &Account, hold: Hold, now: UnixTime) {
        self.hold_named(account, fingerprint(account), hold, now);
    }

    fn hold_named(&mut self, account: &Account, fingerprint: u16, hold: Hold, now: UnixTime) {
        self.secrets.retain_mut(|(_, hold)| !hold.rest.is_over(now));
        let known = |secret: &HeldSecret| secret.is_named_as(account) && secret.fingerprint == fingerprint;
        if let Some((_, ours)) = self.secrets.iter_mut().find(|(secret, _)| known(secret)) {
            return ours.lengthen(hold, now);
        }
        if self.secrets.len() == MOST_SECRETS {
            // Whoever writes to the store must not make this process forget a refusal of its own.
            let may_go = |held: &Hold| held.failure.is_from_store() || !hold.failure.is_from_store();
            let Some(oldest) = self.secrets.iter().position(|(_, held)| may_go(held)) else { return };
            self.secrets.remove(oldest);
        }
        self.secrets.push((HeldSecret { identity: Arc::clone(account.identity()), fingerprint }, hold));
    }
}

fn lengthen(ours: &mut Option<Hold>, hold: Hold, now: UnixTime) {
    match ours {
        Some(ours) => ours.lengthen(hold, now),
        None => *ours = Some(hold),
    }
}

impl Hold {
    fn lengthen(&mut self, mut other: Hold, now: UnixTime) {
        if other.rest.left(now) > self.rest.left(now) {
            *self = other;
        }
    }
}

impl HeldSecret {
    fn is_named_as(&self, account: &Account) -> bool {
        self.identity.user == account.identity().user && self.identity.kind == account.kind()
    }

    fn is_of(&self, account: &Account) -> bool {
        self.is_named_as(account) && self.fingerprint == fingerprint(account)
    }
}

/// Without the fingerprint, which could be tried against guesses.
impl fmt::Debug for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets = self.secrets.iter().map(|(_, hold)| hold);
        f.debug_list().entries(secrets.chain(&self.everybody).chain(&self.missing_code)).finish()
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").field("rest", &self.rest).field("kind", &self.failure.kind()).finish()
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
    use crate::account::Credential;

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
