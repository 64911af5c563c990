//! What a session does with the store, the person and its callers. Its rules are tested in the core.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, StatusCode};
use hub_auth_core::{Account, FailureKind, Secret, UnixTime};
use hub_auth_hyper::{
    Challenge, Client, Code, MemoryStore, SendError, Session, StoreError, StoreKey, TokenStore, Verdict, http,
};
use hub_auth_testkit::hub::{Fault, SimHub};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use crate::common::{Scene, alice, alice_by_token, bob, chain, scene};

const NOW: Duration = Duration::ZERO;

fn targets(scene: &Scene) -> Vec<String> {
    scene.server.requests().into_iter().map(|request| request.target).collect()
}

/// Makes a session whose token came a minute ago.
pub(crate) async fn aged(client: &Client, account: Account) -> Session {
    let Ok(hub_auth_hyper::LoginOutcome::Done(grant)) = client.login(&account).await else { panic!("no token") };
    let mut core = hub_auth_core::session::Session::new(client.hub().clone(), account.clone());
    core.adopt(&grant).unwrap();
    let minute_ago = UnixTime::from_secs(hub_auth_host::now().as_secs() - 60);
    let session = Session::new(client.clone(), account);
    session.restore(&core.seal(minute_ago).unwrap()).unwrap();
    session
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_make_one_login() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob());
    let mut callers = JoinSet::new();
    for _ in 0..1000 {
        let session = session.clone();
        callers.spawn(async move { session.token(NOW).await.unwrap().token().expose().to_owned() });
    }
    let mut tokens = callers.join_all().await;
    tokens.dedup();
    assert_eq!((tokens.len(), scene.server.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_leader_that_is_cancelled_hands_over() {
    let scene = scene(SimHub::demo());
    scene.server.hub().script(Fault::Stall);
    let session = Session::new(scene.client.clone(), bob()).store(MemoryStore::new());
    let leader = tokio::spawn({
        let session = session.clone();
        async move { session.token(NOW).await }
    });
    let follower = tokio::spawn({
        let session = session.clone();
        async move { session.token(NOW).await }
    });
    while scene.server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    leader.abort();
    follower.await.unwrap().unwrap();
    assert_eq!(scene.server.requests().len(), 2);
}

#[tokio::test]
async fn a_caller_who_is_gone_while_a_person_types_hands_over() {
    let scene = scene(SimHub::demo());
    let (code, asked) = (scene.code().expose().to_owned(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    let session = Session::new(scene.client.clone(), alice()).ask(async move |_: &Challenge| {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        Code::new(&code).ok()
    });
    let leader = tokio::spawn({
        let session = session.clone();
        async move { session.token(NOW).await }
    });
    while asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let follower = tokio::spawn(async move { session.token(NOW).await });
    tokio::task::yield_now().await;
    leader.abort();
    follower.await.unwrap().unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_code_provider_may_replace_itself_and_may_panic() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    let (code, again) = (scene.code().expose().to_owned(), session.clone());
    let session = session.ask(move |_: &Challenge| {
        let (again, code) = (again.clone(), code.clone());
        async move {
            drop(again.ask(async |_: &Challenge| None));
            Code::new(&code).ok()
        }
    });
    session.token(NOW).await.unwrap();

    let session = Session::new(scene.client.clone(), alice()).ask(async |_: &Challenge| panic!("as this test wants"));
    assert_eq!(session.token(NOW).await.unwrap_err().kind(), FailureKind::SecondFactorRequired);
}

#[tokio::test]
async fn the_next_process_finds_the_token_in_the_store() {
    let scene = scene(SimHub::demo());
    let store = MemoryStore::new();
    for _ in 0..2 {
        Session::new(scene.client.clone(), bob()).store(store.clone()).token(NOW).await.unwrap();
    }
    assert_eq!(scene.server.requests().len(), 1);
}

/// A store of which each call panics.
struct Broken;

impl TokenStore for Broken {
    fn load(&self, _: &StoreKey) -> Result<Option<Secret>, StoreError> {
        panic!("as this test wants")
    }
    fn save(&self, _: &StoreKey, _: &Secret, _: Option<UnixTime>) -> Result<(), StoreError> {
        panic!("as this test wants")
    }
    fn forget(&self, _: &StoreKey) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_fails_never_fails_a_login() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob()).store(Broken);
    session.token(NOW).await.unwrap();
    assert!(chain(&session.store_fault().unwrap()).contains("panicked"));
}

#[test]
fn a_session_outlives_its_runtime() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob());
    for _ in 0..2 {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(session.get("/v2/user")).unwrap().status(), 200);
    }
    assert_eq!(targets(&scene), ["/v2/users/login", "/v2/user", "/v2/user"]);
}

