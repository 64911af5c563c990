//! Serves one connection, from the first request to the last.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use http::{Method, Version};

use crate::answer::{self, Then};
use crate::control;
use crate::request::{Arrival, Reader};
use crate::shared::{Shared, lock};
use crate::stream::Stream;

/// Bounds the wait until the peer closes: a socket that we close earlier may lose the last answer.
const LINGER: Duration = Duration::from_secs(1);

/// Answers requests on this stream until it ends.
pub(crate) fn serve(stream: &mut Stream<'_>, connection: usize, shared: &Shared) -> io::Result<()> {
    let mut reader = Reader::default();
    loop {
        let (recorded, request) = match reader.next(stream, connection)? {
            Arrival::Request(recorded, request) => (recorded, request),
            Arrival::Refused(status) => {
                answer::refuse(stream, status)?;
                return stream.goodbye();
            }
            Arrival::End => return stream.goodbye(),
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
            Then::Close => return stream.goodbye(),
            Then::Cut => return Ok(()),
        }
    }
}

/// Closes our half, then waits a moment until the peer closes its half.
pub(crate) fn close(mut socket: &TcpStream) {
    if socket.shutdown(Shutdown::Write).is_ok() && socket.set_read_timeout(Some(LINGER)).is_ok() {
        let _ = io::copy(&mut socket, &mut io::sink());
    }
}
