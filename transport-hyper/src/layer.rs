//! The session as a tower layer, for an HTTP client of one's own.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::{error, fmt, future, mem};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt;
use hub_auth_core::BoxError;
use hub_auth_core::session::{Answered, Call};
use hub_auth_host::api::{self, MAX_KEPT, SendError};
use hub_auth_host::now;
use hyper::body::Body;
use tokio::time::sleep;
use tower_layer::Layer;
use tower_service::Service;

use crate::Session;

/// Authorizes the requests of a tower service, such as hyper-util's client, with a session's token.
///
/// - A request to another origin than the Hub's ends with [`SendError::OtherOrigin`], so the token goes nowhere else; a path
///   is put behind the client's base.
/// - A 401 causes one new login and one replay, if the body has a known length of at most 1 MiB. A longer one is streamed,
///   and the 401 is returned; the next request logs in.
/// - A 429 makes all calls of the session wait until its instant, and is returned.
///
/// ```
/// # use hub_auth_testkit::{Loopback, SimHub, demo};
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use hub_auth_hyper::{Account, AuthLayer, Client, Credential, Options, Session, http};
/// use hyper_util::client::legacy;
/// use hyper_util::rt::TokioExecutor;
/// use tower_layer::Layer;
/// use tower_service::Service;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let server = Loopback::start(SimHub::demo())?;
/// # let client = Client::new(Options::new().base(server.url()))?;
/// let session = Session::new(client, Account::new("alice", Credential::personal_token(demo::PAT))?);
/// let http = legacy::Client::builder(TokioExecutor::new()).build_http();
/// let mut http = AuthLayer::new(session).layer(http);
///
/// let answer = http.call(http::Request::get("/v2/user").body(Full::<Bytes>::default())?).await?;
/// assert_eq!(answer.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AuthLayer(Session);

/// A service whose requests are authorized; see [`AuthLayer`].
#[derive(Clone, Debug)]
pub struct Auth<S> {
    inner: S,
    session: Session,
}

/// The reason why an [`Auth`] service has no answer.
#[derive(Debug)]
pub enum AuthError<E> {
    /// The session refused the request, or has no token for it.
    Session(SendError),
    /// The request's body could not be read. Nothing was sent.
    Body(BoxError),
    /// The service failed.
    Inner(E),
}

impl AuthLayer {
    /// Makes a layer that authorizes with this session.
    #[must_use]
    pub fn new(session: Session) -> AuthLayer {
        AuthLayer(session)
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, session: self.0.clone() }
    }
}

impl<S, B, R> Service<Request<B>> for Auth<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = AuthError<S::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, AuthError<S::Error>>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(AuthError::Inner)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was polled ready is used, and the other is left for the next call.
        let other = self.inner.clone();
        let ready = Auth { inner: mem::replace(&mut self.inner, other), session: self.session.clone() };
        Box::pin(ready.send(request))
    }
}

impl<S> Auth<S> {
    async fn send<B, R>(mut self, request: Request<B>) -> Result<Response<R>, AuthError<S::Error>>
    where
        S: Service<Request<B>, Response = Response<R>>,
        B: Body<Error: Into<BoxError>> + From<Bytes>,
    {
        let (mut head, body) = request.into_parts();
        head.uri = api::resolve(self.session.client().hub(), &head.uri).map_err(AuthError::Session)?;
        if body.size_hint().exact().is_none_or(|length| length > MAX_KEPT) {
            return Ok(self.attempt(Call::new(), head, body).await?.0);
        }
        let body = body.collect().await.map_err(|error| AuthError::Body(error.into()))?.to_bytes();
        let mut call = Call::new();
        loop {
            let (answer, answered) = self.attempt(call, head.clone(), B::from(body.clone())).await?;
            let Answered::Again(again, wait) = answered else { return Ok(answer) };
            sleep(wait).await;
            call = again;
            future::poll_fn(|cx| self.inner.poll_ready(cx)).await.map_err(AuthError::Inner)?;
        }
    }

    /// Sends a request with a token, and returns what the session makes of the answer.
    async fn attempt<B, R>(
        &mut self,
        call: Call,
        mut head: Parts,
        body: B,
    ) -> Result<(Response<R>, Answered), AuthError<S::Error>>
    where
        S: Service<Request<B>, Response = Response<R>>,
    {
        let bearer = self.session.token_for_call().await.map_err(|failure| AuthError::Session(failure.into()))?;
        bearer.authorize(&mut head.headers);
        let answer = self.inner.call(Request::from_parts(head, body)).await.map_err(AuthError::Inner)?;
        let answered = call.answered(&bearer, answer.status(), answer.headers(), &mut self.session.core(), now());
        Ok((answer, answered))
    }
}

impl<E: fmt::Display> fmt::Display for AuthError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuthError::Session(error) => error.fmt(f),
            AuthError::Body(_) => f.write_str("the request's body could not be read"),
            AuthError::Inner(error) => error.fmt(f),
        }
    }
}

impl<E: error::Error> error::Error for AuthError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            AuthError::Session(error) => error.source(),
            AuthError::Body(error) => Some(&**error),
            AuthError::Inner(error) => error.source(),
        }
    }
}
