//! Does what each step of the core says, and decides nothing.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use hub_auth_core::http::Response;
use hub_auth_core::session::{Load, Lock, NeedCode, Next, Park, Save, Unsent, Wait};
use hub_auth_core::{Challenge, Code, Failure};
use hub_auth_host::{StoreError, StoreKey, StoreLock, TokenStore, now};

use super::{Ask, Session, SessionLogin, lock};
use crate::client::Budget;

/// One caller on its way to a token.
pub(super) struct Drive<'a> {
    session: &'a Session,
    store: Option<Arc<dyn TokenStore>>,
    store_lock: Option<StoreLock>,
    budget: Budget,
    wake: Wake<'a>,
}

impl<'a> Drive<'a> {
    pub(super) fn new(session: &'a Session) -> Drive<'a> {
        let store = lock(&session.0.store).clone();
        Drive { session, store, store_lock: None, budget: session.0.client.budget(), wake: Wake(session) }
    }

    pub(super) fn run(mut self, mut next: Next) -> Result<SessionLogin, Failure> {
        loop {
            next = match next {
                Next::Ready(bearer) => return Ok(SessionLogin::Ready(bearer)),
                Next::Refused(failure) => return Err(failure),
                Next::HandOut(challenge) => return Ok(SessionLogin::NeedCode(challenge)),
                Next::Park(park) => self.park(park),
                Next::Lock(lock) => self.lock(lock),
                Next::Load(load) => self.load(load),
                Next::Send(unsent) => self.send(unsent),
                Next::Wait(wait) => self.wait(wait),
                Next::NeedCode(need) => self.ask(need),
                Next::Save(save) => self.save(save),
                Next::Unlock(unlock) => {
                    drop(self.store_lock.take());
                    unlock.done(&mut self.session.core(), now())
                }
            }
        }
    }

    /// Waits until another caller's login has ended. Then the time of this caller's own login begins.
    fn park(&mut self, mut park: Park) -> Next {
        if *lock(&self.session.0.asking) == Some(thread::current().id()) {
            return park.refuse(&self.session.core());
        }
        let client = &self.session.0.client;
        let stop = client.http().stop();
        loop {
            let calls = stop.calls();
            park = match park.resume(&mut self.session.core(), now()) {
                Next::Park(park) => park,
                next => {
                    self.budget = client.budget();
                    return next;
                }
            };
            stop.park(calls);
            // A login by a client that was shut down sends nothing, and fails for that reason.
            let account = stop.is_stopped().then(|| self.session.core().account().clone());
            if let Some(Err(failure)) = account.map(|account| client.login(&account)) {
                return Next::Refused(failure);
            }
        }
    }

    fn lock(&mut self, lock: Lock) -> Next {
        let Some(store) = &self.store else { return lock.got() };
        match store.try_lock(&self.key(lock.account())) {
            Ok(Some(held)) => {
                self.store_lock = Some(held);
                self.session.set_fault(None);
                lock.got()
            }
            Ok(None) => lock.held(now()),
            Err(error) => {
                self.session.set_fault(Some(error));
                lock.failed(&self.session.core(), now())
            }
        }
    }

    fn load(&mut self, load: Load) -> Next {
        let loaded = self.store.as_ref().map(|store| store.load(&self.key(load.account())));
        let sealed = loaded.and_then(|loaded| self.noted(loaded)).flatten();
        let mut core = self.session.core();
        let next = load.found(sealed.as_ref(), &mut core, now());
        let unreadable = core.seal_error();
        drop(core);
        if let Some(error) = unreadable {
            self.session.set_fault(Some(StoreError::other(error)));
        }
        next
    }

    fn send(&mut self, unsent: Unsent) -> Next {
        let (request, sent) = unsent.send();
        match self.session.0.client.attempt(request, sent.route(), sent.attempt(), &self.budget) {
            Ok((head, body)) => sent.reply(Response::from_parts(head, body.as_ref()), &mut self.session.core(), now()),
            Err(error) => sent.failed(error, &mut self.session.core(), now()),
        }
    }

    fn wait(&mut self, wait: Wait) -> Next {
        let client = &self.session.0.client;
        let delay = wait.delay(now());
        let is_over = match wait.route() {
            Some(_) => client.wait(delay, &self.budget),
            None => self.budget.aside(|| client.sleep(delay)),
        };
        let mut core = self.session.core();
        if is_over { wait.resume(&mut core, now()) } else { wait.give_up(&mut core, now()) }
    }

    fn ask(&mut self, need: NeedCode) -> Next {
        let ask = lock(&self.session.0.ask).clone();
        // Locks the closure alone. If it panics, another thread calls it again.
        match ask.and_then(|ask| self.budget.aside(|| self.session.asked(&ask, need.challenge()))) {
            Some(code) => need.answer(code, &mut self.session.core(), now()),
            None => need.nobody(&mut self.session.core(), now()),
        }
    }

    fn save(&mut self, save: Save) -> Next {
        // Wakes the others before saving: the token is there already, and the store may be slow.
        self.wake.now();
        let sealed = save.sealed(&mut self.session.core(), now());
        if let (Some(store), Some(sealed)) = (&self.store, sealed) {
            self.noted(store.save(&self.key(save.account()), &sealed.text, sealed.good_until));
        }
        save.done(&mut self.session.core(), now())
    }

    fn key(&self, account: &hub_auth_core::Account) -> StoreKey {
        StoreKey::new(self.session.0.client.hub(), account)
    }

    fn noted<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.session.set_fault(Some(error))).ok()
    }
}

impl Session {
    /// Asks for a code, and notes the thread that asks.
    fn asked(&self, ask: &Mutex<Ask>, challenge: &Challenge) -> Option<Code> {
        let mut ask = lock(ask);
        *lock(&self.0.asking) = Some(thread::current().id());
        let code = catch_unwind(AssertUnwindSafe(|| ask(challenge)));
        *lock(&self.0.asking) = None;
        code.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Wakes the callers that wait for a login, at the latest when its leader ends, even by a panic.
struct Wake<'a>(&'a Session);

impl Wake<'_> {
    fn now(&self) {
        self.0.client().http().stop().wake();
    }
}

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        self.now();
    }
}
