//! One login for all, at the right time.

use std::sync::mpsc;

use hub_auth_core::http::{Response, StatusCode};
use hub_auth_core::session::{Ask, Rejected};
use hub_auth_core::{Code, FailureKind, Step};
use hub_auth_testkit::hub::Fault;

use super::super::SessionLogin;
use super::super::flight::Lead;
use super::*;

fn lead(session: &Session) -> (Lead<'_>, Step) {
    match session.0.shared.core().ask(Duration::ZERO, session.0.client.clock().now()) {
        Ask::Lead(flight, step) => (session.0.shared.lead(flight), step),
        ask => panic!("not a lead: {ask:?}"),
    }
}

#[test]
fn a_thousand_callers_at_expiry_make_one_login() {
    let scene = scene();
    let session = scene.session();
    let old = text(&token(&session));
    scene.advance(LIFE.as_secs());
    let tokens = together(1000, || text(&token(&session)));
    assert_eq!(scene.logins(), 2);
    assert!(tokens.iter().all(|token| *token == tokens[0] && *token != old));
}

#[test]
fn a_renewal_that_fails_while_the_token_is_good_is_no_error() {
    let scene = scene();
    let session = scene.session();
    let old = text(&token(&session));
    scene.advance(LIFE.as_secs() - 30);
    scene.server.hub().always(Fault::json(StatusCode::FORBIDDEN, "{}"));
    assert_eq!(text(&token(&session)), old);
    assert_eq!(scene.logins(), 2);
    scene.advance(30);
    assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::LockedOut);
    assert_eq!(scene.logins(), 2);
}

#[test]
fn a_token_that_ended_before_it_came_is_an_error_for_all_and_one_login() {
    let scene = scene();
    scene.server.hub().login_lifetime(Duration::ZERO);
    let session = scene.session();
    let (lead, step) = lead(&session);
    let Ok(hub_auth_core::LoginOutcome::Done(grant)) = session.0.client.run(step) else { panic!("no grant") };
    thread::scope(|scope| {
        let followers: Vec<_> = (0..50).map(|_| scope.spawn(|| session.token(Duration::ZERO))).collect();
        let Ask::Refused(failure) = lead.land(Ok(grant), session.0.client.clock().now()) else { panic!("a token") };
        assert_eq!(failure.kind(), FailureKind::MalformedAnswer);
        for follower in followers {
            assert_eq!(follower.join().unwrap().unwrap_err().kind(), FailureKind::MalformedAnswer);
        }
    });
}

#[test]
fn a_late_rejection_of_an_old_token_does_not_evict_the_new_one() {
    let scene = scene();
    let session = scene.session();
    let old = token(&session);
    scene.advance(10);
    assert_eq!(session.invalidate(&old), Rejected::Dropped);
    let new = token(&session);
    assert_ne!(text(&old), text(&new));
    assert_eq!(session.invalidate(&old), Rejected::Outdated);
    assert_eq!(text(&token(&session)), text(&new));
    assert_eq!(scene.logins(), 2);
}

#[test]
fn a_panicking_leader_hands_over() {
    let scene = scene();
    let (typing, is_typing) = mpsc::channel();
    let (go, went) = mpsc::channel::<()>();
    let code = scene.server.code(demo::USER).unwrap();
    let mut asked = 0;
    let session = Session::new(scene.client.clone(), alice()).ask(move |_| {
        asked += 1;
        if asked == 1 {
            typing.send(()).unwrap();
            // Until the other side hangs up.
            let _ = went.recv();
            panic!("the keyboard caught fire");
        }
        Code::new(&code).ok()
    });
    thread::scope(|scope| {
        let leader = scope.spawn(|| session.token(Duration::ZERO));
        is_typing.recv().unwrap();
        let followers: Vec<_> = (0..20).map(|_| scope.spawn(|| session.token(Duration::ZERO))).collect();
        drop(go);
        assert!(leader.join().is_err(), "the leader did not panic");
        for follower in followers {
            follower.join().unwrap().unwrap();
        }
    });
    assert_eq!((scene.logins(), scene.count("/v2/users/2fa-login")), (2, 1));
}

#[test]
fn what_came_of_an_earlier_account_is_not_used() {
    let scene = scene();
    let (typing, is_typing) = mpsc::channel();
    let (go, went) = mpsc::channel::<()>();
    let code = scene.server.code(demo::USER).unwrap();
    let session = Session::new(scene.client.clone(), alice()).ask(move |_| {
        typing.send(()).unwrap();
        let _ = went.recv();
        Code::new(&code).ok()
    });
    let bearer = thread::scope(|scope| {
        let leader = scope.spawn(|| token(&session));
        is_typing.recv().unwrap();
        session.set_account(bob());
        drop(go);
        leader.join().unwrap()
    });
    assert!(format!("{session:?}").contains(demo::USER_WITHOUT_2FA));
    let last = scene.server.requests().pop().unwrap();
    assert!(String::from_utf8(last.body).unwrap().contains(demo::USER_WITHOUT_2FA), "bob has not logged in");
    assert_eq!(text(&token(&session)), text(&bearer));
}

#[test]
fn a_secret_set_during_a_refusal_is_tried_at_once() {
    let scene = scene();
    let wrong = Account::new(demo::USER, Credential::password("wrong")).unwrap();
    let session = Session::new(scene.client.clone(), wrong);
    let (lead, step) = lead(&session);
    let refused = session.0.client.run(step).unwrap_err();
    session.set_account(alice());
    let ask = lead.land(Err(refused), session.0.client.clock().now());
    assert!(matches!(session.go_on(ask, Duration::ZERO, true).unwrap(), SessionLogin::NeedCode(_)));
}

#[test]
fn who_waits_for_the_login_of_another_is_woken_by_a_shutdown() {
    let scene = scene();
    let session = scene.session();
    let _lead = lead(&session);
    let (sender, woken) = mpsc::channel();
    for _ in 0..20 {
        let (session, sender) = (session.clone(), sender.clone());
        thread::spawn(move || sender.send(session.token(Duration::ZERO)));
    }
    // Each of those who are parked shares it.
    while Arc::strong_count(&session.0.shared) < 21 {
        thread::yield_now();
    }
    scene.client.shutdown();
    for _ in 0..20 {
        let failure = woken.recv_timeout(Duration::from_secs(60)).expect("it hangs").unwrap_err();
        assert_eq!(failure.kind(), FailureKind::Transport);
    }
    assert_eq!(scene.logins(), 0);
}

#[test]
fn a_login_of_the_session_has_its_time_in_all() {
    let scene = scene();
    let later = || Response::builder().status(503).header("retry-after", "3").body(b"{}".to_vec()).unwrap();
    scene.server.hub().script(Fault::Answer(later())).script(Fault::Pass).script(Fault::Answer(later()));
    let options = Options::new().base(scene.server.url()).policy(Policy::new(1)).login_timeout(Duration::from_secs(5));
    let client = Client::with_clock(options, Clock::Still(Arc::clone(&scene.clock))).unwrap();
    let code = scene.server.code(demo::USER).unwrap();
    let session = Session::new(client, alice()).ask(move |_| Code::new(&code).ok());
    assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::ServerFault);
    // The wait after the first call fits, the one after the code does not.
    assert_eq!((scene.logins(), scene.count("/v2/users/2fa-login")), (2, 1));
}
