//! Calls to the Hub's API, as the session's user.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use hub_auth_core::Failure;
use hub_auth_core::session::{Answered, Bearer, Call};
use hub_auth_host::{SendError, api, now};
use serde::Serialize;
use tokio::time::sleep;

use crate::Session;

impl Session {
    /// Sends a request to the Hub's API with the session's token, and returns the answer whatever its status.
    ///
    /// - The URL is a path, put behind the client's base, or one of the [Hub's own
    ///   origin](hub_auth_core::Hub::is_origin_of). Redirects are returned, not followed.
    /// - `Authorization`, `Host` and `Content-Length` of the request are replaced; `User-Agent` is added if there is none. The
    ///   body is never chunked.
    /// - A 401 causes one new login and one replay. A token that is only seconds old is first sent once more after a second.
    /// - A 429 makes all calls of this session wait until its instant, and is returned.
    /// - Nothing else is sent twice.
    /// - The answer is read up to [`MAX_ANSWER`](crate::MAX_ANSWER), within [`Options::timeout`](crate::Options::timeout).
    ///   Its extensions hold the [`Verdict`](crate::Verdict) on it.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let mut request = api::prepare(self.client().hub(), request)?;
        // hyper states no length for an empty body.
        if api::states_length(request.method(), request.body()) {
            let length = request.body().len();
            request.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        let send = |bearer: Bearer| {
            let mut request = request.clone();
            bearer.authorize(request.headers_mut());
            async move {
                let mut answer = self.client().call(request).await?;
                api::judge(&mut answer, &bearer);
                Ok(answer)
            }
        };
        self.call(send).await
    }

    /// Gets `path`, for example `/v2/user`, as [`send`](Session::send) does.
    pub async fn get(&self, path: &str) -> Result<Response<Bytes>, SendError> {
        self.send(api::get(path)?).await
    }

    /// Posts `body` as JSON to `path`, as [`send`](Session::send) does.
    pub async fn post_json(&self, path: &str, body: &impl Serialize) -> Result<Response<Bytes>, SendError> {
        self.send(api::post_json(path, body)?).await
    }

    /// Sends a request by an HTTP client of your own: runs `send` with a token, and after a 401 once more with the next one. A
    /// 429 makes all calls of this session wait.
    ///
    /// Send the token to the [Hub's own origin](hub_auth_core::Hub::is_origin_of) only, and follow no redirect with it.
    ///
    /// ```
    /// # use hub_auth_hyper::{Account, Client, Credential, Failure, Options, Session, http};
    /// # use hub_auth_testkit::{Loopback, SimHub, demo};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let server = Loopback::start(SimHub::demo())?;
    /// # let client = Client::new(Options::new().base(server.url()))?;
    /// # let session = Session::new(client, Account::new(demo::USER, Credential::personal_token(demo::PAT))?);
    /// # async fn my_client(_: http::Request<()>) -> Result<http::Response<()>, Failure> { Ok(http::Response::new(())) }
    /// let answer = session.call(async |bearer| {
    ///     let mut request = http::Request::new(());
    ///     bearer.authorize(request.headers_mut());
    ///     my_client(request).await
    /// });
    /// assert_eq!(answer.await?.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call<B, E, R>(&self, mut send: impl FnMut(Bearer) -> R) -> Result<Response<B>, E>
    where
        E: From<Failure>,
        R: Future<Output = Result<Response<B>, E>>,
    {
        let mut call = Call::new();
        loop {
            let bearer = self.token_for_call().await?;
            let answer = send(bearer.clone()).await?;
            let answered = call.answered(&bearer, answer.status(), answer.headers(), &mut self.core(), now());
            let Answered::Again(again, wait) = answered else { return Ok(answer) };
            sleep(wait).await;
            call = again;
        }
    }

    /// Waits as long as a 429 holds the calls of this session, and returns a token.
    pub(crate) async fn token_for_call(&self) -> Result<Bearer, Failure> {
        let wait = self.core().call_wait(now())?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        self.token(Duration::ZERO).await
    }
}