#[tokio::test]
async fn a_401_causes_one_login_and_one_replay() {
    let scene = scene(SimHub::demo());
    let session = aged(&scene.client, alice_by_token()).await;
    scene.server.hub().revoke_all();
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let session = session.clone();
        callers.spawn(async move { session.get("/v2/user").await.unwrap().status() });
    }
    assert!(callers.join_all().await.iter().all(|status| *status == 200));
    let logins = targets(&scene).iter().filter(|target| *target == "/v2/auth/token").count();
    assert_eq!(logins, 2);
}

#[tokio::test]
async fn a_client_of_ones_own_sends_a_call_once_more_after_a_401() {
    let scene = scene(SimHub::demo());
    let session = aged(&scene.client, alice_by_token()).await;
    scene.server.hub().revoke_all();
    let (client, url) = (reqwest::Client::new(), format!("{}v2/user", scene.server.url()));
    let answer = session.call(|bearer| {
        let request = client.get(&url).header("authorization", bearer.token().header());
        async move { Ok::<http::Response<reqwest::Body>, Box<dyn std::error::Error>>(request.send().await?.into()) }
    });
    assert_eq!(answer.await.unwrap().status(), 200);
    assert_eq!(targets(&scene), ["/v2/auth/token", "/v2/user", "/v2/auth/token", "/v2/user"]);
}

#[tokio::test]
async fn a_call_that_broke_is_not_sent_again() {
    let scene = scene(SimHub::demo());
    let session = aged(&scene.client, alice_by_token()).await;
    scene.server.hub().script(Fault::DropAfter);
    let error = session.post_json("/v2/user", &["a", "b"]).await.unwrap_err();
    assert!(matches!(error, SendError::Transport(_)), "{error:?}");
    assert_eq!(scene.server.requests()[1].body, br#"["a","b"]"#);
    assert_eq!(scene.server.requests().len(), 2);
}

#[tokio::test]
async fn an_empty_post_states_its_length() {
    let scene = scene(SimHub::demo());
    let session = aged(&scene.client, alice_by_token()).await;
    for method in ["POST", "PUT", "PATCH", "GET"] {
        for length in [None, Some("0"), Some("9")] {
            let mut request = Request::builder().method(method).uri("/v2/user");
            if let Some(length) = length {
                request = request.header("content-length", length).header("transfer-encoding", "chunked");
            }
            session.send(request.body("".into()).unwrap()).await.unwrap();
            let sent = scene.server.requests().pop().unwrap();
            assert_eq!(sent.header("content-length"), (method != "GET").then_some("0"), "{method} {length:?}");
            assert_eq!(sent.header("transfer-encoding"), None);
        }
    }
}

#[tokio::test]
async fn the_token_goes_to_the_hub_alone() {
    let (scene, other) = (scene(SimHub::demo()), scene(SimHub::demo()));
    let session = Session::new(scene.client.clone(), bob());
    let elsewhere = Request::get(other.server.url().to_string()).body("".into()).unwrap();
    let error = session.send(elsewhere).await.unwrap_err();
    assert!(matches!(&error, SendError::OtherOrigin { hub, .. } if *hub == scene.client.hub().origin()), "{error:?}");
    assert!(matches!(session.get("v2/user").await, Err(SendError::Path(_))));
    assert_eq!(scene.server.connections() + other.server.connections(), 0);
}

#[tokio::test]
async fn an_answer_tells_what_its_status_means() {
    let scene = scene(SimHub::demo());
    let session = aged(&scene.client, alice_by_token()).await;
    let verdict = |answer: http::Response<bytes::Bytes>| answer.extensions().get::<Verdict>().unwrap().clone();
    assert!(matches!(verdict(session.get("/v2/user").await.unwrap()), Verdict::Fine));
    scene.server.hub().script(Fault::json(StatusCode::FORBIDDEN, "{}"));
    assert!(matches!(verdict(session.get("/v2/user").await.unwrap()), Verdict::NotWithThisToken(_)));
}

#[test]
fn every_future_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob());
    is_send(session.token(NOW));
    is_send(session.login());
    is_send(session.get("/v2/user"));
    is_send(session.post_json("/v2/user", &1));
}
