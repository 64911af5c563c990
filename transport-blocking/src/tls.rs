//! TLS over a stream, agreed on before the connection is handed out: a handshake that fails precedes every byte of a
//! request.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_auth_host::rustls::pki_types::ServerName;
use hub_auth_host::rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::stream::Stream;

/// How long a goodbye may take, if the peer's window is full.
const GOODBYE: Duration = Duration::from_millis(100);
/// How much a peer may say to TLS itself while nobody listens: a few tickets are 1 KiB. Nothing else would end the listening.
const SMALL_TALK: usize = 16 * 1024;

/// A stream with TLS over it. It ends with a goodbye, as far as the peer lets it.
pub(crate) struct Tls(StreamOwned<ClientConnection, Stream>);

impl Tls {
    /// Completes the handshake with this host, within the deadline of the stream.
    pub(crate) fn agree(config: &Arc<ClientConfig>, host: &str, below: Stream) -> io::Result<Stream> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let conn = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut tls = Tls(StreamOwned::new(conn, below));
        while tls.0.conn.is_handshaking() {
            tls.0.conn.complete_io(&mut tls.0.sock).map_err(|error| tls.why(error))?;
        }
        tls.flush()?;
        Ok(Stream::Tls(Box::new(tls)))
    }

    pub(crate) fn below(&mut self) -> &mut Stream {
        &mut self.0.sock
    }

    /// Open and silent. What the peer has said to TLS itself (tickets, say) is taken in first.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.take_in().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// A peer that has closed while we wrote has perhaps said why: that it will not have our certificate.
    fn why(&mut self, error: io::Error) -> io::Error {
        match self.take_in() {
            Err(why) if why.kind() == ErrorKind::InvalidData => why,
            _ => error,
        }
    }

    /// Reads what is there, without waiting. The error is what comes after it; data of the peer's end it as well, and too
    /// much of whatever it says.
    fn take_in(&mut self) -> io::Result<()> {
        let StreamOwned { conn, sock } = &mut self.0;
        sock.hurry(|sock| {
            let mut taken = 0;
            loop {
                let state =
                    conn.process_new_packets().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
                if state.plaintext_bytes_to_read() > 0 || state.peer_has_closed() || taken > SMALL_TALK {
                    return Ok(());
                }
                match conn.read_tls(sock)? {
                    0 => return Ok(()),
                    more => taken += more,
                }
            }
        })
    }
}

impl Read for Tls {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Tls {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.0.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(|error| self.why(error))
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        self.0.conn.send_close_notify();
        self.0.sock.set_deadline(Instant::now().checked_add(GOODBYE));
        // Nobody is left to tell of an error.
        drop(self.0.flush());
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.0.sock).finish()
    }
}

#[cfg(all(test, any(feature = "aws-lc-rs", feature = "ring")))]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::channel;

    use hub_auth_host::rustls::pki_types::pem::PemObject;
    use hub_auth_host::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use hub_auth_host::rustls::{ServerConfig, ServerConnection};
    use hub_auth_host::{Options, TlsFault, Trust};
    use hub_auth_testkit::Loopback;
    use hub_auth_testkit::hub::SimHub;
    use hub_auth_testkit::tls::{Authority, Server};

    #[test]
    fn a_refusal_is_found_when_writing_fails() {
        let (authority, clients) = (Authority::new().unwrap(), Authority::new().unwrap());
        let tls = Server::new(&authority.issue(&["localhost"]).unwrap()).only_tls13().only_clients_of(&clients);
        let server = Loopback::start_tls(SimHub::demo(), tls).unwrap();
        let trust = Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap();
        let config = Options::new().base(server.url()).trust(trust).build().unwrap().tls.unwrap();
        let socket = Arc::new(TcpStream::connect(server.address()).unwrap());
        let mut stream = Tls::agree(&config, "localhost", Stream::tcp(Arc::clone(&socket))).unwrap();
        // It has said why, and is gone.
        socket.peek(&mut [0]).unwrap();
        drop(server);
        let error = loop {
            if let Err(error) = stream.write_all(b"x").and_then(|()| stream.flush()) {
                break error;
            }
            std::thread::yield_now();
        };
        assert_eq!(TlsFault::find(&error), Some(TlsFault::ClientCertificate), "{error:?}");
    }

    #[test]
    fn a_peer_that_does_not_fall_silent_is_not_idle() {
        let authority = Authority::new().unwrap();
        let identity = authority.issue(&["localhost"]).unwrap().pem();
        let trust = Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap();
        let config = Options::new().no_proxy().trust(trust).build().unwrap().tls.unwrap();
        let server = ServerConfig::builder_with_provider(Arc::clone(config.crypto_provider()));
        let server = server.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let chain = vec![CertificateDer::from_pem_slice(identity.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(identity.as_bytes()).unwrap();
        let mut server = server.with_single_cert(chain, key).unwrap();
        // 64 KiB of them and more.
        server.send_tls13_tickets = 500;

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (told, tells) = channel();
        std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut conn = ServerConnection::new(Arc::new(server)).unwrap();
            while conn.is_handshaking() {
                conn.complete_io(&mut socket).unwrap();
            }
            let mut tickets = Vec::new();
            while conn.wants_write() {
                conn.write_tls(&mut tickets).unwrap();
            }
            socket.write_all(&tickets).unwrap();
            told.send(socket).unwrap();
        });
        let socket = Arc::new(TcpStream::connect(address).unwrap());
        let mut stream = Tls::agree(&config, "localhost", Stream::tcp(socket)).unwrap();
        let _open = tells.recv().unwrap();
        assert!(!stream.is_idle());
    }
}
