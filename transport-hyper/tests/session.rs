//! One login for all who ask, whoever goes away in the middle of it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use common::{Scene, aged_session, alice, bob, both, client, count, guarded, once, plain, run};
use hub_auth_core::{Account, Credential, FailureKind};
use hub_auth_hyper::{Bearer, Challenge, Code, Failure, MemoryStore, Options, Rejected, Session, SessionLogin};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{Fault, SimHub, demo};
use tokio::runtime::{Builder, Runtime};

const MINUTE: Duration = Duration::from_secs(60);

fn workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// What a thousand tasks get that ask at once.
async fn thousand(session: &Session, min_left: Duration) -> Vec<Result<Bearer, Failure>> {
    let asking: Vec<_> = (0..1000)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.token(min_left).await })
        })
        .collect();
    let mut got = Vec::new();
    for asked in asking {
        got.push(asked.await.unwrap());
    }
    got
}

fn all_the_same(got: &[Result<Bearer, Failure>]) {
    let first = got[0].as_ref().unwrap().token().expose();
    assert!(got.iter().all(|one| one.as_ref().unwrap().token().expose() == first));
}

#[test]
fn a_thousand_callers_make_one_login() {
    for scene in both(SimHub::demo) {
        let session = Session::new(scene.client.clone(), bob());
        all_the_same(&workers().block_on(guarded(thousand(&session, MINUTE))));
        assert_eq!(scene.counts(), (1, 1));
        assert!(session.expires_at().is_some());
    }
}

#[test]
fn a_thousand_callers_at_expiry_make_one_login() {
    let scene = plain(SimHub::demo());
    workers().block_on(guarded(async {
        // Of ten minutes there are four seconds left.
        let session = aged_session(&scene.client, Duration::from_secs(596)).await;
        all_the_same(&thousand(&session, Duration::ZERO).await);
        assert_eq!(scene.server.requests().len(), 2);
        // And where it would be good enough for some, but not for these.
        let session = aged_session(&scene.client, Duration::from_secs(300)).await;
        let got = thousand(&session, 6 * MINUTE).await;
        all_the_same(&got);
        assert_eq!(scene.server.requests().len(), 4);
    }));
}

#[test]
fn a_renewal_that_fails_is_no_error_while_the_token_is_good() {
    let scene = plain(SimHub::demo());
    let client = client(once(Options::new().base(scene.server.url())));
    workers().block_on(guarded(async {
        let session = aged_session(&client, Duration::from_secs(560)).await;
        let before = session.seal().unwrap();
        scene.server.hub().always(Fault::DropBefore);
        let got = thousand(&session, Duration::ZERO).await;
        all_the_same(&got);
        assert_eq!(scene.server.requests().len(), 2);
        // It is the old one still.
        assert!(before.expose().contains(got[0].as_ref().unwrap().token().expose()));
    }));
}

#[test]
fn a_thousand_asks_after_a_refusal_send_one_request() {
    let scene = plain(SimHub::demo());
    let wrong = Account::new("bob", Credential::password("wrong")).unwrap();
    let session = Session::new(scene.client.clone(), wrong);
    workers().block_on(guarded(async {
        assert_eq!(session.token(MINUTE).await.unwrap_err().kind(), FailureKind::CredentialsRefused);
        for failure in thousand(&session, MINUTE).await {
            assert_eq!(failure.unwrap_err().kind(), FailureKind::LockedOut);
        }
        assert_eq!(scene.counts().1, 1);
        session.set_account(bob());
        session.token(MINUTE).await.unwrap();
        assert_eq!(scene.counts().1, 2);
    }));
}

#[test]
fn followers_share_the_leaders_failure() {
    let scene = plain(SimHub::demo());
    let wrong = Account::new("bob", Credential::password("wrong")).unwrap();
    let session = Session::new(scene.client.clone(), wrong);
    let got = run(thousand(&session, MINUTE));
    assert!(got.iter().all(|failed| failed.as_ref().unwrap_err().kind() == FailureKind::CredentialsRefused));
    assert_eq!(scene.counts().1, 1);
}

/// A future that is dropped after so many polls, which gives `None`.
struct Cut<F> {
    inner: Option<Pin<Box<F>>>,
    polls: usize,
}

