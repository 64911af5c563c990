//! Wraps other HTTP clients with a session, as a tower layer.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::{future, mem};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hub_auth_core::BoxError;
use hub_auth_core::session::{Answered, Call};
use hub_auth_host::api::MAX_KEPT;
use hub_auth_host::{SendError, api, now};
use hyper::body::Body;
use tokio::time::sleep;
use tower_layer::Layer;
use tower_service::Service;

use crate::Session;

/// Authorizes the requests of a tower service, such as hyper-util's client, with a session's token. In the repository,
/// `examples/reqwest_layer.rs` puts the layer over reqwest.
///
/// - A path is put behind the client's base. A request to another origin than the Hub's ends with
///   [`SendError::OtherOrigin`] and is not sent. The layer follows no redirect; a client that follows one by itself must
///   drop `Authorization` on the way to another origin, as reqwest does.
/// - A 401 causes one new login and one replay, if the body has a known length of at most 1 MiB. Any other body is streamed
///   and not sent again: the 401 is returned, and the next request logs in.
/// - A 429 makes all calls of the session wait until its instant, and is returned.
///
/// An error of the service is [`SendError::Client`].
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

/// Sends requests with a session's token; made by [`AuthLayer`].
#[derive(Clone, Debug)]
pub struct Auth<S> {
    inner: S,
    session: Session,
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
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + From<Bytes> + Send + 'static,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, SendError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.inner.poll_ready(cx).map_err(of_client)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Uses the service that was polled ready, and leaves its clone for the next call.
        let other = self.inner.clone();
        let ready = Auth { inner: mem::replace(&mut self.inner, other), session: self.session.clone() };
        Box::pin(ready.send(request))
    }
}

impl<S> Auth<S> {
    async fn send<B, R>(mut self, request: Request<B>) -> Result<Response<R>, SendError>
    where
        S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>>,
        B: Body<Error: Into<BoxError>> + From<Bytes>,
    {
        let (mut head, mut body) = request.into_parts();
        head.uri = api::resolve(self.session.client().hub(), &head.uri)?;
        let mut kept = None;
        if body.size_hint().exact().is_some_and(|length| length <= MAX_KEPT) {
            let bytes = body.collect().await.map_err(of_client)?.to_bytes();
            body = B::from(bytes.clone());
            kept = Some(bytes);
        }
        let mut call = Call::new();
        loop {
            let bearer = self.session.token_for_call().await?;
            bearer.authorize(&mut head.headers);
            let sending = self.inner.call(Request::from_parts(head.clone(), body));
            let answer = sending.await.map_err(of_client)?;
            let answered = call.answered(&bearer, answer.status(), answer.headers(), &mut self.session.core(), now());
            let (Answered::Again(again, wait), Some(bytes)) = (answered, &kept) else { return Ok(answer) };
            sleep(wait).await;
            future::poll_fn(|cx| self.inner.poll_ready(cx)).await.map_err(of_client)?;
            (call, body) = (again, B::from(bytes.clone()));
        }
    }
}

fn of_client(error: impl Into<BoxError>) -> SendError {
    SendError::Client(error.into())
}
