//! The hub itself: what it keeps, and how it is set up and looked at.

use std::collections::VecDeque;
use std::time::Duration;

use http::{Method, StatusCode};

use super::accounts::{Accounts, SimAccount, SimOrganization, SimUser};
use super::faults::Fault;
use super::limits::{Lockouts, Window};
use super::tickets::Tickets;
use super::tokens::{self, Tokens};
use super::{Scenario, demo, scenario};
use hub_auth_core::UnixTime;

/// A Docker Hub that exists in memory only. See the [module](super).
pub struct SimHub {
    pub(super) accounts: Accounts,
    pub(super) tickets: Tickets,
    pub(super) tokens: Tokens,
    pub(super) lockouts: Lockouts,
    pub(super) long_lifetime: Duration,
    pub(super) anonymous: Window,
    pub(super) authorized: Window,
    pub(super) prefix: String,
    pub(super) script: VecDeque<Fault>,
    pub(super) always: Fault,
    pub(super) seen: Vec<Seen>,
    pub(super) serial: u64,
}

/// One request that arrived. It holds no header and no body, hence no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// The path and the query.
    pub target: String,
    /// The status of the answer; `None` if there was none.
    pub status: Option<StatusCode>,
}

impl Default for SimHub {
    fn default() -> SimHub {
        SimHub::new()
    }
}

impl SimHub {
    /// A hub without accounts.
    #[must_use]
    pub fn new() -> SimHub {
        SimHub {
            accounts: Accounts::default(),
            tickets: Tickets::default(),
            tokens: Tokens::default(),
            lockouts: Lockouts::after(10),
            long_lifetime: tokens::LONG,
            anonymous: Window::new(180),
            authorized: Window::new(600),
            prefix: String::new(),
            script: VecDeque::new(),
            always: Fault::Pass,
            seen: Vec::new(),
            serial: 0,
        }
    }

    /// A hub with the accounts of [`demo`].
    #[must_use]
    pub fn demo() -> SimHub {
        let mut hub = SimHub::new();
        hub.add(SimUser::new(demo::USER, demo::PASSWORD).totp(demo::TOTP_SECRET).token(demo::PAT))
            .add(SimUser::new(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA))
            .add(SimOrganization::new(demo::ORGANIZATION).token(demo::OAT));
        hub
    }

    /// The hub of a scenario: [`SimHub::demo`] with one thing wrong. `None` for a name that is not in
    /// [`SimHub::scenarios`].
    #[must_use]
    pub fn scenario(name: &str) -> Option<SimHub> {
        scenario::build(name)
    }

    /// Every scenario, with a line that says what happens in it, and its public source.
    pub fn scenarios() -> impl Iterator<Item = &'static Scenario> {
        scenario::all()
    }

    /// The same in groups, each with a headline.
    pub fn scenario_groups() -> impl Iterator<Item = (&'static str, &'static [Scenario])> {
        scenario::GROUPS.into_iter()
    }

    /// Adds a user or an organization; one of the same name is replaced.
    pub fn add(&mut self, account: impl Into<SimAccount>) -> &mut SimHub {
        self.accounts.add(account.into());
        self
    }

    /// Serves every route below this path, and nothing outside it.
    pub fn prefix(&mut self, prefix: &str) -> &mut SimHub {
        prefix.trim_end_matches('/').clone_into(&mut self.prefix);
        self
    }

    /// Sets the requests a minute that pass without a bearer (180 by default). With zero none does.
    pub fn rate_limit(&mut self, per_minute: u64) -> &mut SimHub {
        self.anonymous = Window::new(per_minute);
        self
    }

    /// Sets the failed logins after which a user name is locked out for ten minutes (10 by default). With zero every
    /// name is, always.
    pub fn lock_out_after(&mut self, failures: u32) -> &mut SimHub {
        self.lockouts = Lockouts::after(failures);
        self
    }

    /// Sets how long the tokens of the two login routes are good (30 days by default); those of `/v2/auth/token`
    /// always are ten minutes.
    pub fn login_lifetime(&mut self, lifetime: Duration) -> &mut SimHub {
        self.long_lifetime = lifetime;
        self
    }

    /// Mints tokens of about 150 bytes from now on, which say who and until when, instead of the Hub's own of 1.1 KB.
    /// They open the same resources, and are good for as long.
    pub fn small_tokens(&mut self) -> &mut SimHub {
        self.tokens.small = true;
        self
    }

    /// Sets how long a second factor can be answered (5 minutes by default). With zero every code comes too late.
    pub fn ticket_lifetime(&mut self, lifetime: Duration) -> &mut SimHub {
        self.tickets.lifetime = lifetime;
        self
    }

    /// Appends to the script: each fault meets one request, in order. Without a script every request meets what
    /// [`SimHub::always`] says.
    pub fn script(&mut self, fault: Fault) -> &mut SimHub {
        self.script.push_back(fault);
        self
    }

    /// Sets what every request meets that finds the script empty ([`Fault::Pass`] by default).
    pub fn always(&mut self, fault: Fault) -> &mut SimHub {
        self.always = fault;
        self
    }

    /// Makes this token worthless; `false` if it was already.
    pub fn revoke(&mut self, token: &str) -> bool {
        self.tokens.revoke(token)
    }

    /// Makes every token given out so far worthless.
    pub fn revoke_all(&mut self) {
        self.tokens.revoke_all();
    }

    /// The code that the authenticator of this user shows at `now`, used already or not; `None` without such a user
    /// or second factor.
    /// A code is good once: whoever logs in twice in half a minute has to ask for the code of a later time.
    #[must_use]
    pub fn code(&self, user: &str, now: UnixTime) -> Option<String> {
        self.accounts.user(user)?.code(now)
    }

    /// What has arrived, oldest first.
    #[must_use]
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }
}

impl std::fmt::Debug for SimHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimHub").field("accounts", &self.accounts).field("seen", &self.seen).finish_non_exhaustive()
    }
}
