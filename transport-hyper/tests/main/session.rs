//! Tests async sessions beyond the rules that the core and the conformance suite test.

use std::time::Duration;

use http::StatusCode;
use hub_auth_core::{FailureKind, Secret, UnixTime};
use hub_auth_hyper::{Challenge, Code, MemoryStore, Session, StoreError, StoreKey, TokenStore, Verdict};
use hub_auth_testkit::{Fault, SimHub};
use tokio::runtime::Builder;

use crate::common::{Scene, alice, alice_by_token, bob, chain, scene};

const NOW: Duration = Duration::ZERO;

#[tokio::test]
async fn a_login_that_is_cancelled_unlocks_the_store() {
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

/// Panics at every call.
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
    let targets: Vec<_> = scene.server.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/v2/users/login", "/v2/user", "/v2/user"]);
}

#[tokio::test]
async fn a_value_is_posted_as_json_and_its_answer_judged() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice_by_token());
    scene.server.hub().script(Fault::Pass).script(Fault::json(StatusCode::FORBIDDEN, "{}"));
    let answer = session.post_json("/v2/user", &["a", "b"]).await.unwrap();
    assert!(matches!(answer.extensions().get(), Some(Verdict::NotWithThisToken(_))));
    let sent = scene.server.requests().pop().unwrap();
    assert_eq!((&*sent.body, sent.header("content-type")), (&br#"["a","b"]"#[..], Some("application/json")));
}

#[test]
fn every_future_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    let Scene { client, .. } = scene(SimHub::demo());
    let (account, session) = (alice(), Session::new(client.clone(), bob()));
    is_send(client.login(&account));
    is_send(client.login_with(&account, async move |_| None));
    is_send(session.token(NOW));
    is_send(session.login());
    is_send(session.get("/v2/user"));
    is_send(session.post_json("/v2/user", &1));
}
