//! Drives logins: the loop over the core's steps.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Response};
use hub_auth_core::{
    Account, Challenge, Code, Failure, Grant, Hub, LoginOutcome, ReplyBody, Route, Step, TransportError,
};
use hub_auth_host::{BuildError, Options, now};
use tokio::time::{Instant, sleep};
use tracing::{Instrument, debug, debug_span};

use crate::exchange::{self, Http, TARGET};

/// Logs accounts in. Clones share the connections; keep one client for the life of the program.
///
/// Every call needs a tokio runtime with its timer and I/O enabled, and ends within the deadlines of the [`Options`] and the
/// waits of the [policy](hub_auth_core::Policy). A connection belongs to the runtime that opened it: use the client on
/// another runtime only after the first was dropped.
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
        let http = Http::new(&setup);
        Ok(Client(Arc::new(Inner { hub: setup.hub, http, login_timeout: setup.login_timeout })))
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

    /// Logs in. If the Hub asks for a one-time code, returns the challenge.
    pub async fn login(&self, account: &Account) -> Result<LoginOutcome, Failure> {
        self.run(self.0.hub.login(account)).await
    }

    /// Answers a challenge. If another code may be tried, returns the next challenge, with
    /// [the reason](Challenge::previous_failure). Fails if the Hub takes no code [for longer](Challenge::not_before) than the
    /// policy waits.
    pub async fn answer(&self, challenge: Challenge, code: Code) -> Result<LoginOutcome, Failure> {
        let budget = self.budget();
        let challenge = self.askable(challenge, &budget).await?;
        self.answer_within(challenge, code, &budget).await
    }

    /// Logs in with codes from `ask`, an async closure. After a code that was refused, calls `ask` again with the next
    /// challenge, whose [`previous_failure`](Challenge::previous_failure) is the reason. `None` from `ask` ends the login.
    ///
    /// The time of `ask` does not count in that of the login. The future of the login is `Send` if that of `ask` is; to
    /// spawn it, write `async move |challenge| ..`.
    pub async fn login_with<F>(&self, account: &Account, mut ask: F) -> Result<Grant, Failure>
    where
        F: AsyncFnMut(&Challenge) -> Option<Code>,
    {
        let mut budget = self.budget();
        let mut outcome = self.run_within(self.0.hub.login(account), &budget).await?;
        loop {
            let challenge = match outcome {
                LoginOutcome::Done(grant) => return Ok(grant),
                LoginOutcome::NeedCode(challenge) => self.askable(challenge, &budget).await?,
            };
            let code = budget.aside(ask(&challenge)).await;
            let Some(code) = code else { return Err(challenge.give_up()) };
            outcome = self.answer_within(challenge, code, &budget).await?;
        }
    }

    /// Drives a step of a login until the login is done, has failed, or needs a code.
    pub async fn run(&self, step: Step) -> Result<LoginOutcome, Failure> {
        self.run_within(step, &self.budget()).await
    }

    /// Waits until the Hub takes a code. A code that was asked for before the wait could be too old after it.
    async fn askable(&self, challenge: Challenge, budget: &Budget) -> Result<Challenge, Failure> {
        let wait = challenge.not_before().map(|not_before| not_before.since(now())).unwrap_or_default();
        if wait > self.0.hub.policy().longest_wait() || !self.wait(Route::TwoFactor, wait, budget).await {
            return Err(challenge.give_up());
        }
        Ok(challenge)
    }

    async fn answer_within(&self, challenge: Challenge, code: Code, budget: &Budget) -> Result<LoginOutcome, Failure> {
        // The whole wait has passed, even if the clock was set back in between.
        let at = challenge.not_before().unwrap_or_default().max(now());
        self.run_within(challenge.answer(code, at), budget).await
    }

    async fn run_within(&self, mut step: Step, budget: &Budget) -> Result<LoginOutcome, Failure> {
        loop {
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    match self.attempt(request, awaiting.route(), awaiting.attempt(), budget).await {
                        Ok((head, body)) => awaiting.reply(Response::from_parts(head, body.as_ref()), now()),
                        Err(error) => awaiting.failed(error, now()),
                    }
                }
                Step::Wait(pause) => {
                    let until = pause.until();
                    if !self.wait(pause.route(), pause.delay(now()), budget).await {
                        return Err(pause.give_up());
                    }
                    pause.resume(until)
                }
                Step::NeedCode(challenge) => return Ok(LoginOutcome::NeedCode(challenge)),
                Step::Done(grant) => return Ok(LoginOutcome::Done(grant)),
                Step::Failed(failure) => return Err(failure),
            };
        }
    }

    /// Sends one request of a login.
    pub(crate) async fn attempt(
        &self,
        request: hub_auth_core::Request,
        route: Route,
        attempt: u8,
        budget: &Budget,
    ) -> Result<(Parts, ReplyBody), TransportError> {
        let sending = self.0.http.exchange(request, budget.left(), exchange::reply);
        sending.instrument(debug_span!(target: TARGET, "attempt", route = route.as_str(), attempt)).await
    }

    /// Sleeps for a part of the login's time. Returns `false` at once if less than that is left.
    pub(crate) async fn wait(&self, route: Route, time: Duration, budget: &Budget) -> bool {
        if time >= budget.left() {
            return false;
        }
        if !time.is_zero() {
            let waited = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            debug!(target: TARGET, route = route.as_str(), waited, "waits");
            sleep(time).await;
        }
        true
    }

    /// Sends an API call unchanged.
    pub(crate) async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let calling = self.0.http.exchange(request, Duration::MAX, exchange::answer);
        let (head, body) = calling.instrument(debug_span!(target: TARGET, "call")).await?;
        Ok(Response::from_parts(head, body))
    }

    /// Starts the time of one login.
    pub(crate) fn budget(&self) -> Budget {
        Budget { end: Instant::now().checked_add(self.0.login_timeout) }
    }
}

/// Limits the time of one login.
pub(crate) struct Budget {
    /// `None` if the end is further away than the clock can count.
    end: Option<Instant>,
}

impl Budget {
    fn left(&self) -> Duration {
        self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
    }

    /// Does `work` without counting its time, as while a person types.
    pub(crate) async fn aside<F: Future>(&mut self, work: F) -> F::Output {
        let start = Instant::now();
        let done = work.await;
        self.end = self.end.and_then(|end| end.checked_add(start.elapsed()));
        done
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("hub", &self.0.hub.origin()).finish_non_exhaustive()
    }
}
