//! The client: a loop over the steps of a login.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::http::Response;
use hub_auth_core::{Account, Challenge, Code, Failure, Grant, Hub, LoginOutcome, Route, Step, TransportError};
use hub_auth_host::{BuildError, Options, observe};

use crate::budget::Budget;
use crate::clock::Clock;
use crate::exchange::Line;
use crate::stop::Stop;

/// Logs accounts in. Clones share its connections; keep one for the life of the program.
///
/// Every call blocks its thread, and ends within the deadlines of its [`Options`] and the waits of the
/// [policy](hub_auth_core::Policy). A login has [`Options::login_timeout`] in all: [`login_with`](Client::login_with)
/// for all of it but the time in which it asks, each other call for itself. What is under way when it is used up ends as
/// an attempt that took too long; a wait that is longer than what is left is not begun.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    hub: Hub,
    line: Line,
    clock: Clock,
    login_timeout: Duration,
}

impl Client {
    /// A client with these options. Opens no connection; reads the roots that TLS trusts, if the base is https.
    pub fn new(options: Options) -> Result<Client, BuildError> {
        let stop = Arc::new(Stop::default());
        Client::build(options, Clock::System(Arc::clone(&stop)), stop)
    }

    #[cfg(test)]
    pub(crate) fn with_clock(options: Options, clock: Clock) -> Result<Client, BuildError> {
        Client::build(options, clock, Arc::default())
    }

    fn build(options: Options, clock: Clock, stop: Arc<Stop>) -> Result<Client, BuildError> {
        let setup = options.build()?;
        let line = Line::new(&setup, stop);
        Ok(Client(Arc::new(Inner { hub: setup.hub, line, clock, login_timeout: setup.login_timeout })))
    }

    /// A client of Docker Hub, with the default options.
    pub fn docker_hub() -> Result<Client, BuildError> {
        Client::new(Options::new())
    }

    /// The Hub it logs in to.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    pub(crate) fn line(&self) -> &Line {
        &self.0.line
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Opens a connection to the Hub, unless one that is idle is ready: while a person types, so that from then on each
    /// call takes one round trip. It has [`Options::connect_timeout`], and what it meets is not remembered: after a
    /// [`TransportErrorKind::Proxy`](hub_auth_core::TransportErrorKind::Proxy) a login would ask the proxy again, with a password it may have refused.
    #[expect(clippy::result_large_err, reason = "a break is what connecting comes to in a login as well")]
    pub fn warm(&self) -> Result<(), TransportError> {
        self.0.line.warm()
    }

    /// Ends this client and its clones for good, from any thread: sessions of it as well, and all who use them.
    ///
    /// Calls under way fail at once, waits included, with [`FailureKind::Transport`](hub_auth_core::FailureKind::Transport) or the kind
    /// of what they waited after; a challenge that was reached is handed out or given up as ever. A request that had been
    /// written may still be answered at the Hub. Later calls fail with nothing sent. There is no way to cancel one call
    /// alone.
    ///
    /// Not ended is what is none of this crate: a closure that asks for a code, a [store](crate::TokenStore).
    pub fn shutdown(&self) {
        self.0.line.shut_down();
    }

    /// Logs in, up to the second factor: if a one-time code is asked for, the challenge is handed back.
    pub fn login(&self, account: &Account) -> Result<LoginOutcome, Failure> {
        self.run(self.0.hub.login(account))
    }

    /// Answers a challenge. It comes back, with [the reason](Challenge::previous_failure), if another code may be tried.
    ///
    /// Before its [`not_before`](Challenge::not_before) it waits; if that is further off than the
    /// [policy](hub_auth_core::Policy::longest_wait) allows, no code is sent and the challenge is
    /// [given up](Challenge::give_up).
    pub fn answer(&self, challenge: Challenge, code: Code) -> Result<LoginOutcome, Failure> {
        let budget = self.budget();
        let challenge = self.await_turn(challenge, &budget)?;
        self.answer_within(challenge, code, &budget)
    }

    /// Logs in, and gets the codes from `ask`, which is called again if one did not do ([`Challenge::previous_failure`] says so).
    /// `None` from it means that there is nobody to ask, and ends the login.
    pub fn login_with<F>(&self, account: &Account, ask: F) -> Result<Grant, Failure>
    where
        F: FnMut(&Challenge) -> Option<Code>,
    {
        let budget = self.budget();
        match self.drive(self.0.hub.login(account), &budget)? {
            LoginOutcome::Done(grant) => Ok(grant),
            LoginOutcome::NeedCode(challenge) => self.ask_within(challenge, ask, budget),
        }
    }

