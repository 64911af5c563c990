//! Carries bytes between two sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

/// Carries bytes both ways until both sides have ended. Calls `up` before each piece of the client and `down` before each
/// piece of the server. If a call returns false, its direction ends.
pub(crate) fn join(
    client: &TcpStream,
    server: &TcpStream,
    up: impl FnMut() -> bool + Send,
    down: impl FnMut() -> bool + Send,
) {
    thread::scope(|scope| {
        scope.spawn(|| carry(client, server, up));
        carry(server, client, down);
    });
}

fn carry(mut from: &TcpStream, mut to: &TcpStream, mut before: impl FnMut() -> bool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !before() || to.write_all(buffer.get(..read).unwrap_or_default()).is_err() {
            break;
        }
    }
    // Both fail where the connection has ended already.
    let _ = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
}
