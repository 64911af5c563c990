//! The simulated Hub on a socket: framing, kept connections, the record of requests, refusals and faults.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use hub_auth_core::UnixTime;
use hub_auth_testkit::{Fault, demo};

use crate::{exactly, login, read, send, start, until_close};

#[test]
fn one_connection_serves_requests_sent_one_by_one_and_together() {
    let server = start();
    let mut stream = send(server.address(), login(""));
    let (head, body) = read(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("connection:"), "{head}");
    assert!(body.starts_with(br#"{"token":""#));
    stream.write_all([login(""), login("")].concat().as_bytes()).unwrap();
    for _ in 0..2 {
        assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.requests().iter().map(|request| request.connection).collect::<Vec<_>>(), [0, 0, 0]);
}

#[test]
fn the_record_holds_a_request_as_it_came() {
    let server = start();
    let sent = login("X-ODD: 1\r\nx-odd:2\r\nconnection: close\r\n");
    until_close(&server, &sent);
    let recorded = server.requests().pop().unwrap();
    assert_eq!((recorded.method.as_str(), recorded.target.as_str()), ("POST", "/v2/users/login"));
    let names: Vec<_> = recorded.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Host", "Content-Type", "Content-Length", "X-ODD", "x-odd", "connection"]);
    assert_eq!(recorded.header("x-odd"), Some("1"));
    assert_eq!([&*recorded.head, &*recorded.body].concat(), sent.as_bytes());
    let shown = format!("{recorded:?}");
    assert!(shown.contains("/v2/users/login") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(server.hub().seen().len(), 1);
}

#[test]
fn the_connection_closes_if_either_side_says_so() {
    let server = start();
    let asked = until_close(&server, &login("Connection: Close\r\n"));
    assert!(asked.starts_with("HTTP/1.1 200") && asked.contains("\r\nconnection: close\r\n"));
    assert!(until_close(&server, &login("").replace("HTTP/1.1", "HTTP/1.0")).starts_with("HTTP/1.1 200"));
    server.hub().script(Fault::Headers([(CONNECTION, HeaderValue::from_static("close"))].into_iter().collect()));
    assert!(until_close(&server, &login("")).starts_with("HTTP/1.1 200"));
}

#[test]
fn an_improper_request_is_refused_and_its_connection_closed() {
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
    let request = login("Expect: 100-continue\r\n");
    let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    let mut stream = send(server.address(), head);
    assert_eq!(&exactly::<25>(&mut stream), b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert!(read(&mut stream).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn the_clock_moves_both_ways() {
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

/// Looks at all that a server sent.
type Check<'a> = &'a dyn Fn(&str) -> bool;

#[test]
fn a_fault_reaches_the_socket() {
    let raw = "HTTP/1.1 429 Too Many Requests\nRetry-After: 60\n\nToo Many Requests (HAP429).";
    let is_endless = |answer: &str| {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        body.len() == 100_000 && head.contains("connection: close") && !head.contains("content-length")
    };
    let is_cut = |answer: &str| answer.ends_with("\r\n\r\n{\"tok") && !answer.contains("content-length: 5\r\n");
    let is_whole = |answer: &str| answer.contains("\r\n\r\n{\"token\":\"") && answer.ends_with("\"}");
    let cases: [(Fault, Check<'_>); 7] = [
        (Fault::DropBefore, &str::is_empty),
        (Fault::DropAfter, &str::is_empty),
        (Fault::Raw(raw.into()), &|answer| answer == raw),
        (Fault::Truncate(5), &is_cut),
        (Fault::Drip(Duration::from_micros(10)), &is_whole),
        (Fault::Endless(3_000_000), &|answer| {
            answer.len() > 3_000_000 && answer.contains("content-length: 3000000\r\n")
        }),
        (Fault::EndlessUnannounced(100_000), &is_endless),
    ];
    for (fault, is_right) in cases {
        let (server, shown) = (start(), format!("{fault:?}"));
        server.hub().script(fault);
        let answer = until_close(&server, &login(""));
        assert!(is_right(&answer), "{shown}: {}", answer.get(..300).unwrap_or(&answer));
        assert_eq!(server.requests().len(), 1, "{shown}");
    }
}

/// One connection is idle, one stalled, one drips for hours, and one sends a gibibyte that nobody reads.
#[test]
fn dropping_the_server_ends_every_connection() {
    let server = start();
    let address = server.address();
    let mut idle = send(address, login(""));
    read(&mut idle);
    server.hub().script(Fault::Stall).script(Fault::Drip(Duration::from_secs(3600))).script(Fault::Endless(1 << 30));
    let mut busy = vec![idle];
    for number in 2..5 {
        busy.push(send(address, login("")));
        while server.requests().len() < number {
            std::thread::yield_now();
        }
    }
    drop(server);
    for mut stream in busy {
        // An end or a reset: either is over.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(TcpStream::connect(address).is_err());
}
