//! Codes made from a secret, none of them sent twice.
#![cfg(feature = "totp")]

use std::collections::BTreeSet;

use hub_auth_core::session::Rejected;
use hub_auth_core::{FailureKind, Totp};
use hub_auth_host::MemoryStore;
use hub_auth_testkit::hub::Fault;

use super::*;

fn session(scene: &Scene, store: &MemoryStore) -> Session {
    let totp = Totp::from_base32(demo::TOTP_SECRET_BASE32).unwrap();
    Session::new(scene.client.clone(), alice()).totp(totp).store(store.clone())
}

/// A scene at the beginning of a time step.
fn early_scene() -> Scene {
    let scene = scene();
    scene.advance(30 - scene.client.clock().now().as_secs() % 30);
    scene
}

/// The codes that were sent.
fn codes(scene: &Scene) -> Vec<String> {
    let code = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap()["code"].to_string();
    let requests = scene.server.requests();
    let sent = requests.iter().filter(|request| request.target == "/v2/users/2fa-login");
    sent.map(|request| code(&request.body)).collect()
}

fn all_different(codes: &[String]) -> bool {
    codes.iter().collect::<BTreeSet<_>>().len() == codes.len()
}

#[test]
fn two_logins_within_one_time_step_send_two_codes() {
    let scene = early_scene();
    let store = MemoryStore::new();
    let first = session(&scene, &store);
    let old = token(&first);
    let before = scene.clock.slept();
    let Rejected::TooNew(wait) = first.invalidate(&old) else { panic!("not new") };
    scene.client.clock().sleep(wait);
    assert_eq!(first.invalidate(&old), Rejected::Dropped);
    token(&first);
    let waited = scene.clock.slept().saturating_sub(before);
    assert!(waited > wait && waited <= Duration::from_secs(31), "{waited:?}");
    let codes = codes(&scene);
    assert_eq!(codes.len(), 2);
    assert!(all_different(&codes), "{codes:?}");
}

#[test]
fn the_next_process_does_not_send_the_code_of_one_that_failed() {
    let scene = scene();
    let store = MemoryStore::new();
    // Its first code is lost, and with it the other two, since nothing else can be known.
    for fault in [Fault::Pass, Fault::DropBefore, Fault::DropBefore, Fault::DropBefore] {
        scene.server.hub().script(fault);
    }
    assert_eq!(session(&scene, &store).token(Duration::ZERO).unwrap_err().kind(), FailureKind::Transport);
    // For the Hub time passes as well.
    scene.server.advance(scene.clock.slept());
    token(&session(&scene, &store));
    let codes = codes(&scene);
    assert!(codes.len() >= 2 && all_different(&codes), "{codes:?}");
}

#[test]
fn after_a_refused_code_comes_the_next() {
    let scene = early_scene();
    // Somebody else was faster with this step's code.
    let code = hub_auth_core::Code::new(&scene.server.code(demo::USER).unwrap()).unwrap();
    let hub_auth_core::LoginOutcome::NeedCode(challenge) = scene.client.login(&alice()).unwrap() else { panic!() };
    assert!(matches!(scene.client.answer(challenge, code), Ok(hub_auth_core::LoginOutcome::Done(_))));
    token(&session(&scene, &MemoryStore::new()));
    let codes = codes(&scene);
    assert_eq!((codes.len(), &codes[0]), (3, &codes[1]));
    assert_ne!(codes[1], codes[2]);
}

#[test]
fn no_code_is_made_for_a_client_that_was_shut_down() {
    let scene = scene();
    let session = session(&scene, &MemoryStore::new());
    let Ok(hub_auth_core::LoginOutcome::NeedCode(challenge)) = scene.client.login(&alice()) else {
        panic!("no challenge")
    };
    assert!(session.code(&session.codes(), &challenge).is_some());
    scene.client.shutdown();
    assert!(session.code(&session.codes(), &challenge).is_none());
}
