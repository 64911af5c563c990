//! The hub itself: what it keeps, and what one request goes through from arrival to outcome.

use std::collections::VecDeque;
use std::time::{Duration, UNIX_EPOCH};

use http::header::{AUTHORIZATION, DATE, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode};

use super::accounts::{Accounts, SimAccount, SimOrganization, SimUser};
use super::answers::{self, Answer};
use super::faults::{Fault, Outcome};
use super::limits::{Lockouts, Window};
use super::tickets::Tickets;
use super::tokens::{self, Bearer, Tokens};
use super::{demo, scenario};
use crate::UnixTime;

/// The last second an HTTP date can name: 9999-12-31T23:59:59Z.
const LAST_DATE: u64 = 253_402_300_799;

/// A Docker Hub that exists in memory only. See the [module](super).
pub struct SimHub {
    pub(super) accounts: Accounts,
    pub(super) tickets: Tickets,
    pub(super) tokens: Tokens,
    pub(super) lockouts: Lockouts,
    pub(super) long_lifetime: Duration,
    anonymous: Window,
    authorized: Window,
    prefix: String,
    script: VecDeque<Fault>,
    always: Fault,
    seen: Vec<Seen>,
    serial: u64,
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

/// A request in parts.
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
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

    /// The hub of a scenario: [`SimHub::demo`] with one thing wrong. `None` for a name that is not in [`SimHub::scenarios`].
    #[must_use]
    pub fn scenario(name: &str) -> Option<SimHub> {
        scenario::build(name)
    }

    /// Every scenario: its name, and a line that says what happens in it.
    #[must_use]
    pub fn scenarios() -> &'static [(&'static str, &'static str)] {
        scenario::NAMES
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

    /// Sets the failed logins after which a user name is locked out for ten minutes (10 by default). With zero every name is, always.
    pub fn lock_out_after(&mut self, failures: u32) -> &mut SimHub {
        self.lockouts = Lockouts::after(failures);
        self
    }

    /// Sets how long the tokens of the two login routes are good (30 days by default); those of `/v2/auth/token` always are ten minutes.
    pub fn login_lifetime(&mut self, lifetime: Duration) -> &mut SimHub {
        self.long_lifetime = lifetime;
        self
    }

    /// Appends to the script: each fault meets one request, in order. Without a script every request meets what [`SimHub::always`] says.
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

    /// The code that the authenticator of this user shows at `now`, used already or not; `None` without such a user or second factor.
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

    /// What becomes of this request, arriving at `now`. The URI may have a host, which is ignored.
    pub fn handle<B: AsRef<[u8]>>(&mut self, request: &Request<B>, now: UnixTime) -> Outcome {
        let fault = self.script.pop_front().unwrap_or_else(|| self.always.clone());
        let call = Call {
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            body: request.body().as_ref(),
        };
        let outcome = self.meet(fault, &call, now);
        let target = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let status = outcome.answer().map(http::Response::status);
        self.seen.push(Seen { method: request.method().clone(), target, status });
        outcome
    }

    fn meet(&mut self, fault: Fault, call: &Call<'_>, now: UnixTime) -> Outcome {
        match fault {
            Fault::DropBefore => Outcome::Drop,
            Fault::Raw(bytes) => Outcome::Raw(bytes),
            Fault::Stall => Outcome::Stall,
            Fault::Answer(answer) => Outcome::Answer(self.stamp(answer, now)),
            Fault::Endless(bytes) => {
                Outcome::Endless { answer: self.stamp(answers::json(StatusCode::OK, []), now), bytes }
            }
            Fault::Pass => Outcome::Answer(self.serve(call, now)),
            Fault::DropAfter => {
                self.serve(call, now);
                Outcome::Drop
            }
            Fault::Headers(replaced) => {
                let mut answer = self.serve(call, now);
                for name in replaced.keys() {
                    answer.headers_mut().remove(name);
                }
                for (name, value) in &replaced {
                    answer.headers_mut().append(name, value.clone());
                }
                Outcome::Answer(answer)
            }
            Fault::Truncate(sent) => Outcome::Truncated { answer: self.serve(call, now), sent },
            Fault::Drip(every) => Outcome::Drip { answer: self.serve(call, now), every },
        }
    }

    /// A request without a fault: the rate window, then the route.
    fn serve(&mut self, call: &Call<'_>, now: UnixTime) -> Answer {
        let authorized = self.bearer(call.headers, now).is_some();
        let window = if authorized { &mut self.authorized } else { &mut self.anonymous };
        let figures = window.count(now);
        let mut answer = if figures.passed { self.below_prefix(call, now) } else { answers::rate_limited() };
        // A 429 from a route is the lockout, which comes without the headers of the rate limit.
        if !(figures.passed && answer.status() == StatusCode::TOO_MANY_REQUESTS) {
            figures.stamp(answer.headers_mut());
        }
        self.stamp(answer, now)
    }

    fn below_prefix(&mut self, call: &Call<'_>, now: UnixTime) -> Answer {
        match call.path.strip_prefix(&self.prefix) {
            Some(path) if path.starts_with('/') => self.route(&Call { path, ..*call }, now),
            _ => answers::not_found(),
        }
    }

    /// Who sends this request, if it carries a good bearer.
    pub(super) fn bearer(&self, headers: &HeaderMap, now: UnixTime) -> Option<&Bearer> {
        let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| self.tokens.bearer(token, now)).flatten()
    }

    /// A number that was not given before.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The two headers of every answer, unless it has its own.
    fn stamp(&mut self, mut answer: Answer, now: UnixTime) -> Answer {
        let serial = self.next_serial();
        let secs = Duration::from_secs(now.as_secs().min(LAST_DATE));
        let headers =
            [("x-trace-id", tokens::hex("trace", serial)), (DATE.as_str(), httpdate::fmt_http_date(UNIX_EPOCH + secs))];
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                answer.headers_mut().entry(name).or_insert(value);
            }
        }
        answer
    }
}

impl std::fmt::Debug for SimHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimHub").field("accounts", &self.accounts).field("seen", &self.seen).finish_non_exhaustive()
    }
}
