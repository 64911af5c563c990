//! From a name to addresses.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread;

use tokio::sync::oneshot;

/// Names to addresses: the system's way, or a test's.
pub(crate) type LookUp = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// As the system does it.
pub(crate) fn by_system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// The addresses of this name, at least one.
///
/// In a thread of its own, since the system has no way to give a look-up up: one of tokio's would be waited for when the
/// runtime is dropped. Where nobody waits any more, the thread ends by itself.
pub(crate) async fn look_up(by: LookUp, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let name = host.to_owned();
    let (sender, done) = oneshot::channel();
    thread::Builder::new().name("hub-auth-lookup".into()).spawn(move || drop(sender.send(by(&name, port))))?;
    let found = done.await.map_err(io::Error::other)??;
    if found.is_empty() {
        return Err(io::Error::new(ErrorKind::NotFound, "the name has no address"));
    }
    Ok(found)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A resolver that hangs.
    pub(crate) fn never(_: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        loop {
            thread::park();
        }
    }

    #[tokio::test]
    async fn a_name_has_addresses() {
        let found = look_up(by_system, "localhost", 80).await.unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 80), "{found:?}");
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_an_error() {
        let error = look_up(|_, _| Ok(Vec::new()), "hub.test", 443).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
