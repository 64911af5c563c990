//! Faults on a real socket, and the end of the server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::{login, read, start, until_close};
use hub_auth_testkit::Fault;

#[test]
fn no_answer_at_all() {
    let server = start();
    server.hub().script(Fault::DropBefore).script(Fault::DropAfter);
    assert_eq!(until_close(&server, &login("")), "");
    assert_eq!(until_close(&server, &login("")), "");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn raw_bytes_are_sent_as_they_are() {
    let server = start();
    let raw = "HTTP/1.1 429 Too Many Requests\nRetry-After: 60\n\nToo Many Requests (HAP429).";
    server.hub().script(Fault::Raw(raw.into()));
    assert_eq!(until_close(&server, &login("")), raw);
}

#[test]
fn a_truncated_body_announces_its_whole_length() {
    let server = start();
    server.hub().script(Fault::Truncate(5));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(login("").as_bytes()).unwrap();
    let (head, body) = read(&mut stream);
    assert_eq!(body, br#"{"tok"#);
    assert!(!head.contains("content-length: 5\r\n"));
}

#[test]
fn a_dripped_body_is_the_whole_body() {
    let server = start();
    server.hub().script(Fault::Drip(Duration::from_micros(10)));
    let answer = until_close(&server, &login(""));
    assert!(answer.contains("\r\n\r\n{\"token\":\"") && answer.ends_with("\"}"));
}

#[test]
fn an_endless_body_is_as_long_as_it_says() {
    let server = start();
    server.hub().script(Fault::Endless(3_000_000));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(login("").as_bytes()).unwrap();
    let (_, body) = read(&mut stream);
    assert_eq!(body.len(), 3_000_000);
}

#[test]
fn an_endless_body_that_is_not_announced_ends_with_the_connection() {
    let server = start();
    server.hub().script(Fault::EndlessUnannounced(100_000));
    let answer = until_close(&server, &login(""));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.len(), 100_000);
    assert!(!head.to_ascii_lowercase().contains("content-length") && head.contains("connection: close"), "{head}");
}

#[test]
fn a_deaf_server_accepts_and_says_nothing() {
    let server = start();
    server.deaf(true);
    let mut ignored = TcpStream::connect(server.address()).unwrap();
    ignored.write_all(login("").as_bytes()).unwrap();
    while server.connections() == 0 {
        std::thread::yield_now();
    }
    server.deaf(false);
    assert!(until_close(&server, &login("Connection: close\r\n")).starts_with("HTTP/1.1 200"));
    ignored.set_nonblocking(true).unwrap();
    assert_eq!(ignored.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(server.requests().len(), 1);
}

/// The drop returns although four connections are busy: idle, stalled, dripping for hours, sending a gibibyte nobody
/// reads.
#[test]
fn dropping_the_server_ends_every_connection() {
    let server = start();
    let address = server.address();
    let open = || TcpStream::connect(address).unwrap();
    let mut idle = open();
    idle.write_all(login("").as_bytes()).unwrap();
    read(&mut idle);
    server.hub().script(Fault::Stall).script(Fault::Drip(Duration::from_secs(3600))).script(Fault::Endless(1 << 30));
    let mut busy = Vec::new();
    for number in 2..5 {
        let mut stream = open();
        stream.write_all(login("").as_bytes()).unwrap();
        busy.push(stream);
        while server.requests().len() < number {
            std::thread::yield_now();
        }
    }
    drop(server);
    for mut stream in busy.into_iter().chain([idle]) {
        // Either an end or a reset: it is over.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(TcpStream::connect(address).is_err());
}
