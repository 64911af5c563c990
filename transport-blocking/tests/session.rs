//! The session as programs use it: one login for any number of threads, codes, stores.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use common::{Scene, alice, bob, both, chain, plain};
use hub_auth_blocking::core::http::HeaderMap;
use hub_auth_blocking::core::http::header::AUTHORIZATION;
use hub_auth_blocking::core::{FailureKind, Secret, UnixTime};
use hub_auth_blocking::{
    Account, Code, Credential, FileStore, MemoryStore, SealError, Session, SessionLogin, StoreError, StoreKey,
    StoreLock, TokenStore, Totp,
};
use hub_auth_testkit::hub::{SimHub, demo};

fn text(session: &Session) -> String {
    session.token(Duration::ZERO).unwrap().token().expose().to_owned()
}

fn of_bob(scene: &Scene) -> Session {
    Session::new(scene.client.clone(), bob())
}

fn with_totp(scene: &Scene) -> Session {
    Session::new(scene.client.clone(), alice()).totp(Totp::from_base32(demo::TOTP_SECRET_BASE32).unwrap())
}

fn together<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let start = || {
            scope.spawn(|| {
                barrier.wait();
                work()
            })
        };
        let started: Vec<_> = (0..threads).map(|_| start()).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_thousand_callers_without_a_token_make_one_login() {
    for scene in both(SimHub::demo) {
        let session = of_bob(&scene);
        let tokens = together(1000, || text(&session));
        assert!(tokens.iter().all(|token| *token == tokens[0]));
        assert_eq!(scene.counts(), (1, 1));
    }
}

#[test]
fn a_thousand_asks_after_a_refusal_send_nothing() {
    let scene = plain(SimHub::demo());
    let wrong = Account::new("bob", Credential::password("wrong")).unwrap();
    let session = Session::new(scene.client.clone(), wrong);
    assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::CredentialsRefused);
    let kinds = together(1000, || session.token(Duration::ZERO).unwrap_err().kind());
    assert!(kinds.iter().all(|kind| *kind == FailureKind::LockedOut));
    assert_eq!(scene.counts(), (1, 1));
    session.set_account(bob());
    text(&session);
    assert_eq!(scene.counts(), (1, 2));
}

#[test]
fn a_thousand_callers_share_one_refusal() {
    let scene = plain(SimHub::demo());
    let wrong = Account::new("bob", Credential::password("wrong")).unwrap();
    let session = Session::new(scene.client.clone(), wrong);
    together(1000, || session.token(Duration::ZERO).unwrap_err());
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn headers_are_authorized() {
    let scene = plain(SimHub::demo());
    let session = of_bob(&scene);
    assert_eq!(session.expires_at(), None);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, "Basic old".parse().unwrap());
    session.authorize(&mut headers).unwrap();
    assert_eq!(headers.get_all(AUTHORIZATION).iter().count(), 1);
    assert!(headers[AUTHORIZATION].is_sensitive());
    assert_eq!(headers[AUTHORIZATION].to_str().unwrap(), format!("Bearer {}", text(&session)));
    assert!(session.expires_at() > Some(scene.server.now()));
}

#[test]
fn a_session_with_nobody_to_ask_fails_at_once_and_once() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    for _ in 0..3 {
        assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::SecondFactorRequired);
    }
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn a_code_is_asked_for_once() {
    let scene = plain(SimHub::demo());
    let code = scene.server.code(demo::USER).unwrap();
    let session = Session::new(scene.client.clone(), alice()).ask(move |challenge| {
        assert_eq!(challenge.user(), demo::USER);
        Code::new(&code).ok()
    });
    let tokens = together(20, || text(&session));
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(scene.counts(), (1, 2));
}

#[test]
fn codes_are_made_from_the_secret() {
    let scene = plain(SimHub::demo());
    text(&with_totp(&scene));
    assert_eq!(scene.counts(), (1, 2));
}