impl<F: Future> Future for Cut<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if self.polls > 0 {
            self.polls -= 1;
            let inner = self.inner.as_mut().unwrap();
            if let Poll::Ready(output) = inner.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
        }
        if self.polls == 0 {
            self.inner = None;
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// Somebody who types a code, and counts those who do at the same time.
fn typist(server: &Arc<Loopback>, session: Session) -> Session {
    let (server, typing) = (Arc::clone(server), Arc::new(AtomicUsize::new(0)));
    session.ask(move |challenge| {
        struct Typing(Arc<AtomicUsize>);
        impl Drop for Typing {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        assert_eq!(typing.fetch_add(1, Ordering::SeqCst), 0, "two logins at once");
        let (server, user) = (Arc::clone(&server), challenge.user().to_owned());
        let typing = Typing(Arc::clone(&typing));
        async move {
            let _typing = typing;
            tokio::task::yield_now().await;
            // A code is good once.
            server.advance(Duration::from_secs(30));
            Code::new(&server.code(&user)?).ok()
        }
    })
}

/// Cuts the leader after each number of polls in turn, until it gets to the end.
fn cut_everywhere(make: impl Fn(&Arc<Loopback>) -> Session, on: &Runtime) {
    for polls in 0.. {
        let server = Arc::new(Loopback::start(SimHub::demo()).unwrap());
        let session = make(&server);
        let (led, one, two) = on.block_on(guarded(async {
            let leader = Cut { inner: Some(Box::pin(session.token(MINUTE))), polls };
            tokio::join!(leader, session.token(MINUTE), session.token(MINUTE))
        }));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.token().expose(), two.token().expose(), "after {polls} polls");
        let logins = count(&server, "/v2/users/login");
        if let Some(led) = led {
            assert_eq!(led.unwrap().token().expose(), one.token().expose());
            assert_eq!(logins, 1);
            assert!(polls > 1, "{polls}");
            return;
        }
        assert!((1..=2).contains(&logins), "{logins} logins after {polls} polls");
    }
}

#[test]
fn a_leader_cancelled_anywhere_hands_over() {
    for on in [Builder::new_current_thread().enable_all().build().unwrap(), workers()] {
        let at = |server: &Arc<Loopback>| client(Options::new().base(server.url()));
        cut_everywhere(|server| Session::new(at(server), bob()), &on);
        cut_everywhere(|server| typist(server, Session::new(at(server), alice())), &on);
        cut_everywhere(|server| typist(server, Session::new(at(server), alice())).store(MemoryStore::new()), &on);
    }
}

#[test]
fn a_leader_that_panics_hands_over() {
    let server = Arc::new(Loopback::start(SimHub::demo()).unwrap());
    let session = Session::new(client(Options::new().base(server.url())), alice());
    let mut calls = 0;
    let of_provider = Arc::clone(&server);
    let session = session.ask(move |challenge| {
        calls += 1;
        // Once in the closure, once in its future.
        if calls == 1 {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
        let (first, server, user) = (calls == 2, Arc::clone(&of_provider), challenge.user().to_owned());
        async move {
            if first {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            Code::new(&server.code(&user)?).ok()
        }
    });
    run(async {
        let asking: Vec<_> = (0..10)
            .map(|_| {
                let session = session.clone();
                tokio::spawn(async move { session.token(MINUTE).await })
            })
            .collect();
        let (mut panicked, mut good) = (0, 0);
        for asked in asking {
            match asked.await {
                Ok(token) => good += usize::from(token.is_ok()),
                Err(error) => panicked += usize::from(error.is_panic()),
            }
        }
        assert_eq!((panicked, good), (2, 8));
    });
    assert_eq!(count(&server, "/v2/users/login"), 3);
}

#[test]
fn a_session_outlives_its_runtime() {
    let Scene { server, client } = plain(SimHub::demo());
    let session = Session::new(client, bob());
    server.hub().script(Fault::Stall);
    let first = workers();
    let leader = session.clone();
    first.spawn(async move { leader.token(MINUTE).await });
    while server.requests().is_empty() {
        std::thread::yield_now();
    }
    let follower = session.clone();
    let token = run(async move {
        let mut asking = Box::pin(follower.token(MINUTE));
        // It follows, and the leader goes with its runtime.
        assert!(Cut { inner: Some(Box::pin(asking.as_mut())), polls: 1 }.await.is_none());
        first.shutdown_background();
        asking.await.unwrap()
    });
    assert_eq!(server.requests().len(), 2);
    assert_eq!(run(session.token(MINUTE)).unwrap().token().expose(), token.token().expose());
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_late_401_for_an_old_token_does_not_evict_the_new_one() {
    let scene = plain(SimHub::demo());
    run(async {
        let session = aged_session(&scene.client, MINUTE).await;
        let old = session.token(MINUTE).await.unwrap();
        assert_eq!(session.invalidate(&old), Rejected::Dropped);
        let new = session.token(MINUTE).await.unwrap();
        assert_eq!(session.invalidate(&old), Rejected::Outdated);
        assert_eq!(session.token(MINUTE).await.unwrap().token().expose(), new.token().expose());
        assert_eq!(scene.counts().1, 2);
    });
}

#[test]
fn without_a_provider_it_never_asks() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    run(async {
        for _ in 0..2 {
            assert_eq!(session.token(MINUTE).await.unwrap_err().kind(), FailureKind::SecondFactorRequired);
        }
    });
    assert_eq!(scene.counts().1, 1);
}

fn need_code(login: Result<SessionLogin, Failure>) -> Challenge {
    match login {
        Ok(SessionLogin::NeedCode(challenge)) => challenge,
        other => panic!("no challenge: {other:?}"),
    }
}

#[test]
fn a_challenge_handed_back_and_answered_continues_the_session() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice()).ask(|_| async { panic!("nobody is asked") });
    run(async {
        let challenge = need_code(session.login().await);
        let challenge = need_code(session.answer(challenge, Code::new("012345").unwrap()).await);
        assert_eq!(challenge.previous_failure().unwrap().kind(), FailureKind::CodeRefused);
        assert!(matches!(session.answer(challenge, scene.code()).await, Ok(SessionLogin::Ready(_))));
        assert_eq!(scene.counts().1, 3);
        session.token(MINUTE).await.unwrap();
        assert!(matches!(session.login().await, Ok(SessionLogin::Ready(_))));
        assert_eq!(scene.counts().1, 3);
    });
}

#[test]
fn a_challenge_of_another_user_is_not_answered() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    run(async {
        let challenge = need_code(session.login().await);
        session.set_account(bob());
        let failure = session.answer(challenge, scene.code()).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::SecondFactorRequired);
        assert_eq!(scene.counts().1, 1);
    });
}

