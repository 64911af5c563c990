//! Holds what all sequences share: the processes and their callers, the accounts, and the second factor.

use std::sync::Arc;

use hub_auth_core::Totp;
use hub_auth_core::session::Codes;

use super::super::*;

/// Two callers of the first process, one of the second.
pub(super) const PROCESS: [usize; 3] = [0, 0, 1];

pub(super) const ACCOUNTS: usize = 3;
pub(super) const WRONG: usize = 0;
pub(super) const RIGHT: usize = 1;

/// Chooses the second factor of everybody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Second {
    None,
    Totp,
    Person,
}

/// Returns the numbers of the callers in this process.
pub(super) fn callers_of(process: usize) -> impl Iterator<Item = usize> {
    (0..PROCESS.len()).filter(move |n| PROCESS[*n] == process)
}

/// Made once, since each of many thousand sequences uses it.
struct Shared {
    hub: Hub,
    totp: Arc<Totp>,
    accounts: [Account; ACCOUNTS],
}

#[expect(clippy::disallowed_types, reason = "a test may have global state, and the core has none")]
static SHARED: std::sync::LazyLock<Shared> = std::sync::LazyLock::new(|| {
    // One send for each call and one code, so that each answer ends a login.
    let policy = Policy::new(11).with_sends(1.try_into().unwrap()).with_codes(1.try_into().unwrap());
    let account = |(user, secret)| Account::new(user, Credential::password(secret)).unwrap();
    Shared {
        hub: Hub::docker(policy),
        totp: Arc::new(Totp::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap()),
        // Two secrets of one user, and another user.
        accounts: [("alice", "wrong"), ("alice", "right"), ("bob", "right too")].map(account),
    }
});

pub(super) fn account(index: usize) -> &'static Account {
    &SHARED.accounts[index]
}

/// Returns the user of this account, whichever clone it is.
pub(super) fn name(account: &Account) -> &'static str {
    let users = SHARED.accounts.iter().map(Account::user);
    users.into_iter().find(|user| *user == account.user()).unwrap()
}

pub(super) fn session(index: usize, second: Second) -> Session {
    let mut session = Session::new(SHARED.hub.clone(), account(index).clone());
    session.set_codes(match second {
        Second::None => Codes::Nobody,
        Second::Person => Codes::Person,
        Second::Totp => Codes::Totp(Arc::clone(&SHARED.totp)),
    });
    session
}