#[test]
fn a_challenge_is_handed_back_and_its_answer_continues_the_session() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    let session = with_totp(&scene).store(store.clone());
    let SessionLogin::NeedCode(challenge) = session.login().unwrap() else { panic!("no second factor") };
    let SessionLogin::NeedCode(challenge) = session.answer(challenge, Code::new("000000").unwrap()).unwrap() else {
        panic!("000000 did")
    };
    let SessionLogin::Ready(bearer) = session.answer(challenge, scene.code()).unwrap() else { panic!("asked again") };
    assert_eq!(bearer.token().expose(), text(&session));
    assert!(matches!(session.login().unwrap(), SessionLogin::Ready(_)));
    assert_eq!(text(&with_totp(&scene).store(store)), bearer.token().expose());
    assert_eq!(scene.counts(), (1, 3));
}

#[test]
fn a_challenge_of_another_account_is_given_up() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    let SessionLogin::NeedCode(challenge) = session.login().unwrap() else { panic!("no second factor") };
    session.set_account(bob());
    let failure = session.answer(challenge, scene.code()).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::SecondFactorRequired);
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn a_sealed_session_goes_on_elsewhere() {
    let scene = plain(SimHub::demo());
    let session = of_bob(&scene);
    assert!(session.seal().is_none());
    let token = text(&session);
    let other = of_bob(&scene);
    other.restore(&session.seal().unwrap()).unwrap();
    assert_eq!(text(&other), token);
    assert_eq!(scene.counts(), (1, 1));
    let alice = Session::new(scene.client.clone(), alice());
    assert_eq!(alice.restore(&session.seal().unwrap()), Err(SealError::Other));
}

#[test]
fn sessions_that_share_a_store_make_one_login() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    let tokens = together(20, || text(&of_bob(&scene).store(store.clone())));
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn sessions_that_share_a_folder_make_one_login() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("session-{}", std::process::id()));
    let scene = plain(SimHub::demo());
    let tokens = together(20, || {
        let session = of_bob(&scene).store(FileStore::new(&folder));
        let token = text(&session);
        assert!(session.store_fault().is_none());
        token
    });
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(scene.counts(), (1, 1));
}

/// Fails at everything.
struct Broken;

impl TokenStore for Broken {
    fn load(&self, _: &StoreKey) -> Result<Option<Secret>, StoreError> {
        Err(StoreError::other("cannot load"))
    }

    fn save(&self, _: &StoreKey, _: &Secret, _: Option<UnixTime>) -> Result<(), StoreError> {
        Err(StoreError::other("cannot save"))
    }

    fn forget(&self, _: &StoreKey) -> Result<(), StoreError> {
        Err(StoreError::other("cannot forget"))
    }

    fn try_lock(&self, _: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        Err(StoreError::other("cannot lock"))
    }
}

#[test]
fn a_store_that_fails_fails_no_login() {
    let scene = plain(SimHub::demo());
    for session in [of_bob(&scene).store(Broken), with_totp(&scene).store(Broken)] {
        assert!(session.store_fault().is_none());
        text(&session);
        assert!(chain(&session.store_fault().unwrap()).ends_with("cannot save"));
    }
}

/// Is always somebody else's.
struct Taken(MemoryStore);

impl TokenStore for Taken {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.0.load(key)
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError> {
        self.0.save(key, sealed, good_until)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.forget(key)
    }

    fn lock(&self, _: &StoreKey, _: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(None)
    }
}

#[test]
fn a_store_that_stays_locked_is_done_without_the_lock() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    text(&of_bob(&scene).store(Taken(store.clone())));
    text(&of_bob(&scene).store(Taken(store)));
    assert_eq!(scene.counts(), (1, 1));
}

#[test]
fn what_is_no_session_is_reported_and_replaced() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    let key = StoreKey::new(scene.client.hub(), &bob());
    store.save(&key, &Secret::from("torn"), None).unwrap();
    let session = of_bob(&scene).store(store.clone());
    let token = text(&session);
    assert!(chain(&session.store_fault().unwrap()).contains("not a sealed session"));
    assert_eq!(text(&of_bob(&scene).store(store)), token);
}

