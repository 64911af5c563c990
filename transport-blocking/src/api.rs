//! Calls the Hub's API, as the session's user.

use std::time::Duration;

use bytes::Bytes;
use hub_auth_core::Failure;
use hub_auth_core::http::{Request, Response};
use hub_auth_core::session::{Answered, Bearer, Call};
use hub_auth_host::{SendError, api, now};
use serde::Serialize;

use crate::Session;

impl Session {
    /// Sends a request to the Hub's API with the session's token, and returns the answer whatever its status.
    ///
    /// - The URL is a path, put behind the client's base, or one of the [Hub's own
    ///   origin](hub_auth_core::Hub::is_origin_of). Redirects are returned, not followed.
    /// - `Authorization`, `Host` and `Content-Length` are set, in place of what the request has; `User-Agent` if it has none.
    ///   The body is never chunked.
    /// - A 401 causes one new login and one replay. A token that is only seconds old is first sent once more after a second.
    /// - A 429 makes all calls of this session wait until its instant, and is returned.
    /// - Nothing else is sent twice.
    /// - The answer is read up to [`MAX_ANSWER`](crate::MAX_ANSWER), within the deadlines of the client's
    ///   [`Options`](crate::Options). Its extensions hold the [`Verdict`](crate::Verdict): what its status means for
    ///   the caller.
    pub fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let mut request = api::prepare(self.client().hub(), request)?;
        self.call(|bearer| {
            bearer.authorize(request.headers_mut());
            let mut answer = self.client().http().call(request.clone())?;
            api::judge(&mut answer, bearer);
            Ok(answer)
        })
    }

    /// Gets `path`, for example `/v2/user`, as [`send`](Session::send) does.
    pub fn get(&self, path: &str) -> Result<Response<Bytes>, SendError> {
        self.send(api::get(path)?)
    }

    /// Posts `body` as JSON to `path`, as [`send`](Session::send) does.
    pub fn post_json(&self, path: &str, body: &impl Serialize) -> Result<Response<Bytes>, SendError> {
        self.send(api::post_json(path, body)?)
    }

    /// Runs `send` with a token, for an HTTP client of your own, and once more after a 401 with the next token; a 429 makes
    /// all calls of this session wait.
    ///
    /// Send the token to the [Hub's own origin](hub_auth_core::Hub::is_origin_of) only, and follow no redirect with it.
    ///
    /// ```
    /// # use hub_auth_blocking::{Account, Client, Credential, Options, Session};
    /// # use hub_auth_testkit::{Loopback, SimHub, demo};
    /// # let server = Loopback::start(SimHub::demo())?;
    /// # let client = Client::new(Options::new().base(server.url()))?;
    /// # let session = Session::new(client, Account::new(demo::USER, Credential::personal_token(demo::PAT))?);
    /// # let url = format!("{}v2/user", server.url());
    /// let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    /// let answer = session.call(|bearer| {
    ///     let token = bearer.token().header();
    ///     Ok::<_, Box<dyn std::error::Error>>(agent.get(&url).header("authorization", token).call()?)
    /// })?;
    /// assert_eq!(answer.status(), 200);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call<B, E: From<Failure>>(
        &self,
        send: impl FnMut(&Bearer) -> Result<Response<B>, E>,
    ) -> Result<Response<B>, E> {
        self.go_on(Call::new(), send, E::from)
    }

    /// Sends a call, and once more after a 401. `no_token` makes the error if there is no token.
    pub(crate) fn go_on<B, E>(
        &self,
        mut call: Call,
        mut send: impl FnMut(&Bearer) -> Result<Response<B>, E>,
        no_token: impl Fn(Failure) -> E,
    ) -> Result<Response<B>, E> {
        loop {
            let bearer = self.token_for_call().map_err(&no_token)?;
            let answer = send(&bearer)?;
            let answered = call.answered(&bearer, answer.status(), answer.headers(), &mut self.core(), now());
            let Answered::Again(again, wait) = answered else { return Ok(answer) };
            self.client().sleep(wait);
            call = again;
        }
    }

    /// Waits while a 429 holds the calls of this session, and returns a token.
    pub(crate) fn token_for_call(&self) -> Result<Bearer, Failure> {
        let wait = self.core().call_wait(now())?;
        self.client().sleep(wait);
        self.token(Duration::ZERO)
    }
}
