//! Tests the layer of `hub-auth-hyper` over hyper-util's client and over reqwest.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hub_auth_core::UnixTime;
use hub_auth_hyper::{Account, AuthLayer, Client, Credential, LoginOutcome, Options, SendError, Session};
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};
use hyper::body::{Body, Frame, SizeHint};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tower::util::BoxCloneService;
use tower::{Layer, Service, ServiceExt, service_fn};

/// A client of either library behind the layer.
type Http = BoxCloneService<Request<Text>, Response<()>, SendError>;

const CLIENTS: [fn(Session) -> Http; 2] = [over_hyper_util, over_reqwest];

fn over_hyper_util(session: Session) -> Http {
    let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Text>();
    let http = AuthLayer::new(session).layer(client);
    http.map_response(|answer| answer.map(drop)).boxed_clone()
}

fn over_reqwest(session: Session) -> Http {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let http = AuthLayer::new(session).layer(service_fn(move |request: Request<reqwest::Body>| {
        let client = client.clone();
        async move { Ok::<_, reqwest::Error>(Response::from(client.execute(request.try_into()?).await?)) }
    }));
    http.map_request(|request: Request<Text>| request.map(reqwest::Body::wrap))
        .map_response(|answer| answer.map(drop))
        .boxed_clone()
}

/// A body of a known length, or a stream without one.
#[derive(Default)]
struct Text {
    bytes: Option<Bytes>,
    is_stream: bool,
}

impl From<Bytes> for Text {
    fn from(bytes: Bytes) -> Text {
        Text { bytes: Some(bytes), is_stream: false }
    }
}

impl Body for Text {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len) as u64;
        if self.is_stream { SizeHint::new() } else { SizeHint::with_exact(length) }
    }
}

fn get(url: &str) -> Request<Text> {
    Request::get(url).body(Text::default()).unwrap()
}

fn post(is_stream: bool) -> Request<Text> {
    Request::post("/v2/user").body(Text { bytes: Some(Bytes::from_static(b"the body")), is_stream }).unwrap()
}

fn hub() -> (Loopback, Client) {
    let hub = Loopback::start(SimHub::demo()).unwrap();
    let client = Client::new(Options::new().base(hub.url())).unwrap();
    (hub, client)
}

fn account() -> Account {
    Account::new(demo::USER, Credential::personal_token(demo::PAT)).unwrap()
}

/// Logs in, and makes a session whose token came a minute ago. A token of seconds would be sent once more after a 401.
async fn aged(client: Client) -> Session {
    let Ok(LoginOutcome::Done(grant)) = client.login(&account()).await else { panic!("no token") };
    let mut core = hub_auth_core::session::Session::new(client.hub().clone(), account());
    core.adopt(&grant).unwrap();
    let minute_ago = UnixTime::from_secs(hub_auth_host::now().as_secs() - 60);
    let session = Session::new(client, account());
    session.restore(&core.seal(minute_ago).unwrap()).unwrap();
    session
}

fn logins(hub: &Loopback) -> usize {
    hub.requests().iter().filter(|request| request.target == "/v2/auth/token").count()
}

#[tokio::test]
async fn a_hundred_callers_make_one_login() {
    for over in CLIENTS {
        let (hub, client) = hub();
        let http = over(Session::new(client, account()));
        let mut callers = JoinSet::new();
        for _ in 0..100 {
            let mut http = http.clone();
            callers.spawn(async move { http.call(get("/v2/user")).await.unwrap() });
        }
        assert!(callers.join_all().await.iter().all(|answer| answer.status() == 200));
        assert_eq!((logins(&hub), hub.requests().len()), (1, 101));
    }
}

#[tokio::test]
async fn a_401_in_the_middle_causes_one_login_and_one_replay() {
    for over in CLIENTS {
        let (hub, client) = hub();
        let mut http = over(aged(client).await);
        hub.hub().script(Fault::json(StatusCode::UNAUTHORIZED, "{}"));
        assert_ne!(http.call(post(false)).await.unwrap().status(), 401);
        let sent = hub.requests();
        assert_eq!((logins(&hub), sent.len()), (2, 4));
        assert_eq!((&*sent[1].body, &*sent[3].body), (&b"the body"[..], &b"the body"[..]));
        assert_ne!(sent[1].header("authorization"), sent[3].header("authorization"));
    }
}

#[tokio::test]
async fn a_streaming_body_is_not_replayed() {
    for over in CLIENTS {
        let (hub, client) = hub();
        let mut http = over(aged(client).await);
        hub.hub().script(Fault::json(StatusCode::UNAUTHORIZED, "{}"));
        assert_eq!(http.call(post(true)).await.unwrap().status(), 401);
        assert_eq!((logins(&hub), hub.requests().len()), (1, 2));
        // The token was dropped all the same.
        assert_ne!(http.call(post(true)).await.unwrap().status(), 401);
        assert_eq!(logins(&hub), 2);
    }
}

/// A program may follow a redirect through the layer, or its client may follow it by itself, as reqwest does.
#[tokio::test]
async fn another_origin_gets_no_header() {
    for over in CLIENTS {
        let ((hub, client), (other, _)) = (hub(), hub());
        let elsewhere = other.url().to_string();
        other.hub().always(Fault::json(StatusCode::OK, "{}"));
        let redirect = Response::builder().status(StatusCode::FOUND).header("location", &elsewhere).body(Vec::new());
        hub.hub().script(Fault::Pass).script(Fault::Answer(redirect.unwrap()));

        let mut http = over(Session::new(client, account()));
        let error = http.call(get(&elsewhere)).await.unwrap_err();
        assert!(matches!(error, SendError::OtherOrigin { .. }), "{error}");
        let status = http.call(get("/v2/user")).await.unwrap().status();
        let followed = other.requests();
        assert_eq!(followed.len(), usize::from(status == StatusCode::OK));
        assert!(followed.iter().all(|request| request.header("authorization").is_none()));
        assert!(hub.requests()[1].header("authorization").is_some());
    }
}
