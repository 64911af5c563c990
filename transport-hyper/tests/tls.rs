//! Connections that are not made: no trust, no name, no handshake. Nothing is sent on any of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]

mod common;

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use common::{bob, chain, client, once, run, trusting};
use hub_auth_core::sim::SimHub;
use hub_auth_core::{Broke, Kind, Sent};
use hub_auth_hyper::{BuildError, Options, Trust};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::tls::Authority;

/// Long enough for a deadline to be one.
const SHORT: Duration = Duration::from_millis(200);

#[test]
fn a_certificate_can_be_wrong_in_three_ways() {
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let good = authority.issue(&["localhost"]).unwrap();
    let other_name = authority.issue(&["example.com"]).unwrap();
    let expired = authority.issue_expired(&["localhost"]).unwrap();
    for (identity, trusted) in [(good, &stranger), (other_name, &authority), (expired, &authority)] {
        let server = Loopback::start_tls(SimHub::demo(), &identity).unwrap();
        let client = client(once(Options::new()).base(server.url()).trust(trusting(trusted)));
        let failure = run(client.login(&bob())).unwrap_err();
        assert_eq!(failure.kind(), Kind::Transport);
        assert_eq!(failure.broke(), Some((Broke::Tls, Sent::No)));
        assert!(chain(&failure).contains("certificate"), "{}", chain(&failure));
        assert!(server.requests().is_empty());
    }
}

#[test]
fn a_server_without_tls_is_no_tls_server() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = thread::spawn(move || listener.accept().unwrap().0.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let authority = Authority::new().unwrap();
    let client = client(once(Options::new()).base(base).trust(trusting(&authority)));
    let failure = run(client.login(&bob())).unwrap_err();
    assert_eq!(failure.broke(), Some((Broke::Tls, Sent::No)));
    server.join().unwrap().unwrap();
}

#[test]
fn a_handshake_that_never_ends_is_too_late_whichever_deadline_is_first() {
    let authority = Authority::new().unwrap();
    let server = Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
    server.deaf(true);
    for options in [Options::new().connect_timeout(SHORT), Options::new().timeout(SHORT)] {
        let client = client(once(options).base(server.url()).trust(trusting(&authority)));
        let failure = run(client.login(&bob())).unwrap_err();
        assert_eq!(failure.kind(), Kind::TimedOut);
        assert_eq!(failure.broke(), Some((Broke::Timeout, Sent::No)));
    }
}

#[test]
fn an_unknown_host_is_not_found() {
    let authority = Authority::new().unwrap();
    let base = "https://hub-auth.invalid".parse().unwrap();
    let client = client(once(Options::new()).base(base).trust(trusting(&authority)));
    let failure = run(client.login(&bob())).unwrap_err();
    assert_eq!(failure.kind(), Kind::Transport);
    assert_eq!(failure.broke(), Some((Broke::Resolve, Sent::No)));
}

#[test]
fn without_roots_there_is_no_client() {
    let nobody = Options::new().base("https://localhost".parse().unwrap()).trust(Trust::none());
    let error = hub_auth_hyper::Client::new(nobody).unwrap_err();
    assert!(matches!(error, BuildError::NoRoots(_)), "{error:?}");
}
