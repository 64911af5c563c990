//! Drives logins: the loop over the core's steps.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_auth_core::http::Response;
use hub_auth_core::http::response::Parts;
use hub_auth_core::{
    Account, Challenge, Code, Failure, Grant, Hub, LoginOutcome, ReplyBody, Request, Route, Step, TransportError,
};
use hub_auth_host::{BuildError, Options, now};
use log::debug;

use crate::exchange::{Http, LONGEST};

/// Logs accounts in. Clones share its connections; keep one for the life of the program.
///
/// Every call blocks its thread, and ends within the deadlines of its [`Options`]. [`Options::login_timeout`] bounds each
/// call as a whole, without the time in which a code is asked for. When it passes, the request under way times out. A wait
/// that is longer than the time left does not begin.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    hub: Hub,
    http: Http,
    login_timeout: Duration,
}

impl Client {
    /// Makes a client with these options. Opens no connection. Reads the roots that TLS trusts, if the base is https.
    pub fn new(options: Options) -> Result<Client, BuildError> {
        let setup = options.build()?;
        let (hub, login_timeout) = (setup.hub.clone(), setup.login_timeout.min(LONGEST));
        Ok(Client(Arc::new(Inner { hub, http: Http::new(setup)?, login_timeout })))
    }

    /// Makes a client of Docker Hub with the default options.
    pub fn docker_hub() -> Result<Client, BuildError> {
        Client::new(Options::new())
    }

    /// Returns the Hub that this client logs in to.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    pub(crate) fn http(&self) -> &Http {
        &self.0.http
    }

    /// Ends this client, its clones and their sessions for good, from any thread.
    ///
    /// Calls under way fail at once, waits included, with [`FailureKind::Transport`](hub_auth_core::FailureKind::Transport)
    /// or the failure that caused the wait. Later calls fail and send nothing. A request that was written may still be
    /// answered at the Hub.
    ///
    /// A look-up or a TCP connection that is being made ends at its own deadline, since ureq interrupts neither. Your own
    /// code goes on too: the closure that asks for a code, and a [store](crate::TokenStore). Threads that wait for that code
    /// end at once.
    pub fn shutdown(&self) {
        self.0.http.shut_down();
    }

    /// Logs in. If the Hub asks for a one-time code, returns the challenge.
    pub fn login(&self, account: &Account) -> Result<LoginOutcome, Failure> {
        self.run(self.0.hub.login(account))
    }

    /// Answers a challenge. If another code may be tried, returns the challenge again, with [the
    /// reason](Challenge::previous_failure).
    ///
    /// Waits for the challenge's [`not_before`](Challenge::not_before). If that is longer than the
    /// [policy](hub_auth_core::Policy::longest_wait) allows, sends no code and [gives up](Challenge::give_up).
    pub fn answer(&self, challenge: Challenge, code: Code) -> Result<LoginOutcome, Failure> {
        let budget = self.budget();
        let challenge = self.await_turn(challenge, &budget)?;
        self.answer_within(challenge, code, &budget)
    }

    /// Logs in with codes from `ask`. Calls `ask` again if the Hub refused a code ([`Challenge::previous_failure`] says so).
    /// If `ask` returns `None`, ends the login.
    pub fn login_with(
        &self,
        account: &Account,
        mut ask: impl FnMut(&Challenge) -> Option<Code>,
    ) -> Result<Grant, Failure> {
        let mut budget = self.budget();
        let mut outcome = self.drive(self.0.hub.login(account), &budget)?;
        loop {
            let challenge = match outcome {
                LoginOutcome::Done(grant) => return Ok(grant),
                // Waits before asking, since a code ages.
                LoginOutcome::NeedCode(challenge) => self.await_turn(challenge, &budget)?,
            };
            let Some(code) = budget.aside(|| ask(&challenge)) else { return Err(challenge.give_up()) };
            outcome = self.answer_within(challenge, code, &budget)?;
        }
    }

    /// Drives a step of a login until the login is done, has failed, or needs a code. Sends nothing to another Hub than this
    /// client's.
    pub fn run(&self, step: Step) -> Result<LoginOutcome, Failure> {
        self.drive(step, &self.budget())
    }

    /// Answers a challenge whose wait is over.
    fn answer_within(&self, challenge: Challenge, code: Code, budget: &Budget) -> Result<LoginOutcome, Failure> {
        // The clock may have been set back meanwhile.
        let now = challenge.not_before().map_or(now(), |not_before| not_before.max(now()));
        self.drive(challenge.answer(code, now), budget)
    }

    /// Does what [`run`](Client::run) does, within the time left of a login.
    fn drive(&self, mut step: Step, budget: &Budget) -> Result<LoginOutcome, Failure> {
        loop {
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    match self.attempt(request, awaiting.route(), awaiting.attempt(), budget) {
                        Ok((head, body)) => awaiting.reply(Response::from_parts(head, body.as_ref()), now()),
                        Err(error) => awaiting.failed(error, now()),
                    }
                }
                Step::Wait(pause) => {
                    let until = pause.until();
                    if !self.wait(pause.delay(now()), budget) {
                        return Err(pause.give_up());
                    }
                    pause.resume(until.max(now()))
                }
                Step::NeedCode(challenge) => return Ok(LoginOutcome::NeedCode(challenge)),
                Step::Done(grant) => return Ok(LoginOutcome::Done(grant)),
                Step::Failed(failure) => return Err(failure),
            };
        }
    }

    /// Sends a request of a login once.
    pub(crate) fn attempt(
        &self,
        request: Request,
        route: Route,
        attempt: u8,
        budget: &Budget,
    ) -> Result<(Parts, ReplyBody), TransportError> {
        debug!(target: "hub_auth", "{}: attempt {attempt}", route.as_str());
        self.0.http.exchange(request, budget.left())
    }

    /// Waits until the Hub takes another code. Gives up if that is longer than the policy or the budget allows.
    fn await_turn(&self, challenge: Challenge, budget: &Budget) -> Result<Challenge, Failure> {
        let wait = challenge.not_before().map(|not_before| not_before.since(now())).unwrap_or_default();
        if wait > self.0.hub.policy().longest_wait() || !self.wait(wait, budget) {
            return Err(challenge.give_up());
        }
        Ok(challenge)
    }

    /// Waits. Returns `false` if the budget is too small, or the client is shut down.
    pub(crate) fn wait(&self, time: Duration, budget: &Budget) -> bool {
        budget.left() > time && self.sleep(time)
    }

    /// Sleeps. Returns `false` if the client is shut down.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        if !time.is_zero() {
            debug!(target: "hub_auth", "waits for {time:?}");
            self.0.http.stop().sleep(time);
        }
        !self.0.http.stop().is_stopped()
    }

    /// Begins the time of one login.
    pub(crate) fn budget(&self) -> Budget {
        Budget { end: Instant::now() + self.0.login_timeout }
    }
}

/// The time that one login may take.
pub(crate) struct Budget {
    end: Instant,
}

impl Budget {
    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Does something whose time does not count, such as asking a person.
    pub(crate) fn aside<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.end += start.elapsed();
        done
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("hub", &self.0.hub.origin()).finish_non_exhaustive()
    }
}
