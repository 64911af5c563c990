//! A connection opened ahead, connections that are kept, and how they end.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::net::TcpListener;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use common::{alice, bob, both, client, once, plain};
use hub_auth_blocking::core::sim::SimHub;
use hub_auth_blocking::core::{Broke, Policy, Sent};
use hub_auth_blocking::{Login, Options};
use hub_auth_testkit::wire::Nowhere;

#[test]
fn a_warm_connection_is_the_one_that_a_login_takes() {
    for scene in both(SimHub::demo) {
        for _ in 0..3 {
            scene.client.warm().unwrap();
        }
        scene.client.login_with(&alice(), |_| Some(scene.code())).unwrap();
        assert_eq!(scene.counts(), (1, 2));
        scene.client.warm().unwrap();
        assert_eq!(scene.counts(), (1, 2), "the login's own is warm");
    }
}

#[test]
fn a_warm_connection_that_was_closed_is_replaced() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client =
        client(once(Options::new().base(format!("http://{}", listener.local_addr().unwrap()).parse().unwrap())));
    client.warm().unwrap();
    drop(listener.accept().unwrap());
    client.warm().unwrap();
    let (second, _) = listener.accept().unwrap();
    client.warm().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "the second is still open");
    drop(second);
}

#[test]
fn warming_fails_as_connecting_does() {
    let nowhere = Nowhere::refused().unwrap();
    let broken = client(Options::new().base(nowhere.url().unwrap())).warm().unwrap_err();
    assert_eq!((broken.what, broken.sent), (Broke::Connect, Sent::No));
}

#[test]
fn nothing_goes_to_another_hub() {
    let (one, other) = (plain(SimHub::demo()), plain(SimHub::demo()));
    let policy = Policy::new(1).sends(std::num::NonZeroU8::MIN);
    let hub = hub_auth_blocking::core::Hub::new(other.server.url(), policy).unwrap();
    let failure = one.client.run(hub.login(&bob())).unwrap_err();
    assert_eq!(failure.broke(), Some((Broke::Connect, Sent::No)));
    assert_eq!((one.counts(), other.counts()), ((0, 0), (0, 0)));
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tls {
    use std::io::Read;
    use std::net::TcpStream;

    use hub_auth_blocking::Client;
    use hub_auth_testkit::tls::Authority;

    use super::*;

    #[test]
    fn a_tls_connection_ends_with_a_goodbye() {
        for end in [drop as fn(Client), |client| client.shutdown()] {
            ends_with_a_goodbye(end);
        }
    }

    fn ends_with_a_goodbye(end: fn(Client)) {
        let authority = Authority::new().unwrap();
        let server =
            hub_auth_testkit::Loopback::start_tls(SimHub::demo(), &authority.issue(&["localhost"]).unwrap()).unwrap();
        let between = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("https://localhost:{}", between.local_addr().unwrap().port()).parse().unwrap();
        let to = server.address();
        let carrying = thread::spawn(move || {
            let (mut client, _) = between.accept().unwrap();
            let mut hub = TcpStream::connect(to).unwrap();
            let (mut back, mut there) = (hub.try_clone().unwrap(), client.try_clone().unwrap());
            let back = thread::spawn(move || std::io::copy(&mut back, &mut there));
            let mut sent = Vec::new();
            let mut piece = [0; 1024];
            while let Ok(n @ 1..) = client.read(&mut piece) {
                sent.extend_from_slice(&piece[..n]);
                std::io::Write::write_all(&mut hub, &piece[..n]).unwrap();
            }
            hub.shutdown(std::net::Shutdown::Both).unwrap();
            back.join().unwrap().ok();
            sent
        });
        let client = client(Options::new().base(base).trust(common::trusting(&authority)));
        assert!(matches!(client.login(&bob()).unwrap(), Login::Done(_)));
        end(client);
        let sent = carrying.join().unwrap();
        let mut records = Vec::new();
        let mut rest = &sent[..];
        while let [kind, 3, _, high, low, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            records.push((*kind, length));
            rest = &after[length..];
        }
        // In TLS 1.3 an alert looks like data, of two bytes, a type and a tag.
        assert_eq!(records.last(), Some(&(23, 2 + 1 + 16)), "{records:?}");
    }
}

#[test]
fn no_more_connections_than_callers_and_none_left_over() {
    const CALLERS: usize = 16;
    let scene = plain(SimHub::demo());
    let start = Barrier::new(CALLERS);
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..10 {
                    assert!(matches!(scene.client.login(&bob()).unwrap(), Login::Done(_)));
                }
            });
        }
    });
    let (connections, requests) = scene.counts();
    assert_eq!(requests, CALLERS * 10);
    assert!(connections <= CALLERS, "{connections}");
}

#[test]
fn addresses_are_tried_in_turn() {
    // `localhost` is often ::1 first, where nobody listens.
    let scene = plain(SimHub::demo());
    let base = format!("http://localhost:{}", scene.server.address().port()).parse().unwrap();
    let client = client(Options::new().base(base).connect_timeout(Duration::from_secs(30)));
    assert!(matches!(client.login(&bob()).unwrap(), Login::Done(_)));
}