#[test]
fn its_futures_can_be_spawned_and_its_debug_tells_no_secret() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), bob());
    workers().block_on(guarded(async {
        let asked = session.clone();
        tokio::spawn(async move {
            let mut headers = http::HeaderMap::new();
            asked.authorize(&mut headers).await.unwrap();
            assert!(headers["authorization"].is_sensitive());
            assert!(asked.login().await.is_ok());
        })
        .await
        .unwrap();
    }));
    let token = run(session.token(MINUTE)).unwrap();
    let shown = format!("{session:?} {session:#?} {token:?}");
    assert!(shown.contains("bob"), "{shown}");
    assert!(!shown.contains(demo::PASSWORD_WITHOUT_2FA) && !shown.contains(token.token().expose()), "{shown}");
}

#[test]
fn logins_by_hand_are_one_and_hold_for_all() {
    run(async {
        let scene = plain(SimHub::demo());
        let session = Session::new(scene.client.clone(), alice());
        assert_eq!(session.token(Duration::ZERO).await.unwrap_err().kind(), FailureKind::SecondFactorRequired);
        // Somebody is there now.
        let logins: Vec<_> = (0..50)
            .map(|_| {
                let session = session.clone();
                tokio::spawn(async move { session.login().await })
            })
            .collect();
        let mut handed_out = Vec::new();
        for login in logins {
            match login.await.unwrap() {
                Ok(SessionLogin::NeedCode(challenge)) => handed_out.push(challenge),
                Ok(SessionLogin::Ready(_)) => panic!("logged in without a code"),
                Err(failure) => assert_eq!(failure.kind(), FailureKind::SecondFactorRequired),
            }
        }
        let sent = scene.server.requests().len();
        assert_eq!((handed_out.len(), sent), (1, 2));
        let mut challenge = handed_out.remove(0);
        let failure = loop {
            match session.answer(challenge, Code::new("no-code").unwrap()).await {
                Ok(SessionLogin::NeedCode(again)) => challenge = again,
                Ok(SessionLogin::Ready(_)) => panic!("logged in"),
                Err(failure) => break failure,
            }
        };
        assert_eq!(failure.kind(), FailureKind::CodeRefused);
        for _ in 0..10 {
            assert_eq!(session.login().await.unwrap_err().kind(), FailureKind::LockedOut);
        }
        assert_eq!(scene.server.requests().len(), sent + 3, "three codes, and no password again");
    });
}

#[test]
fn the_same_account_again_disturbs_nothing() {
    run(async {
        let scene = plain(SimHub::demo());
        let session = Session::new(scene.client.clone(), alice());
        let challenge = need_code(session.login().await);
        session.set_account(alice());
        assert!(matches!(session.answer(challenge, scene.code()).await, Ok(SessionLogin::Ready(_))));
        assert_eq!(scene.server.requests().len(), 2);
    });
}
