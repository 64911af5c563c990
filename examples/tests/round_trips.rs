//! How often a login waits for the line: counted at a relay that delays each direction. With `--nocapture` the figures
//! are shown.
//!
//! TCP takes one round trip, TLS 1.3 one and TLS 1.2 two, each call of a login one.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use hub_auth_core::{Account, Code, Credential, LoginOutcome};
use hub_auth_host::{Options, Trust};
use hub_auth_testkit::hub::{SimHub, demo};
use hub_auth_testkit::tls::{Authority, Server};
use hub_auth_testkit::{Loopback, Relay};

/// Long beside what a client computes between what it reads and what it then sends, on a busy machine as well.
const DELAY: Duration = Duration::from_millis(100);

/// A Hub by https, and a slow line to it.
struct Scene {
    server: Loopback,
    relay: Relay,
    options: Options,
}

/// What both clients do.
trait Client {
    fn login(&self, account: &Account) -> LoginOutcome;
    fn answer(&self, login: LoginOutcome, code: Code) -> LoginOutcome;
}

impl Scene {
    fn new(narrow: fn(Server) -> Server) -> Scene {
        let authority = Authority::new().unwrap();
        let tls = narrow(Server::new(&authority.issue(&["localhost"]).unwrap()));
        let server = Loopback::start_tls(SimHub::demo(), tls).unwrap();
        let relay = Relay::start(server.address(), DELAY).unwrap();
        let url = format!("https://localhost:{}", relay.address().port()).parse().unwrap();
        let trust = Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap();
        let long = Duration::from_secs(30);
        let options = Options::new().base(url).trust(trust).no_proxy().timeout(long).connect_timeout(long);
        Scene { server, relay, options }
    }

    /// The round trips of one thing.
    fn count<T>(&self, what: impl FnOnce() -> T) -> (usize, T) {
        let before = self.relay.round_trips();
        let came = what();
        (self.relay.round_trips() - before, came)
    }

    fn code(&self) -> Code {
        Code::new(&self.server.code(demo::USER).unwrap()).unwrap()
    }
}

fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

/// A cold login, with and without a second factor; `handshake` is what TLS takes.
fn check<C: Client>(name: &str, narrow: fn(Server) -> Server, handshake: usize, client: impl Fn(Options) -> C) {
    let cold = 1 + handshake + 1;
    let scene = Scene::new(narrow);
    let own = client(scene.options.clone());
    let (login, _) = scene.count(|| own.login(&bob()));
    assert_eq!(login, cold, "{name}");

    let scene = Scene::new(narrow);
    let own = client(scene.options.clone());
    let (first, challenge) = scene.count(|| own.login(&alice()));
    let (second, granted) = scene.count(|| own.answer(challenge, scene.code()));
    assert!(matches!(granted, LoginOutcome::Done(_)));
    assert_eq!((first, second), (cold, 1), "{name}");

    println!("{name}: cold {cold}, with a second factor {}", cold + 1);
}

struct Hyper {
    client: hub_auth_hyper::Client,
    runtime: tokio::runtime::Runtime,
}

impl Hyper {
    fn new(options: Options) -> Hyper {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Hyper { client: hub_auth_hyper::Client::new(options).unwrap(), runtime }
    }
}

impl Client for Hyper {
    fn login(&self, account: &Account) -> LoginOutcome {
        self.runtime.block_on(self.client.login(account)).unwrap()
    }

    fn answer(&self, login: LoginOutcome, code: Code) -> LoginOutcome {
        let LoginOutcome::NeedCode(challenge) = login else { panic!("no code was asked for") };
        self.runtime.block_on(self.client.answer(challenge, code)).unwrap()
    }
}

impl Client for hub_auth_blocking::Client {
    fn login(&self, account: &Account) -> LoginOutcome {
        self.login(account).unwrap()
    }

    fn answer(&self, login: LoginOutcome, code: Code) -> LoginOutcome {
        let LoginOutcome::NeedCode(challenge) = login else { panic!("no code was asked for") };
        self.answer(challenge, code).unwrap()
    }
}

fn blocking(options: Options) -> hub_auth_blocking::Client {
    hub_auth_blocking::Client::new(options).unwrap()
}

#[test]
fn hyper_over_tls_1_3() {
    check("hyper, TLS 1.3", Server::only_tls13, 1, Hyper::new);
}

#[test]
fn hyper_over_tls_1_2() {
    check("hyper, TLS 1.2", Server::only_tls12, 2, Hyper::new);
}

#[test]
fn blocking_over_tls_1_3() {
    check("blocking, TLS 1.3", Server::only_tls13, 1, blocking);
}

#[test]
fn blocking_over_tls_1_2() {
    check("blocking, TLS 1.2", Server::only_tls12, 2, blocking);
}
