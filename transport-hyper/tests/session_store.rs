//! A token that outlives its process, and a store that fails.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{aged, alice, alice_by_token, bob, count, get, guarded, plain, run};
use hub_auth_core::{Secret, UnixTime};
use hub_auth_host::{StoreKey, StoreLock};
use hub_auth_hyper::{Code, MemoryStore, Session, StoreError, TokenStore};
use hub_auth_testkit::hub::SimHub;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_next_process_does_not_log_in() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    let session = |account| Session::new(scene.client.clone(), account).store(store.clone());
    run(async {
        let first = session(bob()).token(MINUTE).await.unwrap();
        let next = session(bob());
        assert_eq!(next.token(MINUTE).await.unwrap().token().expose(), first.token().expose());
        assert_eq!(scene.counts().1, 1);
        // Another account has another place.
        session(alice_by_token()).token(MINUTE).await.unwrap();
        assert_eq!(scene.counts().1, 2);
        session(bob()).token(MINUTE).await.unwrap();
        assert_eq!(scene.counts().1, 2);
    });
}

/// Twenty sessions on one store, as in twenty processes, with three callers each.
fn twenty_make_one_login(scene: &common::Scene, store: &(impl TokenStore + Clone + 'static)) {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let before = count(&scene.server, "/v2/auth/token");
    workers.block_on(guarded(async {
        let asking: Vec<_> = (0..20)
            .map(|_| Session::new(scene.client.clone(), alice_by_token()).store(store.clone()))
            .flat_map(|session| [session.clone(), session.clone(), session])
            .map(|session| tokio::spawn(async move { session.token(MINUTE).await }))
            .collect();
        let mut tokens = Vec::new();
        for asked in asking {
            tokens.push(asked.await.unwrap().unwrap().token().expose().to_owned());
        }
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
    }));
    assert_eq!(count(&scene.server, "/v2/auth/token"), before + 1);
}

#[test]
fn all_who_share_a_store_make_one_login_cold_and_at_expiry() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    twenty_make_one_login(&scene, &store);
    twenty_make_one_login_at_expiry(&scene, &store);
}

#[test]
fn all_who_share_a_folder_make_one_login_cold_and_at_expiry() {
    let folder = std::env::temp_dir().join(format!("hub-auth-hyper-{}", std::process::id()));
    let scene = plain(SimHub::demo());
    let store = hub_auth_hyper::FileStore::new(&folder);
    twenty_make_one_login(&scene, &store);
    twenty_make_one_login_at_expiry(&scene, &store);
    std::fs::remove_dir_all(folder).unwrap();
}

fn twenty_make_one_login_at_expiry(scene: &common::Scene, store: &(impl TokenStore + Clone + 'static)) {
    let expiring = run(aged(&scene.client, alice_by_token(), Duration::from_secs(596)));
    store.save(&StoreKey::new(scene.client.hub(), &alice_by_token()), &expiring, None).unwrap();
    twenty_make_one_login(scene, store);
}

#[test]
fn a_rejected_token_is_not_taken_from_the_store_again() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    let key = StoreKey::new(scene.client.hub(), &alice_by_token());
    run(async {
        store.save(&key, &aged(&scene.client, alice_by_token(), MINUTE).await, None).unwrap();
        scene.server.hub().revoke_all();
        let session = Session::new(scene.client.clone(), alice_by_token()).store(store.clone());
        assert_eq!(session.send(get(&scene.server, "/v2/user")).await.unwrap().status(), 200);
        // And the new one is there for the others.
        let other = Session::new(scene.client.clone(), alice_by_token()).store(store.clone());
        assert_eq!(other.send(get(&scene.server, "/v2/user")).await.unwrap().status(), 200);
    });
    assert_eq!(count(&scene.server, "/v2/auth/token"), 2);
    assert_eq!(count(&scene.server, "/v2/user"), 3);
}

#[test]
fn an_older_token_in_the_store_is_not_taken() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    let key = StoreKey::new(scene.client.hub(), &alice_by_token());
    run(async {
        let session = Session::new(scene.client.clone(), alice_by_token());
        session.restore(&aged(&scene.client, alice_by_token(), Duration::from_secs(560)).await).unwrap();
        let own = session.seal().unwrap();
        store.save(&key, &aged(&scene.client, alice_by_token(), Duration::from_secs(596)).await, None).unwrap();
        let session = session.store(store.clone());
        // It renews early, and cannot: its own is good still.
        scene
            .server
            .hub()
            .always(hub_auth_testkit::hub::Fault::json(http::StatusCode::FORBIDDEN, "{\"detail\":\"no\"}"));
        let token = session.token(Duration::ZERO).await.unwrap();
        assert!(own.expose().contains(token.token().expose()));
    });
}

#[test]
fn nobody_waits_in_the_store_for_a_person() {
    let scene = plain(SimHub::demo());
    let (store, server) = (MemoryStore::new(), Arc::new(scene.server));
    let key = StoreKey::new(scene.client.hub(), &alice());
    let (of_provider, in_store) = (Arc::clone(&server), store.clone());
    let session = Session::new(scene.client.clone(), alice()).store(store.clone()).ask(move |challenge| {
        let (user, server, key, store) =
            (challenge.user().to_owned(), Arc::clone(&of_provider), key.clone(), in_store.clone());
        async move {
            assert!(store.try_lock(&key).unwrap().is_some(), "locked while a person types");
            Code::new(&server.code(&user)?).ok()
        }
    });
    run(session.token(MINUTE)).unwrap();
    let next = Session::new(scene.client.clone(), alice()).store(store);
    run(next.token(MINUTE)).unwrap();
    assert_eq!(server.requests().len(), 2, "the code is asked for once");
}

/// Nothing works, in one way or another.
#[derive(Clone, Copy)]
enum Broken {
    Failing,
    Panicking,
    Nonsense,
}

impl Broken {
    fn fault<T>(self, nonsense: T) -> Result<T, StoreError> {
        match self {
            Broken::Failing => Err(StoreError::other("the disk is full")),
            Broken::Panicking => std::panic::resume_unwind(Box::new("on purpose")),
            Broken::Nonsense => Ok(nonsense),
        }
    }
}

impl TokenStore for Broken {
    fn load(&self, _: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.fault(Some(Secret::from("nonsense")))
    }

    fn save(&self, _: &StoreKey, _: &Secret, _: Option<UnixTime>) -> Result<(), StoreError> {
        self.fault(())
    }

    fn forget(&self, _: &StoreKey) -> Result<(), StoreError> {
        self.fault(())
    }

    fn try_lock(&self, _: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        self.fault(Some(StoreLock::new(())))
    }
}

#[test]
fn a_store_that_fails_never_fails_a_login() {
    for broken in [Broken::Failing, Broken::Panicking, Broken::Nonsense] {
        let scene = plain(SimHub::demo());
        let session = Session::new(scene.client.clone(), bob()).store(broken);
        assert!(session.store_fault().is_none());
        run(session.token(MINUTE)).unwrap();
        assert!(session.store_fault().is_some());
        assert_eq!(scene.counts().1, 1);
    }
}
