//! A server that follows a script, byte by byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use common::login;
use hub_auth_testkit::wire::{Act, Nowhere, Wire};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// No test waits for longer, whatever fails.
const GUARD: Duration = Duration::from_secs(10);

/// One connection on which a request is sent: all that comes until it ends, and how it ends.
fn talk(server: &Wire, request: &str) -> (String, Result<(), ErrorKind>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut answer = Vec::new();
    // Whichever meets a reset first.
    let end = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer));
    let end = end.map(drop).map_err(|error| error.kind());
    (String::from_utf8(answer).unwrap(), end)
}

#[test]
fn each_connection_has_its_script_and_the_last_one_is_for_the_rest() {
    let mut server =
        Wire::start(vec![vec![Act::Read, Act::write("one")], vec![Act::write("two")], vec![Act::Read]]).unwrap();
    assert_eq!(talk(&server, &login("")), ("one".to_owned(), Ok(())));
    assert_eq!(talk(&server, "half a requ"), ("two".to_owned(), Ok(())));
    assert_eq!(talk(&server, &login("")), (String::new(), Ok(())));
    assert_eq!(talk(&server, &login("")), (String::new(), Ok(())));
    server.stop();
    assert_eq!(server.connections(), 4);
    assert_eq!(server.requests().iter().map(|request| request.connection).collect::<Vec<_>>(), [0, 2, 3]);
    assert_eq!(server.received()[..2], [login("").into_bytes(), b"half a requ".to_vec()]);
}

#[test]
fn what_comes_after_the_end_is_read_as_well() {
    let mut server = Wire::start(vec![vec![Act::write("early")]]).unwrap();
    assert_eq!(talk(&server, &login("")).0, "early");
    server.stop();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn bytes_may_be_taken_and_a_part_of_a_request_waited_for() {
    let server =
        Wire::start(vec![vec![Act::Take(3), Act::Peek(5), Act::write("a"), Act::Read, Act::write("b")]]).unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let request = login("");
    let (head, rest) = request.split_at(20);
    stream.write_all(format!("abc{head}").as_bytes()).unwrap();
    let mut answer = [0];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!((&answer, server.requests().len()), (b"a", 0));
    stream.write_all(rest.as_bytes()).unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!((&answer, server.requests().len()), (b"b", 1));
}

#[test]
fn what_is_held_back_comes_when_it_is_released_or_never() {
    let (go, may_go) = mpsc::channel();
    let may_go = std::sync::Mutex::new(may_go);
    let wait = Act::call(move || may_go.lock().unwrap().recv_timeout(GUARD).unwrap_or_default());
    let server = Wire::start(vec![
        vec![Act::Hold(3), Act::write("abcde"), Act::write("fg"), wait, Act::Release, Act::write("h")],
        vec![Act::Hold(0), Act::Drip(b"abc".to_vec())],
    ])
    .unwrap();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).unwrap();
    stream.set_nonblocking(true).unwrap();
    assert_eq!((&answer, stream.read(&mut [0]).unwrap_err().kind()), (b"abc", ErrorKind::WouldBlock));
    stream.set_nonblocking(false).unwrap();
    go.send(()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "defgh");
    assert_eq!(talk(&server, "").0, "");
}

#[test]
fn a_reset_is_no_end() {
    let server = Wire::start(vec![
        vec![Act::Reset],
        vec![Act::Read, Act::Reset],
        vec![Act::Read, Act::write(ANSWER), Act::Cut],
        vec![Act::Read, Act::Drip(ANSWER.into())],
    ])
    .unwrap();
    for answer in ["", ""] {
        assert_eq!(talk(&server, &login("")), (answer.to_owned(), Err(ErrorKind::ConnectionReset)));
    }
    while server.closed() < 2 {
        std::thread::yield_now();
    }
    for answer in [ANSWER, ANSWER] {
        assert_eq!(talk(&server, &login("")), (answer.to_owned(), Ok(())));
    }
}

#[test]
fn stopping_ends_every_connection() {
    let mut server = Wire::start(vec![vec![Act::Stall], vec![Act::write(vec![0; 1 << 26])], vec![Act::Read]]).unwrap();
    let mut streams: Vec<_> = (0..3).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    while server.connections() < 3 {
        std::thread::yield_now();
    }
    server.stop();
    for stream in &mut streams {
        // Either an end or a reset: it is over.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert!(TcpStream::connect(server.address()).is_err());
}

#[test]
fn nobody_is_nowhere() {
    let refused = Nowhere::refused().unwrap();
    assert_eq!(TcpStream::connect(refused.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(refused.url().unwrap().port_u16(), Some(refused.address().port()));
    if cfg!(target_os = "linux") {
        let silent = Nowhere::silent().unwrap();
        let error = TcpStream::connect_timeout(&silent.address(), Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}

#[test]
fn acts_show_no_bytes() {
    let script =
        [Act::Read, Act::Take(1), Act::write("secret"), Act::Drip(vec![1]), Act::Raw(vec![2]), Act::Hold(3), Act::Cut];
    let shown = "[Read, Take(1), Write(6 bytes), Drip(1 bytes), Raw(1 bytes), Hold(3), Cut]";
    assert_eq!(format!("{script:?}"), shown);
}
