//! A session's hot path: the token is good, and a header map has room for it.

use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Response};
use hub_auth_blocking::Session as Blocking;
use hub_auth_core::session::Session;
use hub_auth_core::{Account, Credential, Grant, Hub, Policy, Secret, Step, UnixTime};
use hub_auth_host::{Options, now};
use hub_auth_hyper::Session as Hyper;

use crate::answers;
use crate::case::Case;

/// Where nothing is sent.
const BASE: &str = "http://127.0.0.1:1";
/// How long tokens are good here, in seconds.
const DAY: u64 = 24 * 60 * 60;
const RUNS: usize = 1000;

/// Puts a token into the headers.
pub type Authorize = Box<dyn Fn(&mut HeaderMap) + Send + Sync>;

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("authorize, core: ours", RUNS, |most| each_map(most, core())),
        Case::new("authorize, core: floor", RUNS, |most| each_map(most, floor())),
        Case::new("authorize, hyper: ours", RUNS, |most| each_map(most, hyper())),
        Case::new("authorize, hyper: floor", RUNS, |most| each_map(most, floor())),
        Case::new("authorize, blocking: ours", RUNS, |most| each_map(most, blocking())),
        Case::new("authorize, blocking: floor", RUNS, |most| each_map(most, floor())),
    ]
}

fn each_map(most: usize, mut authorize: impl FnMut(&mut HeaderMap)) -> impl FnMut() {
    let maps: Vec<HeaderMap> = (0..most).map(|_| HeaderMap::with_capacity(8)).collect();
    let mut maps = maps.leak().iter_mut();
    move || authorize(maps.next().expect("a map for each run"))
}

/// By hand, for callers on any thread: a header value in a mutex, until when.
#[must_use]
pub fn floor() -> Authorize {
    let header = grant(&hub(), &account(0), now()).token().header().clone();
    let kept = Mutex::new(Some((header, Instant::now() + Duration::from_secs(DAY))));
    Box::new(move |headers| {
        let good = |(header, until): &(_, Instant)| (Instant::now() < *until).then(|| http::HeaderValue::clone(header));
        let header = kept.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(good);
        headers.insert(AUTHORIZATION, header.expect("a good token"));
    })
}

/// The pure session, without a lock or a clock.
fn core() -> impl FnMut(&mut HeaderMap) {
    let mut session = session(0);
    let mut time = now();
    move |headers| {
        time = time + Duration::from_millis(1);
        session.fresh(Duration::ZERO, time).expect("a good token").authorize(headers);
    }
}

/// A session of the async adapter, whose future is ready at once.
#[must_use]
pub fn hyper() -> Authorize {
    let session = Hypers::new().session(0);
    Box::new(move |headers| {
        let authorized = std::pin::pin!(session.authorize(headers));
        assert!(matches!(authorized.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(()))));
    })
}

/// A session of the blocking adapter.
#[must_use]
pub fn blocking() -> Authorize {
    let session = Blockings::new().session(0);
    Box::new(move |headers| session.authorize(headers).expect("a good token"))
}

/// Sessions of the async adapter, over one client.
#[derive(Debug)]
pub struct Hypers(hub_auth_hyper::Client);

impl Hypers {
    /// The client.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes a client")]
    pub fn new() -> Hypers {
        Hypers(hub_auth_hyper::Client::new(options()).expect("a client"))
    }

    /// Of the `nth` account, without a token.
    #[must_use]
    pub fn idle(&self, nth: usize) -> Hyper {
        Hyper::new(self.0.clone(), account(nth))
    }

    /// Of the `nth` account, with a token.
    #[must_use]
    pub fn session(&self, nth: usize) -> Hyper {
        let session = self.idle(nth);
        session.restore(&sealed(nth)).expect("a session");
        session
    }
}

/// Sessions of the blocking adapter, over one client.
#[derive(Debug)]
pub struct Blockings(hub_auth_blocking::Client);

impl Blockings {
    /// The client.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes a client")]
    pub fn new() -> Blockings {
        Blockings(hub_auth_blocking::Client::new(options()).expect("a client"))
    }

    /// Of the `nth` account, without a token.
    #[must_use]
    pub fn idle(&self, nth: usize) -> Blocking {
        Blocking::new(self.0.clone(), account(nth))
    }

    /// Of the `nth` account, with a token.
    #[must_use]
    pub fn session(&self, nth: usize) -> Blocking {
        let session = self.idle(nth);
        session.restore(&sealed(nth)).expect("a session");
        session
    }
}

fn options() -> Options {
    Options::new().base(BASE.parse().expect("a base")).policy(Policy::new(1))
}

fn hub() -> Hub {
    Hub::new(BASE.parse().expect("a base"), Policy::new(1)).expect("a Hub")
}

fn account(nth: usize) -> Account {
    Account::new(&format!("user{nth:06}"), Credential::password("correct horse battery staple")).expect("an account")
}

fn session(nth: usize) -> Session {
    let (hub, account) = (hub(), account(nth));
    let mut session = Session::new(hub.clone(), account.clone());
    session.adopt(&grant(&hub, &account, now())).expect("a token");
    session
}

fn sealed(nth: usize) -> Secret {
    session(nth).seal(now()).expect("a session")
}

fn grant(hub: &Hub, account: &Account, now: UnixTime) -> Grant {
    let exp = now.as_secs() + DAY;
    let claims = format!(r#"{{"exp":{exp},"https://hub.docker.com":{{"username":"{}"}}}}"#, account.user());
    let Step::Send(exchange) = hub.login(account) else { panic!("nothing to send") };
    let token = format!("{}.{}.{}", "h".repeat(36), URL_SAFE_NO_PAD.encode(claims), "");
    let token = format!("{token}{}", "s".repeat(155 - token.len()));
    let body = answers::granted(&token);
    match exchange.send().1.reply(Response::new(body.as_bytes()), now) {
        Step::Done(grant) => grant,
        other => panic!("{other:?}"),
    }
}
