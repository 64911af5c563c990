//! A Hub that knows everybody and keeps nothing, so that no memory in use is its own. Each user has a second factor.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use hub_auth_core::http::Uri;

/// Ends a test that hangs.
const GUARD: Duration = Duration::from_secs(60);
/// So many requests of each connection are answered once they have come on all: every client has a connection of its own.
const IN_STEP: usize = 12;

pub(crate) struct Hub {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    count: Mutex<Count>,
    changed: Condvar,
    at_a_time: usize,
}

#[derive(Clone, Copy, Default)]
struct Count {
    accepted: usize,
    open: usize,
    met: usize,
    logins: usize,
    /// Requests that were answered, and of which nothing is kept.
    over: usize,
}

impl Hub {
    /// A Hub for so many clients at a time. Its threads end with their connections.
    pub(crate) fn start(at_a_time: usize) -> Hub {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { count: Mutex::default(), changed: Condvar::new(), at_a_time });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&of_thread);
                shared.change(|count| (count.accepted, count.open) = (count.accepted + 1, count.open + 1));
                thread::spawn(move || {
                    shared.serve(&stream.unwrap());
                    shared.change(|count| count.open -= 1);
                });
            }
        });
        Hub { address, shared }
    }

    pub(crate) fn url(&self) -> Uri {
        format!("http://{}", self.address).parse().unwrap()
    }

    pub(crate) fn token(user: &str) -> String {
        // As long as the Hub's.
        format!("token.{user}.{:s<1500}", "signature")
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.shared.count.lock().unwrap().accepted
    }

    /// How many tokens were given.
    pub(crate) fn logins(&self) -> usize {
        self.shared.count.lock().unwrap().logins
    }

    /// Waits until nothing is kept of so many requests: the client has its answer a little earlier.
    pub(crate) fn until_over(&self, requests: usize) {
        let count = self.shared.count.lock().unwrap();
        let waited = self.shared.changed.wait_timeout_while(count, GUARD, |count| count.over < requests).unwrap();
        assert!(!waited.1.timed_out(), "{} of {requests} requests are over", waited.0.over);
    }

    pub(crate) fn until_all_are_closed(&self) {
        let count = self.shared.count.lock().unwrap();
        let waited = self.shared.changed.wait_timeout_while(count, GUARD, |count| count.open > 0).unwrap();
        assert!(!waited.1.timed_out(), "{} connections are open still", waited.0.open);
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Count)) {
        change(&mut self.count.lock().unwrap());
        self.changed.notify_all();
    }

    /// Waits until as many have come here as there are clients.
    fn meet(&self) {
        let mut count = self.count.lock().unwrap();
        let all = (count.met / self.at_a_time + 1) * self.at_a_time;
        count.met += 1;
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(count, GUARD, |count| count.met < all).unwrap();
        assert!(!waited.1.timed_out(), "there were fewer connections than clients");
    }

    fn serve(&self, stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream);
        for nth in 0.. {
            let Some(request) = request(&mut reader) else { return };
            if nth < IN_STEP {
                self.meet();
            }
            self.answer(stream, request);
            self.change(|count| count.over += 1);
        }
    }

    fn answer(&self, mut stream: &TcpStream, (target, body): (String, Vec<u8>)) {
        let (status, body) = if target == "/v2/users/login" {
            let ticket = text(&body, "username");
            ("401 Unauthorized", format!(r#"{{"detail":"..","login_2fa_token":"{ticket}"}}"#))
        } else {
            self.change(|count| count.logins += 1);
            ("200 OK", format!(r#"{{"token":"{}"}}"#, Hub::token(&text(&body, "login_2fa_token"))))
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    }
}

/// Target and body of the next request; nothing at the end.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line == "\r\n" {
            break;
        }
        lines.push(line.to_ascii_lowercase());
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((lines[0].split(' ').nth(1)?.to_owned(), body))
}

fn text(body: &[u8], field: &str) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap();
    json[field].as_str().unwrap().to_owned()
}
