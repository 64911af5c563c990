//! The sessions of both adapters pass the suite of sessions.

use std::sync::Arc;

use hub_auth_core::{Secret, Totp, UnixTime};
use hub_auth_host::{MemoryStore, StoreError, StoreKey, StoreLock, TokenStore};
use hub_auth_testkit::conformance::Target;
use hub_auth_testkit::conformance::session::{Codes, Handle, Sessions, StoreCall, StoreLog};
use tokio::runtime::Runtime;
use tokio::task::block_in_place;

use super::{options, passes};

const NOW: std::time::Duration = std::time::Duration::ZERO;

#[test]
fn hyper_sessions() {
    let runtime = Arc::new(Runtime::new().unwrap());
    let report = Sessions::new().run(|target: &Target, log| {
        let client = hub_auth_hyper::Client::new(options(target)).unwrap();
        let (store, runtime) = (Recording(MemoryStore::new(), log), Arc::clone(&runtime));
        move |account, codes| {
            let session = hub_auth_hyper::Session::new(client.clone(), account).store(store.clone());
            let session = match codes {
                Codes::Nobody => session,
                Codes::Person(mut person) => session.ask(async move |challenge: &_| person(challenge)),
                Codes::Totp(secret) => session.totp(Totp::from_base32(secret).unwrap()),
            };
            let ([caller, sender], [by, on, until]) =
                ([(); 2].map(|()| session.clone()), [(); 3].map(|()| runtime.clone()));
            Handle {
                token: Box::new(move || {
                    let token = async { Ok(caller.token(NOW).await?.token().expose().to_owned()) };
                    // A code provider asks from within the runtime.
                    block_in_place(|| by.block_on(token))
                }),
                send: Box::new(move |request| Ok(on.block_on(sender.send(request))?.status())),
                abandon: Some(Box::new(move |gone| {
                    let session = session.clone();
                    let leader = until.spawn(async move { session.token(NOW).await });
                    gone.recv().unwrap_err();
                    leader.abort();
                    until.block_on(leader).unwrap_err();
                })),
            }
        }
    });
    passes(&report, &[]);
}

#[test]
fn blocking_sessions() {
    let report = Sessions::new().run(|target: &Target, log| {
        let client = hub_auth_blocking::Client::new(options(target)).unwrap();
        let store = Recording(MemoryStore::new(), log);
        move |account, codes| {
            let session = hub_auth_blocking::Session::new(client.clone(), account).store(store.clone());
            let session = match codes {
                Codes::Nobody => session,
                Codes::Person(person) => session.ask(person),
                Codes::Totp(secret) => session.totp(Totp::from_base32(secret).unwrap()),
            };
            let caller = session.clone();
            Handle {
                token: Box::new(move || Ok(caller.token(NOW)?.token().expose().to_owned())),
                send: Box::new(move |request| Ok(session.send(request)?.status())),
                abandon: None,
            }
        }
    });
    passes(&report, &[]);
}

/// Tells the suite of each call of the store.
#[derive(Clone)]
struct Recording(MemoryStore, StoreLog);

impl TokenStore for Recording {
    fn load(&self, key: &StoreKey) -> Result<Option<Secret>, StoreError> {
        self.1.note(StoreCall::Load);
        self.0.load(key)
    }

    fn save(&self, key: &StoreKey, sealed: &Secret, good_until: Option<UnixTime>) -> Result<(), StoreError> {
        self.1.note(StoreCall::Save);
        self.0.save(key, sealed, good_until)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        self.1.note(StoreCall::Lock);
        let held = self.0.try_lock(key)?;
        Ok(held.map(|held| StoreLock::new(Unlocking(self.1.clone(), held))))
    }
}

struct Unlocking(StoreLog, #[expect(dead_code, reason = "kept for its drop")] StoreLock);

impl Drop for Unlocking {
    fn drop(&mut self) {
        self.0.note(StoreCall::Unlock);
    }
}
