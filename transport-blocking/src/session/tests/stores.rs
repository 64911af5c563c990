//! Sessions that share a store, over time.

use hub_auth_core::http::StatusCode;
use hub_auth_core::session::Rejected;
use hub_auth_host::{MemoryStore, StoreKey, TokenStore};
use hub_auth_testkit::hub::Fault;

use super::*;

#[test]
fn sessions_at_expiry_make_one_login() {
    let scene = scene();
    let store = MemoryStore::new();
    let sessions: Vec<_> = (0..20).map(|_| scene.session().store(store.clone())).collect();
    for logins in 1..=3 {
        let tokens: Vec<_> = thread::scope(|scope| {
            let start = |session| scope.spawn(move || text(&token(session)));
            let threads: Vec<_> = sessions.iter().map(start).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(tokens.iter().all(|token| *token == tokens[0]));
        assert_eq!(scene.logins(), logins);
        scene.advance(LIFE.as_secs());
    }
}

#[test]
fn a_rejected_token_is_not_taken_from_the_store_again() {
    let scene = scene();
    let store = MemoryStore::new();
    let (one, other) = (scene.session().store(store.clone()), scene.session().store(store));
    let old = token(&one);
    assert_eq!(text(&token(&other)), text(&old));
    scene.advance(10);
    assert_eq!(one.invalidate(&old), Rejected::Dropped);
    let new = token(&one);
    assert_ne!(text(&new), text(&old));
    assert_eq!(scene.logins(), 2);
    // The other takes the new one over.
    assert_eq!(other.invalidate(&token(&other)), Rejected::Dropped);
    assert_eq!(text(&token(&other)), text(&new));
    assert_eq!(scene.logins(), 2);
}

#[test]
fn a_rejected_token_is_gone_even_if_no_login_follows() {
    let scene = scene();
    let session = scene.session().store(MemoryStore::new());
    let old = token(&session);
    scene.advance(10);
    session.invalidate(&old);
    scene.server.hub().always(Fault::json(StatusCode::FORBIDDEN, "{}"));
    session.token(Duration::ZERO).unwrap_err();
    assert_eq!(session.expires_at(), None);
}

#[test]
fn the_store_does_not_keep_a_token_from_being_renewed() {
    let scene = scene();
    let session = scene.session().store(MemoryStore::new());
    let old = token(&session);
    scene.advance(LIFE.as_secs() - 30);
    let new = token(&session);
    assert_ne!(text(&old), text(&new));
    assert_eq!(scene.logins(), 2);
}

#[test]
fn a_look_into_the_store_makes_the_own_token_no_younger() {
    let scene = scene();
    let session = scene.session().store(MemoryStore::new());
    let old = token(&session);
    scene.advance(LIFE.as_secs() - 30);
    scene.server.hub().always(Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}"));
    assert_eq!(text(&token(&session)), text(&old), "the renewal did not fail");
    assert_eq!(session.invalidate(&old), Rejected::Dropped);
}

#[test]
fn an_older_token_in_the_store_is_left_there() {
    let scene = scene();
    let store = MemoryStore::new();
    let key = StoreKey::new(scene.client.hub(), &bob());
    let session = scene.session().store(store.clone());
    token(&session);
    let old = store.load(&key).unwrap().unwrap();
    scene.advance(LIFE.as_secs() - 30);
    let new = token(&session);
    store.save(&key, &old, None).unwrap();
    scene.advance(LIFE.as_secs() - 30);
    scene.server.hub().always(Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}"));
    assert_eq!(text(&token(&session)), text(&new));
}

#[test]
fn a_fault_of_the_store_is_that_of_the_last_login() {
    let scene = scene();
    let store = MemoryStore::new();
    store.save(&StoreKey::new(scene.client.hub(), &bob()), &"torn".into(), None).unwrap();
    let session = scene.session().store(store);
    token(&session);
    assert!(session.store_fault().is_some());
    scene.advance(LIFE.as_secs());
    token(&session);
    assert!(session.store_fault().is_none());
}
