//! HTTP/1.1 in the clear: framing, keep-alive, what is recorded, what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use common::{login, read, start, until_close};
use http::header::{CONNECTION, HeaderValue};
use hub_auth_core::UnixTime;
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};

#[test]
fn two_requests_on_one_connection() {
    let server = start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    for _ in 0..2 {
        stream.write_all(login("").as_bytes()).unwrap();
        let (head, body) = read(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("connection:"), "{head}");
        assert!(body.starts_with(br#"{"token":""#));
    }
    assert_eq!(server.connections(), 1);
    let connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0]);
}

#[test]
fn two_requests_sent_at_once_are_two_requests() {
    let server = start();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all([login(""), login("")].concat().as_bytes()).unwrap();
    assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
    assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn a_request_is_recorded_as_it_came() {
    let server = start();
    until_close(&server, &login("X-ODD: 1\r\nx-odd:2\r\nconnection: close\r\n"));
    let recorded = server.requests().pop().unwrap();
    assert_eq!((recorded.method.as_str(), recorded.target.as_str()), ("POST", "/v2/users/login"));
    let names: Vec<_> = recorded.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Host", "Content-Type", "Content-Length", "X-ODD", "x-odd", "connection"]);
    assert_eq!(recorded.header("x-odd"), Some("1"));
    assert_eq!(
        [recorded.head.as_slice(), recorded.body.as_slice()].concat(),
        login("X-ODD: 1\r\nx-odd:2\r\nconnection: close\r\n").as_bytes()
    );
    let shown = format!("{recorded:?}");
    assert!(shown.contains("/v2/users/login") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(server.hub().seen().len(), 1);
}

#[test]
fn the_connection_closes_when_asked_to() {
    let server = start();
    let asked = until_close(&server, &login("Connection: Close\r\n"));
    assert!(asked.starts_with("HTTP/1.1 200") && asked.contains("\r\nconnection: close\r\n"));
    let old = until_close(&server, &login("").replace("HTTP/1.1", "HTTP/1.0"));
    assert!(old.starts_with("HTTP/1.1 200"));
    server.hub().script(Fault::Headers([(CONNECTION, HeaderValue::from_static("close"))].into_iter().collect()));
    assert!(until_close(&server, &login("")).starts_with("HTTP/1.1 200"));
}

#[test]
fn what_is_no_proper_request_is_refused_and_the_connection_closed() {
    let server = start();
    let head = "POST /v2/users/login HTTP/1.1\r\nContent-Type: application/json\r\n";
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400"),
        (format!("{head}Content-Length: x\r\n\r\n"), "400"),
        (format!("{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"), "400"),
        (format!("{head}Content-Length: 1048577\r\n\r\n"), "413"),
        // Refused before the body is read, which must not cost the client the answer.
        (format!("{head}Content-Length: 16777216\r\n\r\n{}", "x".repeat(16 << 20)), "413"),
        (format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"), "400"),
        (format!("{head}X: {}\r\n\r\n", "x".repeat(70_000)), "431"),
        (format!("{head}Connection: close\r\n\r\n"), "400"),
    ] {
        let answer = until_close(&server, &request);
        assert_eq!(answer.get(9..12), Some(status), "{}", request.get(..60).unwrap_or(&request));
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
}

#[test]
fn a_client_that_waits_for_100_is_told_to_go_on() {
    let server = start();
    let request = login("Expect: 100-continue\r\nConnection: close\r\n");
    let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn the_clock_can_be_moved_both_ways() {
    let server = start();
    let before = server.now();
    server.advance(Duration::from_secs(3600));
    assert!(server.now() >= before + Duration::from_secs(3600));
    server.set_now(UnixTime::from_secs(1_700_000_000));
    assert!(server.now() >= UnixTime::from_secs(1_700_000_000) && server.now() < before);
    let answer = until_close(&server, &login("Connection: close\r\n"));
    assert!(answer.contains("\r\ndate: Tue, 14 Nov 2023 22:1"), "{answer}");
    assert_eq!(server.code(demo::USER).unwrap().len(), 6);
    assert_eq!(server.code(demo::USER_WITHOUT_2FA), None);
}

#[test]
fn a_panic_under_the_guard_does_not_end_the_server() {
    let server = Loopback::start(SimHub::new()).unwrap();
    let panicked = std::thread::scope(|scope| {
        let held = || {
            let _hub = server.hub();
            std::panic::resume_unwind(Box::new("on purpose"));
        };
        scope.spawn(held).join()
    });
    assert!(panicked.is_err());
    assert!(until_close(&server, &login("Connection: close\r\n")).starts_with("HTTP/1.1 401"));
}
