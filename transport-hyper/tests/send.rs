//! API calls: where the token goes, what a 401 leads to, what is left alone.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{aged_session, bob, both, client, count, get, guarded, once, plain, run};
use http::header::{AUTHORIZATION, LOCATION, USER_AGENT};
use http::{Request, Response, StatusCode};
use hub_auth_core::{Delivery, TransportErrorKind};
use hub_auth_hyper::{MAX_ANSWER, Options, SendError, Session};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{Fault, SimHub};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_token_is_added_and_the_rest_stays() {
    for scene in both(SimHub::demo) {
        let session = Session::new(scene.client.clone(), bob());
        let mut own = get(&scene.server, "/v2/namespaces/bob/repositories?page_size=100");
        own.headers_mut().insert(USER_AGENT, "my-tool/1.2".parse().unwrap());
        own.headers_mut().insert(AUTHORIZATION, "Bearer stale".parse().unwrap());
        own.headers_mut().insert("x-own", "1".parse().unwrap());
        run(async {
            let answer = session.send(get(&scene.server, "/v2/user")).await.unwrap();
            assert_eq!(answer.status(), 200);
            assert!(answer.body().starts_with(b"{\"id\""));
            assert_eq!(session.send(own).await.unwrap().status(), 200);
        });
        assert_eq!(scene.counts(), (1, 3));
        let requests = scene.server.requests();
        assert_eq!(requests[1].header("user-agent"), requests[0].header("user-agent"));
        assert_eq!(requests[2].header("user-agent"), Some("my-tool/1.2"));
        assert_eq!(requests[2].header("x-own"), Some("1"));
        assert_eq!(requests[2].header("host"), requests[0].header("host"));
        assert_eq!(requests[2].target, "/v2/namespaces/bob/repositories?page_size=100");
    }
}

#[test]
fn the_token_goes_to_the_hub_alone() {
    let (scene, other) = (plain(SimHub::demo()), Loopback::start(SimHub::demo()).unwrap());
    let session = Session::new(scene.client.clone(), bob());
    let port = scene.server.address().port();
    run(async {
        // As in a `next` link or a download link of an answer.
        let elsewhere = [
            get(&other, "/v2/user").uri().to_string(),
            format!("https://127.0.0.1:{port}/v2/user"),
            format!("http://localhost:{port}/v2/user"),
            format!("http://127.0.0.1:{port}@127.0.0.1:{}/v2/user", other.address().port()),
            "/v2/user".to_owned(),
        ];
        for uri in elsewhere {
            let request = Request::get(&uri).body(Bytes::new()).unwrap();
            let error = session.send(request).await.unwrap_err();
            assert!(matches!(error, SendError::OtherOrigin), "{uri}: {error:?}");
            assert!(error.to_string().contains("nothing was sent"), "{error}");
        }
        assert_eq!(scene.counts(), (0, 0));

        let mut moved = Response::new(Vec::new());
        *moved.status_mut() = StatusCode::FOUND;
        moved.headers_mut().insert(LOCATION, other.url().to_string().parse().unwrap());
        scene.server.hub().script(Fault::Pass).script(Fault::Answer(moved));
        let answer = session.send(get(&scene.server, "/v2/user")).await.unwrap();
        assert_eq!(answer.status(), 302);
        assert_eq!(answer.headers()[LOCATION], other.url().to_string());
    });
    assert_eq!(scene.counts(), (1, 2));
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_login_at_another_hub_is_not_sent_to_this_one() {
    let (scene, other) = (plain(SimHub::demo()), plain(SimHub::demo()));
    let elsewhere = client(once(Options::new().base(other.server.url())));
    let failure = run(scene.client.run(elsewhere.hub().login(&bob()))).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Connect, Delivery::NotSent)));
    assert_eq!((scene.counts(), other.counts()), ((0, 0), (0, 0)));
}

