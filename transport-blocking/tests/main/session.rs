//! What the loop adds to the core's steps: threads, closures, stores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use hub_auth_blocking::{FailureKind, MemoryStore, Session, SessionLogin};
use hub_auth_testkit::hub::SimHub;

use crate::common::{alice, scene, together};

#[test]
fn a_thousand_callers_make_one_login() {
    let scene = scene(SimHub::demo());
    let session = scene.session();
    let tokens = together(1000, || session.token(Duration::ZERO).unwrap().token().expose().to_owned());
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(scene.logins(), 1);
}

#[test]
fn sessions_over_one_store_make_one_login() {
    let scene = scene(SimHub::demo());
    let store = MemoryStore::new();
    let tokens = together(8, || {
        let session = scene.session().store(store.clone());
        session.token(Duration::ZERO).unwrap();
        assert!(session.store_fault().is_none());
    });
    assert_eq!((tokens.len(), scene.logins()), (8, 1));
}

#[test]
fn a_leader_that_panics_hands_over() {
    let scene = scene(SimHub::demo());
    let server = Arc::clone(&scene.server);
    let asked = AtomicUsize::new(0);
    let (leads, leading) = mpsc::channel();
    let (panics, panicking) = mpsc::channel::<()>();
    let session = Session::new(scene.client.clone(), alice()).ask(move |challenge| {
        if asked.fetch_add(1, Ordering::Relaxed) == 0 {
            leads.send(()).unwrap();
            panicking.recv().unwrap();
            panic!("the person hit the machine");
        }
        hub_auth_blocking::Code::new(&server.code(challenge.user())?).ok()
    });
    let other = session.clone();
    let leader = thread::spawn(move || other.token(Duration::ZERO));
    leading.recv().unwrap();
    // Neither the session nor its settings are locked while a person types.
    assert_eq!(session.expires_at(), None);
    let other = session.clone();
    let follower = thread::spawn(move || other.token(Duration::ZERO));
    panics.send(()).unwrap();
    assert!(leader.join().is_err());
    assert!(follower.join().unwrap().is_ok());
}

#[test]
fn a_challenge_is_answered_by_hand() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    let SessionLogin::NeedCode(challenge) = session.login().unwrap() else { panic!("no code was asked for") };
    assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::SecondFactorRequired);
    let answered = session.answer(challenge, scene.code().unwrap()).unwrap();
    assert!(matches!(answered, SessionLogin::Ready(_)));
    session.token(Duration::ZERO).unwrap();
    assert_eq!(scene.logins(), 1);
}
