//! Calls to the Hub's API, as the session's user.

use std::time::Duration;
use std::{error, fmt};

use bytes::Bytes;
use hub_auth_core::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT};
use hub_auth_core::http::{HeaderValue, Method, Request, Response, Uri};
use hub_auth_core::session::{Answered, Bearer, Call};
use hub_auth_core::{Failure, TransportError};
use hub_auth_host::now;
use serde::Serialize;

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
    /// Sends a request to the Hub's API with the session's token, and returns the answer whatever its status;
    /// [`Verdict::of`](crate::Verdict::of) tells what a 403 or a page of the network in front of the Hub means.
    ///
    /// - The URL is a path, put behind the client's base, or one of the [Hub's own
    ///   origin](hub_auth_core::Hub::is_origin_of). Redirects are returned, not followed.
    /// - `Authorization`, `Host` and `Content-Length` are set, in place of what the request has; `User-Agent` if it has none.
    ///   The body is never chunked.
    /// - A 401 causes one new login and one replay. A token that is only seconds old is first sent once more after a second.
    /// - A 429 makes all calls of this session wait until its instant, and is returned.
    /// - Nothing else is sent twice.
    /// - The answer is read up to [`MAX_ANSWER`](crate::MAX_ANSWER), within the deadlines of the client's
    ///   [`Options`](crate::Options).
    pub fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let mut request = self.prepare(request)?;
        self.call(|bearer| {
            bearer.authorize(request.headers_mut());
            Ok(self.client().http().call(&request)?)
        })
    }

    /// Gets `path`, for example `/v2/user`, as [`send`](Session::send) does.
    pub fn get(&self, path: &str) -> Result<Response<Bytes>, SendError> {
        self.send_to(path, Request::new(Bytes::new()))
    }

    /// Posts `body` as JSON to `path`, as [`send`](Session::send) does.
    pub fn post_json(&self, path: &str, body: &impl Serialize) -> Result<Response<Bytes>, SendError> {
        let mut request = Request::new(serde_json::to_vec(body).map_err(SendError::Json)?.into());
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.send_to(path, request)
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
        mut send: impl FnMut(&Bearer) -> Result<Response<B>, E>,
    ) -> Result<Response<B>, E> {
        let mut call = Call::new();
        loop {
            let bearer = self.token_for_call()?;
            let answer = send(&bearer)?;
            let answered = call.answered(&bearer, answer.status(), answer.headers(), &mut self.core(), now());
            match answered {
                Answered::Done => return Ok(answer),
                Answered::Again(again, wait) => {
                    self.client().sleep(wait);
                    call = again;
                }
            }
        }
    }

    /// Waits while a 429 holds the calls of this session, and returns a token.
    pub(crate) fn token_for_call(&self) -> Result<Bearer, Failure> {
        let wait = self.core().call_wait(now())?;
        self.client().sleep(wait);
        self.token(Duration::ZERO)
    }

    fn send_to(&self, path: &str, mut request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let uri = path.parse::<Uri>().ok().filter(|_| path.starts_with('/'));
        *request.uri_mut() = uri.ok_or_else(|| SendError::Path(path.to_owned()))?;
        self.send(request)
    }

    fn prepare(&self, mut request: Request<Bytes>) -> Result<Request<Bytes>, SendError> {
        let hub = self.client().hub();
        *request.uri_mut() = self.resolve(request.uri())?;
        let headers = request.headers_mut();
        for set_by_ureq in [HOST, TRANSFER_ENCODING, CONTENT_LENGTH] {
            headers.remove(set_by_ureq);
        }
        headers.entry(USER_AGENT).or_insert_with(|| hub.user_agent_header().clone());
        Ok(request)
    }

    pub(crate) fn resolve(&self, uri: &Uri) -> Result<Uri, SendError> {
        let hub = self.client().hub();
        hub.resolve(uri).ok_or_else(|| SendError::OtherOrigin {
            url: format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default()),
            hub: hub.origin().to_owned(),
        })
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
