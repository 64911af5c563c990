//! The time of a whole login, on a clock that moves by waits alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::sync::{Arc, mpsc};
use std::thread;

use hub_auth_core::http::{Response, StatusCode, header::RETRY_AFTER};
use hub_auth_core::{Credential, Delivery, FailureKind, Policy};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{Fault, SimHub, demo};

use super::*;
use crate::clock::Still;

const HOUR: Duration = Duration::from_secs(60 * 60);

struct Scene {
    server: Loopback,
    client: Client,
    clock: Arc<Still>,
}

/// A client that waits as long as it is told to, if its login's two minutes allow it.
fn scene() -> Scene {
    let server = Loopback::start(SimHub::demo()).unwrap();
    let clock = Still::start();
    let options = Options::new().base(server.url()).policy(Policy::new(1).with_longest_wait(HOUR)).timeout(HOUR);
    let client = Client::with_clock(options, Clock::Still(Arc::clone(&clock))).unwrap();
    Scene { server, client, clock }
}

impl Scene {
    fn script(&self, status: StatusCode) {
        let mut answer = Response::new(b"{}".to_vec());
        *answer.status_mut() = status;
        answer.headers_mut().insert(RETRY_AFTER, 100.into());
        self.server.hub().script(Fault::Answer(answer));
    }

    fn code(&self) -> Code {
        Code::new(&self.server.code(demo::USER).unwrap()).unwrap()
    }

    fn requests(&self) -> usize {
        self.server.requests().len()
    }
}

fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

#[test]
fn the_time_of_a_person_is_not_counted() {
    let scene = scene();
    let grant = scene.client.login_with(&alice(), |_| {
        scene.client.clock().sleep(HOUR);
        Some(scene.code())
    });
    assert_eq!(grant.unwrap().user(), demo::USER);
}

#[test]
fn a_wait_that_is_longer_than_what_is_left_is_not_begun() {
    let scene = scene();
    scene.script(StatusCode::SERVICE_UNAVAILABLE);
    scene.script(StatusCode::SERVICE_UNAVAILABLE);
    let failure = scene.client.login(&alice()).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::ServerFault);
    assert_eq!(scene.requests(), 2);
    let waited = scene.clock.slept();
    assert!(waited >= Duration::from_secs(100) && waited < Duration::from_secs(120), "{waited:?}");
}

#[test]
fn one_budget_serves_both_calls_of_a_login_unless_they_are_made_by_hand() {
    for by_hand in [false, true] {
        let scene = scene();
        scene.script(StatusCode::SERVICE_UNAVAILABLE);
        scene.server.hub().script(Fault::Pass);
        scene.script(StatusCode::TOO_MANY_REQUESTS);
        let mut asked = 0;
        let ask = |_: &Challenge| {
            asked += 1;
            Some(scene.code())
        };
        if by_hand {
            let LoginOutcome::NeedCode(challenge) = scene.client.login(&alice()).unwrap() else { panic!() };
            assert!(scene.client.answer_with(challenge, ask).is_ok());
            assert_eq!(asked, 2);
        } else {
            let failure = scene.client.login_with(&alice(), ask).unwrap_err();
            assert_eq!(failure.kind(), FailureKind::RateLimited);
            assert_eq!(asked, 1);
        }
    }
}

#[test]
fn an_attempt_ends_with_the_time_of_its_login() {
    let server = Loopback::start(SimHub::demo()).unwrap();
    server.hub().always(Fault::Stall);
    // On the machine's clock, as its sockets are: long beside what it takes to send.
    let options = Options::new().base(server.url()).timeout(HOUR).login_timeout(Duration::from_secs(5));
    let client = Client::new(options).unwrap();
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || drop(sender.send(client.login(&alice()))));
    let failure = ended.recv_timeout(Duration::from_secs(60)).unwrap().unwrap_err();
    assert_eq!(failure.kind(), FailureKind::TimedOut);
    assert_eq!(failure.transport().unwrap().1, Delivery::MaybeSent);
    assert_eq!(server.requests().len(), 1);
}
