//! A scripted server, and addresses without a server.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hub_auth_testkit::wire::{Act, Nowhere, Wire};

use crate::{exactly, login, send};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// Sends a request on a new connection. Returns the bytes that come until the connection ends, and how it ends.
fn talk(server: &Wire, request: &str) -> (String, Result<(), ErrorKind>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut answer = Vec::new();
    // Either call may meet a reset first.
    let end = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer));
    (String::from_utf8(answer).unwrap(), end.map(drop).map_err(|error| error.kind()))
}

#[test]
fn each_connection_has_a_script_and_the_last_script_serves_the_rest() {
    let mut server = Wire::start(vec![
        vec![Act::Read, Act::write("one")],
        vec![Act::write("two")],
        vec![Act::Reset],
        vec![Act::Read, Act::Reset],
        vec![Act::Limit(3), Act::write("abcde"), Act::write("fg")],
        vec![Act::Read, Act::write(ANSWER), Act::Cut],
        vec![Act::Read, Act::Drip(ANSWER.into())],
    ])
    .unwrap();
    let reset = Err(ErrorKind::ConnectionReset);
    for (answer, end) in [
        ("one", Ok(())),
        ("two", Ok(())),
        ("", reset),
        ("", reset),
        ("abc", Ok(())),
        (ANSWER, Ok(())),
        (ANSWER, Ok(())),
        (ANSWER, Ok(())),
    ] {
        assert_eq!(talk(&server, &login("")), (answer.to_owned(), end));
    }
    server.stop();
    assert_eq!((server.connections(), server.closed()), (8, 8));
    // The server reads a request behind the end of its script as well.
    let mut connections: Vec<_> = server.requests().iter().map(|request| request.connection).collect();
    connections.sort_unstable();
    assert_eq!(connections, [0, 1, 3, 4, 5, 6, 7]);
}

#[test]
fn a_script_may_answer_a_part_of_a_request() {
    let server = Wire::start(vec![vec![Act::Peek(5), Act::write("a"), Act::Read, Act::write("b")]]).unwrap();
    let request = login("");
    let mut stream = send(server.address(), &request[..20]);
    assert_eq!((&exactly(&mut stream), server.requests().len()), (b"a", 0));
    stream.write_all(&request.as_bytes()[20..]).unwrap();
    assert_eq!((&exactly(&mut stream), server.requests().len()), (b"b", 1));
}

#[test]
fn stopping_ends_every_connection() {
    let mut server = Wire::start(vec![vec![Act::Stall], vec![Act::write(vec![0; 1 << 26])], vec![Act::Read]]).unwrap();
    let streams: Vec<_> = (0..3).map(|_| send(server.address(), "")).collect();
    while server.connections() < 3 {
        std::thread::yield_now();
    }
    server.stop();
    for mut stream in streams {
        // An end or a reset: either is over.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(TcpStream::connect(server.address()).is_err());
}

#[test]
fn an_address_without_a_server_refuses_or_stays_silent() {
    let refused = Nowhere::refused().unwrap();
    assert_eq!(TcpStream::connect(refused.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(refused.url().unwrap().port_u16(), Some(refused.address().port()));
    if cfg!(target_os = "linux") {
        let silent = Nowhere::silent().unwrap();
        let error = TcpStream::connect_timeout(&silent.address(), Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