#[test]
fn the_store_is_not_locked_while_a_person_types() {
    let scene = plain(SimHub::demo());
    let store = MemoryStore::new();
    let key = StoreKey::new(scene.client.hub(), &alice());
    let code = scene.server.code(demo::USER).unwrap();
    let other = store.clone();
    let session = Session::new(scene.client.clone(), alice()).store(store.clone()).ask(move |_| {
        assert!(other.try_lock(&key).unwrap().is_some(), "locked");
        Code::new(&code).ok()
    });
    let token = text(&session);
    let other = Session::new(scene.client.clone(), alice()).store(store);
    assert_eq!(text(&other), token);
    assert_eq!(scene.counts(), (1, 2));
}

/// Says in a load whether the store is locked.
struct Watched(MemoryStore, Arc<std::sync::atomic::AtomicUsize>);

impl TokenStore for Watched {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.0.load(key)
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError> {
        assert!(self.0.try_lock(key).unwrap().is_none(), "saved without the lock");
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.0.save(key, sealed, good_until)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        self.0.try_lock(key)
    }
}

#[test]
fn the_store_is_locked_until_the_token_is_in_it() {
    let scene = plain(SimHub::demo());
    let saves = Arc::default();
    text(&with_totp(&scene).store(Watched(MemoryStore::new(), Arc::clone(&saves))));
    // Before the code was sent, and with the token.
    assert_eq!(saves.load(std::sync::atomic::Ordering::SeqCst), 2);
    text(&of_bob(&scene).store(Watched(MemoryStore::new(), Arc::clone(&saves))));
    assert_eq!(saves.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[test]
fn nothing_prints_what_a_session_holds() {
    let canary = "canary";
    let scene = plain(SimHub::demo());
    let account = Account::new("alice", Credential::password(canary)).unwrap();
    let owned = canary.to_owned();
    let shown = [
        format!("{:?}", Session::new(scene.client.clone(), account).ask(move |_| Code::new(&owned).ok())),
        format!("{:?}", with_totp(&scene)),
    ];
    assert!(shown.iter().all(|shown| !shown.contains(canary) && !shown.contains(demo::TOTP_SECRET_BASE32)));
    let session = of_bob(&scene).store(MemoryStore::new());
    let token = text(&session);
    let shown = format!("{session:?} {:?} {:?}", session.login(), session.seal());
    assert!(!shown.contains(&token) && !shown.contains(demo::PASSWORD_WITHOUT_2FA), "{shown}");
}

#[test]
fn logins_by_hand_are_one_and_hold_for_all() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::SecondFactorRequired);
    // Somebody is there now.
    let logins = together(50, || session.login());
    let mut challenges = logins.into_iter().filter_map(|login| match login {
        Ok(SessionLogin::NeedCode(challenge)) => Some(challenge),
        Ok(SessionLogin::Ready(_)) => panic!("logged in without a code"),
        Err(failure) => {
            assert_eq!(failure.kind(), FailureKind::SecondFactorRequired);
            None
        }
    });
    let mut challenge = challenges.next().unwrap();
    drop(challenges);
    let sent = scene.server.requests().len();
    let failure = loop {
        match session.answer(challenge, Code::new("no-code").unwrap()) {
            Ok(SessionLogin::NeedCode(again)) => challenge = again,
            Ok(SessionLogin::Ready(_)) => panic!("logged in"),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.kind(), FailureKind::CodeRefused);
    for _ in 0..10 {
        assert_eq!(session.login().unwrap_err().kind(), FailureKind::LockedOut);
    }
    assert_eq!(scene.server.requests().len(), sent + 3, "three codes, and no password again");
}

#[test]
fn the_same_account_again_disturbs_nothing() {
    let scene = plain(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    let Ok(SessionLogin::NeedCode(challenge)) = session.login() else { panic!("no second factor") };
    session.set_account(alice());
    assert!(matches!(session.answer(challenge, scene.code()), Ok(SessionLogin::Ready(_))));
    assert_eq!(scene.server.requests().len(), 2);
}
