//! A client that hides nothing: bytes out, bytes in.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{Read, Write};
use std::net::TcpStream;

use hub_auth_testkit::{Loopback, SimHub, demo};

pub(crate) fn start() -> Loopback {
    Loopback::start(SimHub::demo()).unwrap()
}

/// The bytes of a login that succeeds at once, with one more header line if there is one.
pub(crate) fn login(extra: &str) -> String {
    let body = format!(r#"{{"username":"{}","password":"{}"}}"#, demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
    let head = "POST /v2/users/login HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: ";
    format!("{head}{}\r\n{extra}\r\n{body}", body.len())
}

/// One answer: the head as text, and the body by its Content-Length, or what there is of it.
pub(crate) fn read<S: Read>(stream: &mut S) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = Vec::new();
    // A TLS stream that ends without a goodbye is an error, after the bytes.
    let _ = stream.by_ref().take(length).read_to_end(&mut body);
    (head, body)
}

/// Sends and reads the whole of what comes until the server closes.
pub(crate) fn until_close(server: &Loopback, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}
