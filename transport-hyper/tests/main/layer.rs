//! The layer, over hyper-util's client.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hub_auth_hyper::{Auth, AuthError, AuthLayer, SendError, Session, http};
use hub_auth_testkit::{Fault, SimHub};
use hyper::body::{Body, Frame};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tower_layer::Layer;
use tower_service::Service;

use crate::common::{Scene, alice_by_token, bob, scene};
use crate::session::aged;

fn layered<B>(session: Session) -> Auth<Client<HttpConnector, B>>
where
    B: Body<Data: Send> + Send,
{
    AuthLayer::new(session).layer(Client::builder(TokioExecutor::new()).build_http())
}

fn logins(scene: &Scene) -> usize {
    scene.server.requests().iter().filter(|request| request.target == "/v2/auth/token").count()
}

fn post(text: &'static str) -> Request<Full<Bytes>> {
    Request::post("/v2/user").body(Bytes::from_static(text.as_bytes()).into()).unwrap()
}

#[tokio::test]
async fn a_hundred_callers_make_one_login() {
    let scene = scene(SimHub::demo());
    let http = layered::<Full<Bytes>>(Session::new(scene.client.clone(), bob()));
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let mut http = http.clone();
        callers.spawn(async move { http.call(Request::get("/v2/user").body(Full::default()).unwrap()).await.unwrap() });
    }
    assert!(callers.join_all().await.iter().all(|answer| answer.status() == 200));
    assert_eq!(scene.server.requests().len(), 101);
}

#[tokio::test]
async fn a_401_in_the_middle_causes_one_login_and_one_replay() {
    let scene = scene(SimHub::demo());
    let mut http = layered(aged(&scene.client, alice_by_token()).await);
    scene.server.hub().script(Fault::json(StatusCode::UNAUTHORIZED, "{}"));
    let answer = http.call(post("the body")).await.unwrap();
    assert_ne!(answer.status(), 401);
    let sent = scene.server.requests();
    assert_eq!((logins(&scene), sent.len()), (2, 4));
    assert_eq!((&*sent[1].body, &*sent[3].body), (&b"the body"[..], &b"the body"[..]));
    assert_ne!(sent[1].header("authorization"), sent[3].header("authorization"));
}

#[tokio::test]
async fn another_origin_gets_no_header() {
    let (scene, other) = (scene(SimHub::demo()), scene(SimHub::demo()));
    let mut http = layered(Session::new(scene.client.clone(), bob()));
    let request = Request::get(other.server.url()).body(Full::<Bytes>::default()).unwrap();
    let error = http.call(request).await.unwrap_err();
    assert!(matches!(error, AuthError::Session(SendError::OtherOrigin { .. })), "{error}");
    assert_eq!(scene.server.connections() + other.server.connections(), 0);
}

/// A body that comes in pieces, of a length that nobody knows.
struct Stream(Option<Bytes>);

impl From<Bytes> for Stream {
    fn from(bytes: Bytes) -> Stream {
        Stream(Some(bytes))
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[tokio::test]
async fn a_streaming_body_is_not_replayed() {
    let scene = scene(SimHub::demo());
    let mut http = layered(aged(&scene.client, alice_by_token()).await);
    scene.server.hub().script(Fault::json(StatusCode::UNAUTHORIZED, "{}"));
    let stream = || Request::post("/v2/user").body(Stream::from(Bytes::from_static(b"streamed"))).unwrap();
    assert_eq!(http.call(stream()).await.unwrap().status(), 401);
    assert_eq!((logins(&scene), scene.server.requests().len()), (1, 2));
    // The token was dropped all the same.
    assert_ne!(http.call(stream()).await.unwrap().status(), 401);
    assert_eq!(logins(&scene), 2);
}
