//! Calls to the Hub's API, as the session's user.

use std::time::Duration;
use std::{error, fmt};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, Uri};
use hub_auth_core::api::Verdict;
use hub_auth_core::session::{Answered, Bearer, Call};
use hub_auth_core::{Failure, TransportError};
use hub_auth_host::now;
use serde::Serialize;
use tokio::time::sleep;

use crate::Session;

/// The reason why [`Session::send`] has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// There is no token to send it with, or the Hub's rate limit holds for longer than the
    /// [policy](hub_auth_core::Policy::longest_wait) waits.
    Login(Failure),
    /// No whole answer came. Tells whether the Hub may have seen the request.
    Transport(TransportError),
    /// The URL is of another scheme, host or port than the Hub's, where the token must not go. Nothing was sent.
    OtherOrigin {
        /// The URL without its path.
        url: String,
        /// The only origin that the token is for.
        hub: String,
    },
    /// The path does not begin with a slash, or cannot stand in a URL. Nothing was sent.
    Path(String),
    /// The body cannot be written as JSON. Nothing was sent.
    Json(serde_json::Error),
}

impl Session {
    /// Sends a request to the Hub's API with the session's token, and returns the answer whatever its status.
    ///
    /// - The URL is a path, put behind the client's base, or one of the [Hub's own
    ///   origin](hub_auth_core::Hub::is_origin_of). Redirects are returned, not followed.
    /// - `Authorization` and `Content-Length` are set, in place of what the request has; `User-Agent` if it has none. The
    ///   body is never chunked.
    /// - A 401 causes one new login and one replay. A token that is only seconds old is first sent once more after a second.
    /// - A 429 makes all calls of this session wait until its instant, and is returned.
    /// - Nothing else is sent twice.
    /// - The answer is read up to [`MAX_ANSWER`](crate::MAX_ANSWER), within [`Options::timeout`](crate::Options::timeout).
    ///   Its extensions hold the [`Verdict`]: what its status means for the caller.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let request = self.prepare(request)?;
        let send = |bearer: Bearer| {
            let mut request = request.clone();
            bearer.authorize(request.headers_mut());
            async move {
                let mut answer = self.client().call(request).await?;
                let verdict = Verdict::of(answer.status(), answer.headers(), answer.body(), bearer.token(), now());
                answer.extensions_mut().insert(verdict);
                Ok(answer)
            }
        };
        self.call(send).await
    }

    /// Gets `path`, for example `/v2/user`, as [`send`](Session::send) does.
    pub async fn get(&self, path: &str) -> Result<Response<Bytes>, SendError> {
        self.send_to(path, Request::new(Bytes::new())).await
    }

    /// Posts `body` as JSON to `path`, as [`send`](Session::send) does.
    pub async fn post_json(&self, path: &str, body: &impl Serialize) -> Result<Response<Bytes>, SendError> {
        let mut request = Request::new(serde_json::to_vec(body).map_err(SendError::Json)?.into());
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.send_to(path, request).await
    }

    /// Runs `send` with a token, for an HTTP client of your own, and once more after a 401 with the next token; a 429 makes
    /// all calls of this session wait.
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

    /// Waits while a 429 holds the calls of this session, and returns a token.
    pub(crate) async fn token_for_call(&self) -> Result<Bearer, Failure> {
        let wait = self.core().call_wait(now())?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        self.token(Duration::ZERO).await
    }

    /// Returns the whole URL of a call: a path behind the base, or a URL of the Hub's own origin.
    pub(crate) fn resolve(&self, uri: &Uri) -> Result<Uri, SendError> {
        let hub = self.client().hub();
        hub.resolve(uri).ok_or_else(|| SendError::OtherOrigin {
            url: format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default()),
            hub: hub.origin().to_owned(),
        })
    }

    async fn send_to(&self, path: &str, mut request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let uri = path.parse::<Uri>().ok().filter(|_| path.starts_with('/'));
        *request.uri_mut() = uri.ok_or_else(|| SendError::Path(path.to_owned()))?;
        self.send(request).await
    }

    fn prepare(&self, mut request: Request<Bytes>) -> Result<Request<Bytes>, SendError> {
        *request.uri_mut() = self.resolve(request.uri())?;
        let length = request.body().len();
        // hyper states no length for an empty body, and servers answer a POST without one by 411.
        let has_length = length > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
        let headers = request.headers_mut();
        headers.remove(TRANSFER_ENCODING);
        headers.remove(CONTENT_LENGTH);
        if has_length {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        headers.entry(USER_AGENT).or_insert_with(|| self.client().hub().user_agent_header().clone());
        Ok(request)
    }
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> SendError {
        SendError::Login(failure)
    }
}

impl From<TransportError> for SendError {
    fn from(error: TransportError) -> SendError {
        SendError::Transport(error)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Login(failure) => failure.fmt(f),
            SendError::Transport(error) => error.fmt(f),
            SendError::OtherOrigin { url, hub } => {
                write!(f, "the token is for {hub} only, and this request is for {url}; send it without the session")
            }
            SendError::Path(path) => {
                write!(f, "{path:?} is no path of the Hub's API; a path begins with a slash, as in /v2/user")
            }
            SendError::Json(_) => f.write_str("the body cannot be written as JSON"),
        }
    }
}

impl error::Error for SendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            SendError::Login(failure) => failure.source(),
            SendError::Transport(error) => error.source(),
            SendError::Json(error) => Some(error),
            SendError::OtherOrigin { .. } | SendError::Path(_) => None,
        }
    }
}
