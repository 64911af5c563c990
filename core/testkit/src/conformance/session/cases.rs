//! Lists every case of a session, in the order of the suite.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, OnceLock};
use std::thread;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, StatusCode};
use hub_auth_core::{Code, FailureKind};

use super::super::setup::{Checked, account, alice, bob, ensure, ensure_kind, row};
use super::{Case, Codes, Handle, Scene, StoreCall};
use crate::shared::lock;
use crate::{Fault, Loopback, SimHub, demo};

pub(super) type Run = fn(&Scene) -> Checked;

pub(super) const ALL: &[(Case, Run)] = &[
    (case("one-login", "makes one login for any number of callers"), one_login),
    (case("hand-over", "lets the next caller log in if the caller who logs in goes away"), hand_over),
    (case("own-token", "refuses a token to its own code provider, and still logs in"), own_token),
    (case("replay", "makes one login after a 401, and sends each call again"), replay),
    (case("broken-call", "sends a call that broke once"), broken_call),
    (case("empty-body", "states the length of an empty POST, PUT and PATCH"), empty_body),
    (case("other-origin", "sends nothing to another origin than the Hub's"), other_origin),
    (case("store-order", "loads, locks, loads, logs in, saves and unlocks"), store_order),
    (case("shared-token", "makes one login for all sessions that share a store"), shared_token),
    (case("shared-refusal", "sends a wrong password once for all sessions that share a store"), shared_refusal),
    (case("totp-step", "saves the time step of a TOTP code before it sends the code"), totp_step),
];

const fn case(name: &'static str, rule: &'static str) -> Case {
    Case { name, rule, needs: &[] }
}

fn one_login(scene: &Scene) -> Checked {
    let session = scene.of_bob();
    let tokens = together(100, || (session.token)()).into_iter().collect::<Result<Vec<_>, _>>()?;
    ensure(tokens.iter().all(|token| Some(token) == tokens.first()), "the callers got different tokens")?;
    // Without that, the store alone would have made them one login.
    let locks = lock(&scene.log.calls).iter().filter(|(call, _)| *call == StoreCall::Lock).count();
    ensure(locks == 1, format!("the store was locked {locks} times"))?;
    scene.ensure_sent(1)
}

fn hand_over(scene: &Scene) -> Checked {
    let (asks, asked) = channel();
    let (panics, may_panic) = channel::<()>();
    let server = Arc::clone(&scene.server);
    let person = move |_: &_| {
        if asks.send(()).is_ok() && may_panic.recv().is_err() {
            return Code::new(&server.code(demo::USER)?).ok();
        }
        resume_unwind(Box::new("the caller who logs in is lost"))
    };
    let session = (scene.open)(alice(), Codes::Person(Box::new(person)));
    let (leaves, left) = channel();
    thread::scope(|scope| {
        let leader = scope.spawn(|| match &session.abandon {
            Some(abandon) => abandon(left),
            None => drop(catch_unwind(AssertUnwindSafe(|| (session.token)()))),
        });
        asked.recv()?;
        let follower = scope.spawn(|| (session.token)());
        drop(leaves);
        if session.abandon.is_some() {
            // The code provider panics after this caller has gone. Before, its panic would end the login of the caller.
            while !leader.is_finished() {
                thread::yield_now();
            }
        }
        panics.send(())?;
        drop(panics);
        follower.join().map_err(|_| "the next caller panicked")??;
        ensure(asked.try_iter().count() == 1, "nobody was asked for a second code")
    })
}

fn own_token(scene: &Scene) -> Checked {
    let (own, server) = (Arc::new(OnceLock::<Handle>::new()), Arc::clone(&scene.server));
    let (again, (tells, told)) = (Arc::downgrade(&own), channel());
    let person = move |_: &_| {
        tells.send((again.upgrade()?.get()?.token)().err()).ok()?;
        Code::new(&server.code(demo::USER)?).ok()
    };
    let session = own.get_or_init(|| (scene.open)(alice(), Codes::Person(Box::new(person))));
    (session.token)()?;
    ensure_kind(&told.recv()?.ok_or("the code provider got a token")?, FailureKind::SecondFactorRequired)
}

