//! The client: a loop over the steps of a login.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hub_auth_core::{Account, Challenge, Code, Failure, Grant, Hub, LoginOutcome, Route, Step, TransportError};
use hub_auth_host::{BuildError, Options};
use tracing::{Instrument, debug, debug_span};

use crate::budget::Budget;
use crate::clock::{now, sleep};
use crate::exchange::{self, Http, TARGET};

/// Logs accounts in. Clones share its connections; keep one for the life of the program.
///
/// Every call needs a tokio runtime with its timer and I/O enabled, and ends within the deadlines of its [`Options`]
/// and the waits of the [policy](hub_auth_core::Policy).
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    hub: Hub,
    http: Http,
    login_timeout: Duration,
}

impl Client {
    /// A client with these options. Opens no connection; reads the roots that TLS trusts, if the base is https.
    pub fn new(options: Options) -> Result<Client, BuildError> {
        let setup = options.build()?;
        let http = Http::new(&setup);
        Ok(Client(Arc::new(Inner { hub: setup.hub, http, login_timeout: setup.login_timeout })))
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

    /// Logs in, up to the second factor: if a one-time code is asked for, the challenge is handed back.
    pub async fn login(&self, account: &Account) -> Result<LoginOutcome, Failure> {
        self.run(self.0.hub.login(account)).await
    }

    /// Answers a challenge. It comes back, with [the reason](Challenge::previous_failure), if another code may be tried. Where the Hub
    /// wants no code [for longer](Challenge::not_before) than the policy waits, it is given up.
    pub async fn answer(&self, challenge: Challenge, code: Code) -> Result<LoginOutcome, Failure> {
        let budget = self.budget();
        let challenge = self.askable(challenge, &budget).await?;
        self.answer_within(challenge, code, &budget).await
    }

    /// Logs in, and gets the codes from `ask`, which is called again if one did not do ([`Challenge::previous_failure`] says so).
    /// `None` from it means that there is nobody to ask, and ends the login.
    ///
    /// `ask` is an async closure, or one that returns a future; its time is not counted in that of the login. The future
    /// of the login is `Send` if that closure's is; where it is spawned, write `async move |challenge| ..`, since the
    /// compiler cannot yet tell that of a closure that borrows.
    pub async fn login_with<F>(&self, account: &Account, ask: F) -> Result<Grant, Failure>
    where
        F: AsyncFnMut(&Challenge) -> Option<Code>,
    {
        let budget = self.budget();
        match self.run_within(self.0.hub.login(account), &budget).await? {
            LoginOutcome::Done(grant) => Ok(grant),
            LoginOutcome::NeedCode(challenge) => self.answer_with_in(challenge, ask, budget).await,
        }
    }

    /// Finishes a login from its challenge on, and gets the codes from `ask` as [`login_with`](Client::login_with)
    /// does.
    pub async fn answer_with<F>(&self, challenge: Challenge, ask: F) -> Result<Grant, Failure>
    where
        F: AsyncFnMut(&Challenge) -> Option<Code>,
    {
        self.answer_with_in(challenge, ask, self.budget()).await
    }

    async fn answer_with_in<F>(
        &self,
        mut challenge: Challenge,
        mut ask: F,
        mut budget: Budget,
    ) -> Result<Grant, Failure>
    where
        F: AsyncFnMut(&Challenge) -> Option<Code>,
    {
        loop {
            challenge = self.askable(challenge, &budget).await?;
            let code = budget.uncounted(ask(&challenge)).await;
            let Some(code) = code else { return Err(challenge.give_up()) };
            challenge = match self.answer_within(challenge, code, &budget).await? {
                LoginOutcome::Done(grant) => return Ok(grant),
                LoginOutcome::NeedCode(next) => next,
            };
        }
    }

    /// What a login has from now on.
    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.0.login_timeout)
    }

    /// Answers a challenge that is [askable](Client::askable).
    pub(crate) async fn answer_within(
        &self,
        challenge: Challenge,
        code: Code,
        budget: &Budget,
    ) -> Result<LoginOutcome, Failure> {
        // Waited for, even if the clock was set back meanwhile.
        let at = challenge.not_before().unwrap_or_default().max(now());
        self.run_within(challenge.answer(code, at), budget).await
    }

    /// The challenge once its answer may be sent: waited for before asking, since a code ages.
    pub(crate) async fn askable(&self, challenge: Challenge, budget: &Budget) -> Result<Challenge, Failure> {
        let wait = challenge.not_before().map(|not_before| not_before.since(now())).unwrap_or_default();
        if wait > self.0.hub.longest_wait() || wait >= budget.left() {
            return Err(challenge.give_up());
        }
        if !wait.is_zero() {
            waiting(Route::TwoFactor, wait);
            sleep(wait).await;
        }
        Ok(challenge)
    }

    /// Sends an API call to the Hub, as it is.
    pub(crate) async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let calling = self.0.http.exchange(request, Duration::MAX, exchange::answer);
        let (head, body) = calling.instrument(debug_span!(target: TARGET, "call")).await?;
        Ok(Response::from_parts(head, body))
    }

    /// Drives any step until the login is done, failed, or asks for a code.
    pub async fn run(&self, step: Step) -> Result<LoginOutcome, Failure> {
        self.run_within(step, &self.budget()).await
    }

    pub(crate) async fn run_within(&self, mut step: Step, budget: &Budget) -> Result<LoginOutcome, Failure> {
        loop {
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    let (route, attempt) = (awaiting.route().as_str(), awaiting.attempt());
                    let sending = self.0.http.exchange(request, budget.left(), exchange::reply);
                    match sending.instrument(debug_span!(target: TARGET, "attempt", route, attempt)).await {
                        Ok((head, body)) => awaiting.reply(Response::from_parts(head, body.as_ref()), now()),
                        Err(error) => awaiting.failed(error, now()),
                    }
                }
                Step::Wait(pause) => {
                    let (until, wait) = (pause.until(), pause.delay(now()));
                    if wait >= budget.left() {
                        return Err(pause.give_up());
                    }
                    waiting(pause.route(), wait);
                    sleep(wait).await;
                    pause.resume(until)
                }
                Step::NeedCode(challenge) => return Ok(LoginOutcome::NeedCode(challenge)),
                Step::Done(grant) => return Ok(LoginOutcome::Done(grant)),
                Step::Failed(failure) => return Err(failure),
            };
        }
    }
}

/// Tells `tracing` of a wait, in milliseconds.
fn waiting(route: Route, wait: Duration) {
    let waited = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    debug!(target: TARGET, route = route.as_str(), waited, "waits");
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("hub", &self.0.hub.origin()).finish_non_exhaustive()
    }
}
