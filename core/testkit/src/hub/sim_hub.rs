//! Holds the state of a simulated Hub, which a test sets up and reads.

use std::collections::VecDeque;
use std::time::Duration;

use http::{Method, StatusCode};

use super::accounts::{Accounts, SimUser};
use super::faults::Fault;
use super::limits::{Lockouts, Window};
use super::resources::Catalog;
use super::tickets::Tickets;
use super::tokens::{self, Origin, Tokens};
use super::{Scenario, demo};
use hub_auth_core::UnixTime;

/// Simulates a Docker Hub in memory, for tests of programs that log in, without an account and without a network.
///
/// The hub has accounts with one-time codes, tickets between the two calls of a login, tokens, a rate limit, a lockout, resources
/// that a token opens, [faults](Fault) to order, and [scenarios](Scenario).
///
/// [`SimHub::handle`] takes one HTTP request and the time, and returns the outcome. It has no socket and no clock. The same requests
/// at the same times get the same answers, tokens included. [`Loopback`](crate::Loopback) serves a hub on a socket.
///
/// ```
/// use hub_auth_core::UnixTime;
/// use hub_auth_testkit::{SimHub, demo};
///
/// let mut hub = SimHub::demo();
/// let now = UnixTime::from_secs(1_700_000_000);
/// let post = |path: &str, body: String| {
///     http::Request::post(path).header("content-type", "application/json").body(body).unwrap()
/// };
///
/// // The password is right, and alice has a second factor: the hub answers 401 with a ticket.
/// let body = format!(r#"{{"username":"{}","password":"{}"}}"#, demo::USER, demo::PASSWORD);
/// let outcome = hub.handle(&post("/v2/users/login", body), now);
/// let reply = outcome.reply().unwrap();
/// assert_eq!(reply.status(), 401);
/// let answer: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
/// let ticket = answer["login_2fa_token"].as_str().unwrap();
///
/// // The ticket and the code together yield the token.
/// let code = hub.code(demo::USER, now).unwrap();
/// let body = format!(r#"{{"login_2fa_token":"{ticket}","code":"{code}"}}"#);
/// let outcome = hub.handle(&post("/v2/users/2fa-login", body), now);
/// assert_eq!(outcome.reply().unwrap().status(), 200);
/// ```
pub struct SimHub {
    pub(super) accounts: Accounts,
    pub(super) tickets: Tickets,
    pub(super) tokens: Tokens,
    pub(super) lockouts: Lockouts,
    pub(super) long_lifetime: Duration,
    pub(super) anonymous: Window,
    pub(super) authorized: Window,
    /// The scheme, host and port of links in answers.
    pub(super) origin: String,
    pub(super) prefix: String,
    pub(super) catalog: Catalog,
    pub(super) script: VecDeque<Fault>,
    pub(super) always: Fault,
    pub(super) on_api_calls: Option<Fault>,
    pub(super) seen: Vec<Seen>,
    pub(super) serial: u64,
}

/// Records a request that arrived, without its headers and body, and so without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The method.
    pub method: Method,
    /// The path and the query.
    pub target: String,
    /// The status of the answer. `None` without an answer.
    pub status: Option<StatusCode>,
}

impl Default for SimHub {
    fn default() -> SimHub {
        SimHub::new()
    }
}

