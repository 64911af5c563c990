//! Logins that succeed, and what they put on the wire.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::str;

use common::{Scene, alice, bob, both, client, guarded, plain, run};
use hub_auth_core::http;
use hub_auth_core::http::uri::Authority;
use hub_auth_core::{Account, Code, Credential, FailureKind, Route};
use hub_auth_hyper::{Challenge, LoginOutcome, Options};
use hub_auth_testkit::Recorded;
use hub_auth_testkit::hub::{Fault, SimHub, demo};
use serde_json::{Value, json};

fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// Everything a request has but its body.
fn check_head(request: &Recorded, path: &str, scene: &Scene) {
    let head = str::from_utf8(&request.head).unwrap();
    assert!(head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{head}");
    let mut names: Vec<_> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    assert_eq!(names, ["accept", "content-length", "content-type", "host", "user-agent"]);
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("content-length"), Some(&*request.body.len().to_string()));
    assert_eq!(request.header("host"), scene.server.url().authority().map(Authority::as_str));
    assert!(request.header("user-agent").unwrap().starts_with("hub-auth/"));
}

#[test]
fn a_password_login_is_one_request() {
    for scene in both(SimHub::demo) {
        let Ok(LoginOutcome::Done(grant)) = run(scene.client.login(&bob())) else { panic!("no grant") };
        assert_eq!((grant.user(), grant.route()), ("bob", Route::UsersLogin));
        assert_eq!(scene.counts(), (1, 1));
        let requests = scene.server.requests();
        check_head(&requests[0], "/v2/users/login", &scene);
        assert_eq!(body(&requests[0]), json!({"username": "bob", "password": demo::PASSWORD_WITHOUT_2FA}));
    }
}

#[test]
fn a_login_with_a_second_factor_is_two_requests_on_one_connection() {
    for scene in both(SimHub::demo) {
        let grant = run(scene.client.login_with(&alice(), async |_| Some(scene.code()))).unwrap();
        assert_eq!((grant.user(), grant.route()), ("alice", Route::TwoFactor));
        assert_eq!(scene.counts(), (1, 2));
        let requests = scene.server.requests();
        check_head(&requests[0], "/v2/users/login", &scene);
        check_head(&requests[1], "/v2/users/2fa-login", &scene);
        assert_eq!(body(&requests[0]), json!({"username": "alice", "password": demo::PASSWORD}));
        let second = body(&requests[1]);
        let mut keys: Vec<_> = second.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["code", "login_2fa_token"]);
        assert!(!str::from_utf8(&requests[1].body).unwrap().contains(demo::PASSWORD));
    }
}

#[test]
fn a_wrong_code_is_asked_again_without_the_password() {
    for scene in both(SimHub::demo) {
        let mut answers = 0;
        let grant = run(scene.client.login_with(&alice(), async |challenge| {
            answers += 1;
            if challenge.previous_failure().is_none() {
                return Code::new("012345").ok();
            }
            assert_eq!(challenge.previous_failure().unwrap().kind(), FailureKind::CodeRefused);
            Some(scene.code())
        }));
        assert_eq!(grant.unwrap().user(), "alice");
        assert_eq!(answers, 2);
        assert_eq!(scene.counts(), (1, 3));
        let requests = scene.server.requests();
        // A string: as a number it would lose its zero.
        assert_eq!(body(&requests[1])["code"], json!("012345"));
        for code in &requests[1..] {
            assert_eq!(code.target, "/v2/users/2fa-login");
            assert!(!str::from_utf8(&code.body).unwrap().contains(demo::PASSWORD));
        }
    }
}

#[test]
fn with_nobody_to_ask_it_says_so() {
    for scene in both(SimHub::demo) {
        let failure = run(scene.client.login_with(&alice(), async |_| None)).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::SecondFactorRequired);
        assert_eq!(scene.counts(), (1, 1));
    }
}

