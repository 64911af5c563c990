//! The client: a loop over the steps of a login.

use std::fmt;
use std::sync::Arc;

use hub_auth_core::http::Response;
use hub_auth_core::{Account, Challenge, Code, Failure, Grant, Hub, Login, Step};
use hub_auth_host::{BuildError, Options};

use crate::clock::Clock;
use crate::exchange::Line;

/// Logs accounts in. Clones share its connections; keep one for the life of the program.
///
/// Every call blocks its thread, and ends within the deadlines of its [`Options`] and the waits of the
/// [policy](hub_auth_core::Policy).
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    hub: Hub,
    line: Line,
    clock: Clock,
}

impl Client {
    /// A client with these options. Opens no connection; reads the roots that TLS trusts, if the base is https.
    pub fn new(options: Options) -> Result<Client, BuildError> {
        Client::with_clock(options, Clock::default())
    }

    pub(crate) fn with_clock(options: Options, clock: Clock) -> Result<Client, BuildError> {
        let setup = options.build()?;
        let line = Line::new(&setup);
        Ok(Client(Arc::new(Inner { hub: setup.hub, line, clock })))
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

    /// Logs in, up to the second factor: if a one-time code is asked for, the challenge is handed back.
    pub fn login(&self, account: &Account) -> Result<Login, Failure> {
        self.run(self.0.hub.login(account))
    }

    /// Answers a challenge. It comes back, with [the reason](Challenge::why), if another code may be tried.
    ///
    /// Before its [`not_before`](Challenge::not_before) it waits; if that is further off than the
    /// [policy](hub_auth_core::Policy::longest_wait) allows, no code is sent and the challenge is
    /// [given up](Challenge::give_up).
    pub fn answer(&self, challenge: Challenge, code: Code) -> Result<Login, Failure> {
        let challenge = self.await_turn(challenge)?;
        // What was waited for is over, even on a clock that was set back meanwhile.
        let now = self.0.clock.now();
        let now = challenge.not_before().map_or(now, |not_before| not_before.max(now));
        self.run(challenge.answer(code, now))
    }

    /// Logs in, and gets the codes from `ask`, which is called again if one did not do ([`Challenge::why`] says so).
    /// `None` from it means that there is nobody to ask, and ends the login.
    pub fn login_with<F>(&self, account: &Account, ask: F) -> Result<Grant, Failure>
    where
        F: FnMut(&Challenge) -> Option<Code>,
    {
        match self.login(account)? {
            Login::Done(grant) => Ok(grant),
            Login::NeedCode(challenge) => self.answer_with(challenge, ask),
        }
    }

    /// Finishes a login from its challenge on, and gets the codes from `ask` as [`login_with`](Client::login_with)
    /// does.
    pub fn answer_with<F>(&self, mut challenge: Challenge, mut ask: F) -> Result<Grant, Failure>
    where
        F: FnMut(&Challenge) -> Option<Code>,
    {
        loop {
            // Before asking, since a code ages.
            challenge = self.await_turn(challenge)?;
            let Some(code) = ask(&challenge) else { return Err(challenge.give_up()) };
            challenge = match self.answer(challenge, code)? {
                Login::Done(grant) => return Ok(grant),
                Login::NeedCode(next) => next,
            };
        }
    }

    /// Drives any step until the login is done, failed, or asks for a code.
    pub fn run(&self, mut step: Step) -> Result<Login, Failure> {
        let clock = &self.0.clock;
        loop {
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    match self.0.line.exchange(request) {
                        Ok((head, body)) => awaiting.reply(Response::from_parts(head, body.as_ref()), clock.now()),
                        Err(broken) => awaiting.broke(broken, clock.now()),
                    }
                }
                Step::Wait(pause) => {
                    let until = pause.until();
                    clock.sleep(pause.delay(clock.now()));
                    pause.resume(until.max(clock.now()))
                }
                Step::NeedCode(challenge) => return Ok(Login::NeedCode(challenge)),
                Step::Done(grant) => return Ok(Login::Done(grant)),
                Step::Failed(failure) => return Err(failure),
            };
        }
    }

    /// Waits until the Hub takes another code, unless that is longer than the policy allows.
    fn await_turn(&self, challenge: Challenge) -> Result<Challenge, Failure> {
        let clock = &self.0.clock;
        let wait = challenge.not_before().map(|not_before| not_before.since(clock.now())).unwrap_or_default();
        if wait > self.0.hub.longest_wait() {
            return Err(challenge.give_up());
        }
        clock.sleep(wait);
        Ok(challenge)
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