impl SimHub {
    /// Creates a hub without accounts.
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
            origin: "https://hub.docker.com".to_owned(),
            prefix: String::new(),
            catalog: Catalog::default(),
            script: VecDeque::new(),
            always: Fault::Pass,
            on_api_calls: None,
            seen: Vec::new(),
            serial: 0,
        }
    }

    /// Creates a hub with the accounts of [`demo`].
    #[must_use]
    pub fn demo() -> SimHub {
        let mut hub = SimHub::new();
        hub.add(SimUser::new(demo::USER, demo::PASSWORD).totp(demo::TOTP_SECRET).token(demo::PAT))
            .add(SimUser::new(demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA))
            .add_organization(demo::ORGANIZATION, &[demo::OAT]);
        hub
    }

    /// Builds the hub of a [`Scenario`]. `None` for a name that no scenario has.
    #[must_use]
    pub fn scenario(name: &str) -> Option<SimHub> {
        Scenario::all().find(|scenario| scenario.name == name).map(|scenario| scenario.hub())
    }

    /// Adds a user. Replaces a user of the same name.
    pub fn add(&mut self, user: SimUser) -> &mut SimHub {
        self.accounts.add(user);
        self
    }

    /// Adds an organization with these access tokens. Replaces an organization of the same name.
    pub fn add_organization(&mut self, name: &str, tokens: &[&str]) -> &mut SimHub {
        self.accounts.add_organization(name, tokens);
        self
    }

    /// Sets the origin of links to other pages, `https://hub.docker.com` by default.
    pub(crate) fn set_origin(&mut self, origin: &str) {
        origin.trim_end_matches('/').clone_into(&mut self.origin);
    }

    /// Serves every route below this path, and nothing outside this path.
    pub fn prefix(&mut self, prefix: &str) -> &mut SimHub {
        prefix.trim_end_matches('/').clone_into(&mut self.prefix);
        self
    }

    /// Sets how many requests a minute pass without a bearer (180 by default). With zero, none does.
    pub fn rate_limit(&mut self, per_minute: u64) -> &mut SimHub {
        self.anonymous = Window::new(per_minute);
        self
    }

    /// Sets after how many failed logins a user name is locked out for ten minutes (10 by default). With zero, every
    /// name always is.
    pub fn lock_out_after(&mut self, failures: u32) -> &mut SimHub {
        self.lockouts = Lockouts::after(failures);
        self
    }

    /// Sets how long the tokens of the two login routes are good (30 days by default). Tokens of `/v2/auth/token` are
    /// good for ten minutes.
    pub fn login_lifetime(&mut self, lifetime: Duration) -> &mut SimHub {
        self.long_lifetime = lifetime;
        self
    }

    /// Sets how long the hub waits for a one-time code (5 minutes by default). With zero, every code comes too late.
    pub fn ticket_lifetime(&mut self, lifetime: Duration) -> &mut SimHub {
        self.tickets.lifetime = lifetime;
        self
    }

    /// Appends a fault to the script. Each request meets one fault of the script, in order; when the script is empty,
    /// requests meet the fault of [`SimHub::always`].
    pub fn script(&mut self, fault: Fault) -> &mut SimHub {
        self.script.push_back(fault);
        self
    }

    /// Sets the fault for requests that find the script empty ([`Fault::Pass`] by default).
    pub fn always(&mut self, fault: Fault) -> &mut SimHub {
        self.always = fault;
        self
    }

    /// Sets the fault for every request but logins. Logins go on working.
    pub fn on_api_calls(&mut self, fault: Fault) -> &mut SimHub {
        self.on_api_calls = Some(fault);
        self
    }

    /// Adds a private repository with this many tags. Each namespace has a repository `hello` with 1,000 tags.
    pub fn add_repository(&mut self, namespace: &str, name: &str, tags: usize) -> &mut SimHub {
        self.catalog.add(namespace, name, tags);
        self
    }

    /// Mints the access token that a login in the browser would have stored for this user, good for an hour. It opens
    /// `/v2/access-tokens`, which a personal access token does not.
    pub fn browser_token(&mut self, user: &str, now: UnixTime) -> String {
        let serial = self.next_serial();
        self.tokens.mint(user, Origin::Browser, tokens::HOUR, serial, now)
    }

    /// Revokes a token. Returns false if the token was not good.
    pub fn revoke(&mut self, token: &str) -> bool {
        self.tokens.revoke(token)
    }

    /// Revokes every token given out so far.
    pub fn revoke_all(&mut self) {
        self.tokens.revoke_all();
    }

    /// Returns the code that this user's authenticator shows at `now`, used or not. `None` without such a user or without
    /// a second factor. A code is good once: a second login within 30 seconds needs the code of a later time.
    #[must_use]
    pub fn code(&self, user: &str, now: UnixTime) -> Option<String> {
        self.accounts.user(user)?.code(now)
    }

    /// Lists the requests that arrived, oldest first.
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
