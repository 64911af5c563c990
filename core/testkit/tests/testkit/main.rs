//! The simulated Hub in memory and on a socket, the other servers, and the conformance suite on a client with flaws.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[cfg(feature = "conformance")]
mod conformance;
#[cfg(feature = "conformance")]
mod flawed;
mod hub;
mod proxies;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod wire;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use hub_auth_testkit::{Loopback, SimHub, demo};

fn start() -> Loopback {
    Loopback::start(SimHub::demo()).unwrap()
}

/// Returns the bytes of a login that succeeds at once, with these header lines added.
fn login(extra: &str) -> String {
    let body = format!(r#"{{"username":"{}","password":"{}"}}"#, demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA);
    let head = "POST /v2/users/login HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: ";
    format!("{head}{}\r\n{extra}\r\n{body}", body.len())
}

/// Connects and sends these bytes.
fn send(to: SocketAddr, bytes: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.write_all(bytes.as_ref()).unwrap();
    stream
}

/// Reads one answer: the head as text, and as much of the body as comes.
fn read(stream: &mut impl Read) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(exactly::<1>(stream)[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = Vec::new();
    // A TLS stream that ends without a goodbye fails after the bytes.
    let _ = stream.by_ref().take(length).read_to_end(&mut body);
    (head, body)
}

fn exactly<const N: usize>(stream: &mut impl Read) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Sends a request and reads until the server closes.
fn until_close(server: &Loopback, request: &str) -> String {
    let mut answer = String::new();
    send(server.address(), request).read_to_string(&mut answer).unwrap();
    answer
}