#[test]
fn fifty_callers_refused_together_make_one_login() {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for scene in both(SimHub::demo) {
        workers.block_on(guarded(async {
            let session = aged_session(&scene.client, MINUTE).await;
            scene.server.hub().revoke_all();
            let calls: Vec<_> = (0..50)
                .map(|_| {
                    let (session, request) = (session.clone(), get(&scene.server, "/v2/user"));
                    tokio::spawn(async move { session.send(request).await })
                })
                .collect();
            for call in calls {
                assert_eq!(call.await.unwrap().unwrap().status(), 200);
            }
            assert_eq!(count(&scene.server, "/v2/auth/token"), 2);
            assert!(count(&scene.server, "/v2/user") <= 100);
        }));
    }
}

#[test]
fn one_login_and_one_replay_and_no_more() {
    let scene = plain(SimHub::demo());
    run(async {
        let session = aged_session(&scene.client, MINUTE).await;
        for fault in [Fault::Pass, Fault::Pass, Fault::Pass, Fault::json(StatusCode::UNAUTHORIZED, "{}")] {
            scene.server.hub().script(fault);
        }
        scene.server.hub().revoke_all();
        let mut request = Request::post(format!("{}v2/user", scene.server.url())).body(Bytes::from("{}")).unwrap();
        request.headers_mut().insert("x-own", "1".parse().unwrap());
        let answer = session.send(request).await.unwrap();
        assert_eq!(answer.status(), 405, "not a 401: returned as it is");

        let answer = session.send(get(&scene.server, "/v2/user")).await.unwrap();
        assert_eq!(answer.status(), 401);
    });
    let targets: Vec<_> = scene.server.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets, ["/v2/auth/token", "/v2/user", "/v2/user", "/v2/auth/token", "/v2/user"]);
}

#[test]
fn a_replay_is_the_same_but_for_the_token() {
    let scene = plain(SimHub::demo());
    run(async {
        let session = aged_session(&scene.client, MINUTE).await;
        scene.server.hub().script(Fault::json(StatusCode::UNAUTHORIZED, "{}"));
        let request = Request::post(format!("{}v2/new", scene.server.url())).body(Bytes::from("{\"a\":1}")).unwrap();
        assert_eq!(session.send(request).await.unwrap().status(), 404);
    });
    let requests = scene.server.requests();
    let (first, second) = (&requests[1], &requests[3]);
    assert_eq!((&first.target, &first.body), (&second.target, &second.body));
    assert_eq!(first.body, b"{\"a\":1}");
    assert_ne!(first.header("authorization"), second.header("authorization"));
}

#[test]
fn a_call_that_broke_is_not_sent_again() {
    let scene = plain(SimHub::demo());
    let session = Session::new(client(once(Options::new().base(scene.server.url()))), bob());
    run(async {
        session.token(MINUTE).await.unwrap();
        scene.server.hub().script(Fault::DropAfter);
        let error = session.send(get(&scene.server, "/v2/user")).await.unwrap_err();
        let SendError::Broken(broken) = error else { panic!("{error:?}") };
        assert_eq!((broken.kind, broken.delivery), (TransportErrorKind::Closed, Delivery::MaybeSent));
    });
    assert_eq!(count(&scene.server, "/v2/user"), 1);
}

#[test]
fn an_answer_is_read_up_to_its_limit() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob());
    run(async {
        session.token(MINUTE).await.unwrap();
        scene.server.hub().script(Fault::Endless(MAX_ANSWER as u64)).script(Fault::Endless(MAX_ANSWER as u64 + 1));
        let answer = session.send(get(&scene.server, "/v2/user")).await.unwrap();
        assert_eq!(answer.body().len(), MAX_ANSWER);
        let error = session.send(get(&scene.server, "/v2/user")).await.unwrap_err();
        assert!(common::chain(&error).contains("16777216 bytes"), "{}", common::chain(&error));
    });
}

#[test]
fn a_login_that_fails_is_told() {
    let scene = plain(SimHub::demo());
    scene.server.hub().always(Fault::json(StatusCode::FORBIDDEN, "{\"detail\":\"no\"}"));
    let session = Session::new(scene.client.clone(), bob());
    let error = run(session.send(get(&scene.server, "/v2/user"))).unwrap_err();
    assert!(matches!(error, SendError::LoginOutcome(_)), "{error:?}");
    assert_eq!(scene.counts().1, 1);
}