fn replay(scene: &Scene) -> Checked {
    let session = scene.of_bob();
    (session.token)()?;
    scene.server.hub().revoke_all();
    for status in together(20, || (session.send)(call("GET", "/v2/user"))) {
        ensure(status? == StatusCode::OK, "a caller got the 401")?;
    }
    let logins = scene.server.requests().iter().filter(|request| request.target.ends_with("login")).count();
    ensure(logins == 2, format!("there were {logins} logins instead of two"))
}

fn broken_call(scene: &Scene) -> Checked {
    let session = scene.of_bob();
    (session.token)()?;
    scene.server.hub().script(Fault::DropAfter);
    ensure((session.send)(call("POST", "/v2/user")).is_err(), "there was an answer")?;
    scene.ensure_sent(2)
}

fn empty_body(scene: &Scene) -> Checked {
    let session = scene.of_bob();
    for (method, stated) in [("POST", Some("0")), ("PUT", Some("0")), ("PATCH", Some("0")), ("DELETE", None)] {
        let mut request = call(method, "/v2/user");
        (session.send)(request.clone())?;
        request.headers_mut().insert(CONTENT_LENGTH, 9.into());
        (session.send)(request)?;
        for sent in scene.server.requests().iter().rev().take(2) {
            let is_stated = sent.header("content-length") == stated && sent.header("transfer-encoding").is_none();
            row(method, ensure(is_stated, "the length was wrong"))?;
        }
    }
    Ok(())
}

fn other_origin(scene: &Scene) -> Checked {
    let other = Loopback::start(SimHub::demo())?;
    let session = scene.of_bob();
    (session.token)()?;
    let sent = (session.send)(call("GET", &format!("{}v2/user", other.url())));
    ensure(sent.is_err() && other.connections() == 0, "it connected")?;
    scene.ensure_sent(1)
}

fn store_order(scene: &Scene) -> Checked {
    use StoreCall::{Load, Lock, Save, Unlock};
    (scene.of_bob().token)()?;
    let calls = lock(&scene.log.calls);
    let is_ordered = *calls == [(Load, 0), (Lock, 0), (Load, 0), (Save, 1), (Unlock, 1)];
    ensure(is_ordered, format!("the calls, each with the number of requests before it, were {calls:?}"))
}

fn shared_token(scene: &Scene) -> Checked {
    for token in together(8, || (scene.of_bob().token)()) {
        token?;
    }
    scene.ensure_sent(1)
}

fn shared_refusal(scene: &Scene) -> Checked {
    for kind in [FailureKind::CredentialsRefused, FailureKind::LockedOut] {
        let session = (scene.open)(account(demo::USER_WITHOUT_2FA, "wrong"), Codes::Nobody);
        let failure = (session.token)().err().ok_or("a wrong password got a token")?;
        ensure_kind(&failure, kind)?;
    }
    scene.ensure_sent(1)
}

fn totp_step(scene: &Scene) -> Checked {
    ((scene.open)(alice(), Codes::Totp(demo::TOTP_SECRET_BASE32)).token)()?;
    scene.ensure_sent(2)?;
    ensure(lock(&scene.log.calls).contains(&(StoreCall::Save, 1)), "nothing was saved before the code was sent")
}

impl Scene {
    fn of_bob(&self) -> Handle {
        (self.open)(bob(), Codes::Nobody)
    }

    fn ensure_sent(&self, requests: usize) -> Checked {
        let sent = self.server.requests().len();
        ensure(sent == requests, format!("{sent} requests were sent instead of {requests}"))
    }
}

#[expect(clippy::expect_used, reason = "the methods and URLs of the cases are good")]
fn call(method: &str, uri: &str) -> Request<Bytes> {
    Request::builder().method(method).uri(uri).body(Bytes::new()).expect("a request")
}

/// Runs `work` on many threads that start together.
fn together<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    let start = || {
        barrier.wait();
        work()
    };
    thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(start)).collect();
        started.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
