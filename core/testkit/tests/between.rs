//! The relay and the proxies.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::{login, read, start};
use hub_auth_testkit::{LoopbackProxy, Relay};

const GUARD: Duration = Duration::from_secs(60);

#[test]
fn a_relay_counts_turns_and_not_pieces() {
    let server = start();
    let relay = Relay::start(server.address(), Duration::from_millis(50)).unwrap();
    let mut stream = TcpStream::connect(relay.address()).unwrap();
    stream.set_nodelay(true).unwrap();
    assert!(relay.wait_for(1, GUARD), "the opening");
    for trip in 2..4 {
        for piece in login("").as_bytes().chunks(100) {
            stream.write_all(piece).unwrap();
        }
        assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
        assert_eq!(relay.round_trips(), trip);
    }
    assert!(!relay.wait_for(4, Duration::ZERO));
    assert_eq!((relay.connections(), server.connections()), (1, 1));
}

#[test]
fn dropping_a_relay_or_a_proxy_ends_what_goes_through_it() {
    let server = start();
    let relay = Relay::start(server.address(), Duration::from_secs(3600)).unwrap();
    let proxy = LoopbackProxy::http(server.address(), None).unwrap();
    let mut delayed = TcpStream::connect(relay.address()).unwrap();
    delayed.write_all(login("").as_bytes()).unwrap();
    let mut tunneled = ask(&proxy, "CONNECT a:1 HTTP/1.1\r\n\r\n", "200");
    drop((relay, proxy));
    let _ = delayed.read_to_end(&mut Vec::new());
    let _ = tunneled.read_to_end(&mut Vec::new());
    assert!(server.requests().is_empty());
}

/// Sends a head to a proxy and reads the head of its answer.
fn ask(proxy: &LoopbackProxy, head: &str, status: &str) -> TcpStream {
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(format!("HTTP/1.1 {status} ").as_bytes()));
    stream
}

#[test]
fn connect_opens_a_tunnel_to_those_who_may() {
    let server = start();
    let open = LoopbackProxy::http(server.address(), None).unwrap();
    let mut stream = ask(&open, "CONNECT hub.test:443 HTTP/1.1\r\nHost: hub.test:443\r\n\r\n", "200");
    stream.write_all(login("").as_bytes()).unwrap();
    assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
    assert_eq!(open.url(), format!("http://{}", open.address()));
    assert_eq!((&*open.asked()[0].target, open.asked()[0].granted), ("hub.test:443", true));

    let closed = LoopbackProxy::http(server.address(), Some(("user", "canary"))).unwrap();
    ask(&closed, "CONNECT hub.test:443 HTTP/1.1\r\n\r\n", "407");
    ask(&closed, "CONNECT hub.test:443 HTTP/1.1\r\nproxy-authorization: Basic dXNlcjp3cm9uZw==\r\n\r\n", "407");
    ask(&closed, "CONNECT hub.test:443 HTTP/1.1\r\nproxy-authorization: Basic dXNlcjpjYW5hcnk=\r\n\r\n", "200");
    ask(&closed, "GET http://hub.test/ HTTP/1.1\r\n\r\n", "405");
    let asked = closed.asked();
    assert_eq!(asked.iter().map(|one| one.granted).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(asked[2].credentials, Some(("user".to_owned(), "canary".to_owned())));
    assert!(!format!("{closed:?}").contains("canary"));
}

#[test]
fn socks5_opens_a_tunnel_to_those_who_may() {
    let server = start();
    let open = LoopbackProxy::socks5(server.address(), None).unwrap();
    let mut stream = TcpStream::connect(open.address()).unwrap();
    stream.write_all(b"\x05\x01\x00\x05\x01\x00\x03\x08hub.test\x01\xbb").unwrap();
    assert_eq!(exactly::<12>(&mut stream), *b"\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0");
    stream.write_all(login("").as_bytes()).unwrap();
    assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
    assert_eq!(open.asked()[0].target, "hub.test:443");

    let closed = LoopbackProxy::socks5(server.address(), Some(("user", "pass"))).unwrap();
    for (sent, answered) in [
        (&b"\x05\x01\x00"[..], &b"\x05\xff"[..]),
        (b"\x05\x01\x02\x01\x04user\x05wrong", b"\x05\x02\x01\x01"),
        (
            b"\x05\x01\x02\x01\x04user\x04pass\x05\x01\x00\x01\x7f\0\0\x01\0\x50",
            b"\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0",
        ),
    ] {
        let mut stream = TcpStream::connect(closed.address()).unwrap();
        stream.write_all(sent).unwrap();
        let mut answer = vec![0; answered.len()];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, answered);
    }
    let asked = closed.asked();
    assert_eq!(asked.iter().map(|one| one.granted).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(asked[2].target, "127.0.0.1:80");
}

fn exactly<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}
