//! One connection, from the first request to the last.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use http::{Method, Version};

use crate::answer::{self, Then};
use crate::control;
use crate::request::{Arrival, Reader};
use crate::shared::{Shared, lock};

/// The time to wait for the peer to close after us: a socket that is closed earlier may lose the last answer.
const LINGER: Duration = Duration::from_secs(1);

/// Answers requests on this stream until it ends.
pub(crate) fn serve<S: Read + Write>(stream: &mut S, connection: usize, shared: &Shared) -> io::Result<Then> {
    let mut reader = Reader::default();
    loop {
        let (recorded, request) = match reader.next(stream, connection)? {
            Arrival::Request(recorded, request) => (recorded, request),
            Arrival::Refused(status) => return answer::refuse(stream, status).map(|()| Then::Close),
            Arrival::End => return Ok(Then::Close),
        };
        let outcome = control::answer(&request, shared).unwrap_or_else(|| {
            lock(&shared.requests).push(recorded);
            lock(&shared.hub).handle(&request, shared.now())
        });
        let unread = request.headers().contains_key(http::header::TRANSFER_ENCODING);
        let keep = !unread && request.version() == Version::HTTP_11 && !answer::says_close(request.headers());
        let bodiless = request.method() == Method::HEAD;
        match answer::write(stream, &outcome, keep, bodiless, &shared.stop)? {
            Then::Next => {}
            end => return Ok(end),
        }
    }
}

/// Takes everything in and says nothing, until the peer closes.
pub(crate) fn ignore(mut socket: &TcpStream) {
    let _ = io::copy(&mut socket, &mut io::sink());
}

/// Closes our half, then waits a moment for the peer's.
pub(crate) fn close(socket: &TcpStream) {
    if socket.shutdown(Shutdown::Write).is_ok() && socket.set_read_timeout(Some(LINGER)).is_ok() {
        ignore(socket);
    }
}