    /// Finishes a login from its challenge on, and gets the codes from `ask` as [`login_with`](Client::login_with)
    /// does.
    pub fn answer_with<F>(&self, challenge: Challenge, ask: F) -> Result<Grant, Failure>
    where
        F: FnMut(&Challenge) -> Option<Code>,
    {
        self.ask_within(challenge, ask, self.budget())
    }

    /// Drives any step until the login is done, failed, or asks for a code. It has to be one of this client's
    /// [`hub`](Client::hub): nothing is sent to another.
    pub fn run(&self, step: Step) -> Result<LoginOutcome, Failure> {
        self.drive(step, &self.budget())
    }

    /// As [`answer_with`](Client::answer_with), in what is left of a login's time.
    pub(crate) fn ask_within<F>(
        &self,
        mut challenge: Challenge,
        mut ask: F,
        mut budget: Budget<'_>,
    ) -> Result<Grant, Failure>
    where
        F: FnMut(&Challenge) -> Option<Code>,
    {
        loop {
            // Before asking, since a code ages.
            challenge = self.await_turn(challenge, &budget)?;
            let Some(code) = budget.aside(|| ask(&challenge)) else { return Err(challenge.give_up()) };
            challenge = match self.answer_within(challenge, code, &budget)? {
                LoginOutcome::Done(grant) => return Ok(grant),
                LoginOutcome::NeedCode(next) => next,
            };
        }
    }

    /// Answers a challenge whose turn it is.
    fn answer_within(&self, challenge: Challenge, code: Code, budget: &Budget<'_>) -> Result<LoginOutcome, Failure> {
        // What was waited for is over, even on a clock that was set back meanwhile.
        let now = self.0.clock.now();
        let now = challenge.not_before().map_or(now, |not_before| not_before.max(now));
        self.drive(challenge.answer(code, now), budget)
    }

    /// As [`run`](Client::run), in what is left of a login's time.
    pub(crate) fn drive(&self, mut step: Step, budget: &Budget<'_>) -> Result<LoginOutcome, Failure> {
        let Inner { line, clock, .. } = &*self.0;
        loop {
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    let _span = observe::attempt(awaiting.route(), awaiting.attempt()).enter();
                    match line.exchange(request, budget.left()) {
                        Ok((head, body)) => awaiting.reply(Response::from_parts(head, body.as_ref()), clock.now()),
                        Err(broken) => awaiting.failed(broken, clock.now()),
                    }
                }
                Step::Wait(pause) => {
                    let (until, delay) = (pause.until(), pause.delay(clock.now()));
                    if !self.wait(pause.route(), delay, budget) {
                        return Err(pause.give_up());
                    }
                    pause.resume(until.max(clock.now()))
                }
                Step::NeedCode(challenge) => return Ok(LoginOutcome::NeedCode(challenge)),
                Step::Done(grant) => return Ok(LoginOutcome::Done(grant)),
                Step::Failed(failure) => return Err(failure),
            };
        }
    }

    /// Waits until the Hub takes another code, unless that is longer than the policy or the budget allows.
    fn await_turn(&self, challenge: Challenge, budget: &Budget<'_>) -> Result<Challenge, Failure> {
        let now = self.0.clock.now();
        let wait = challenge.not_before().map(|not_before| not_before.since(now)).unwrap_or_default();
        if wait > self.0.hub.longest_wait() || !self.wait(Route::TwoFactor, wait, budget) {
            return Err(challenge.give_up());
        }
        Ok(challenge)
    }

    /// Whether it waited: there was time left for it, and the client was not shut down.
    fn wait(&self, route: Route, time: Duration, budget: &Budget<'_>) -> bool {
        let allowed = budget.allows(time);
        if allowed && !time.is_zero() {
            observe::waits(route, time);
            self.0.clock.sleep(time);
        }
        allowed && !self.0.line.stop().is_stopped()
    }

    /// The time of one login, from now on.
    pub(crate) fn budget(&self) -> Budget<'_> {
        Budget::new(self.0.login_timeout, &self.0.clock)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("hub", &self.0.hub.origin()).finish_non_exhaustive()
    }
}

const _: () = {
    const fn shared<T: Send + Sync + 'static>() {}
    shared::<Client>();
};

#[cfg(test)]
mod tests;