#[test]
fn a_challenge_is_handed_back_and_answered_later() {
    for scene in both(SimHub::demo) {
        run(async {
            let Ok(LoginOutcome::NeedCode(challenge)) = scene.client.login(&alice()).await else {
                panic!("no challenge")
            };
            let sealed = challenge.seal();
            let challenge = scene.client.hub().resume(&sealed).unwrap();
            let wrong = scene.client.answer(challenge, Code::new("012345").unwrap()).await;
            let Ok(LoginOutcome::NeedCode(challenge)) = wrong else { panic!("no challenge") };
            let Ok(LoginOutcome::Done(grant)) = scene.client.answer(challenge, scene.code()).await else {
                panic!("no grant")
            };
            assert_eq!(grant.user(), "alice");
        });
        assert_eq!(scene.counts(), (1, 3));
    }
}

#[test]
fn tokens_go_to_the_other_route() {
    for scene in both(SimHub::demo) {
        for (user, credential) in [
            (demo::USER, Credential::personal_token(demo::PAT)),
            (demo::ORGANIZATION, Credential::organization_token(demo::OAT)),
        ] {
            let account = Account::new(user, credential).unwrap();
            let Ok(LoginOutcome::Done(grant)) = run(scene.client.login(&account)) else { panic!("no grant") };
            assert_eq!(grant.route(), Route::AuthToken);
        }
        for request in scene.server.requests() {
            check_head(&request, "/v2/auth/token", &scene);
        }
    }
}

#[test]
fn a_path_in_the_base_stays_in_front() {
    let mut hub = SimHub::demo();
    hub.prefix("/mirror/hub");
    let mut scene = plain(hub);
    let base = format!("{}mirror/hub/", scene.server.url()).parse().unwrap();
    scene.client = client(Options::new().base(base).user_agent("my-tool/1.2"));
    let grant = run(scene.client.login_with(&alice(), async |_| Some(scene.code()))).unwrap();
    assert_eq!(grant.user(), "alice");
    let requests = scene.server.requests();
    assert_eq!(requests[0].target, "/mirror/hub/v2/users/login");
    assert_eq!(requests[1].target, "/mirror/hub/v2/users/2fa-login");
    assert!(requests[0].header("user-agent").unwrap().starts_with("my-tool/1.2 hub-auth/"));
}

#[test]
fn every_future_can_be_spawned() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for scene in both(SimHub::demo) {
        let (client, code) = (scene.client.clone(), scene.code());
        runtime.block_on(guarded(async {
            let first = client.clone();
            let login = tokio::spawn(async move { first.login(&bob()).await });
            assert!(matches!(login.await.unwrap(), Ok(LoginOutcome::Done(_))));

            let (closure, account) = (client.clone(), alice());
            let mut code = Some(code);
            let by_async_closure = tokio::spawn(async move {
                closure
                    .login_with(&account, async move |challenge| {
                        tokio::task::yield_now().await;
                        assert_eq!(challenge.user(), "alice");
                        code.take()
                    })
                    .await
            });
            assert_eq!(by_async_closure.await.unwrap().unwrap().user(), "alice");

            let (with_future, account) = (client.clone(), alice());
            let by_future = tokio::spawn(async move {
                let ask = |challenge: &Challenge| std::future::ready(Code::new(challenge.user()).ok());
                with_future.login_with(&account, ask).await
            });
            assert_eq!(by_future.await.unwrap().unwrap_err().kind(), FailureKind::CodeRefused);

            let account = alice();
            let by_block =
                tokio::spawn(async move { client.login_with(&account, |_: &Challenge| async { None }).await });
            assert_eq!(by_block.await.unwrap().unwrap_err().kind(), FailureKind::SecondFactorRequired);
        }));
    }
}

#[test]
fn no_code_is_sent_while_the_hub_wants_none() {
    run(async {
        let scene = plain(SimHub::demo());
        let LoginOutcome::NeedCode(challenge) = scene.client.login(&alice()).await.unwrap() else { panic!("done") };
        let mut later = http::Response::new(Vec::new());
        *later.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
        later.headers_mut().insert(http::header::RETRY_AFTER, 3600.into());
        scene.server.hub().script(Fault::Answer(later));
        let LoginOutcome::NeedCode(challenge) = scene.client.answer(challenge, scene.code()).await.unwrap() else {
            panic!("done")
        };
        let failure = scene.client.answer(challenge, scene.code()).await.unwrap_err();
        assert_eq!((failure.kind(), scene.server.requests().len()), (FailureKind::RateLimited, 2));
    });
}
