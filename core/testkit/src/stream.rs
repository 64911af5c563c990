//! Reads and writes one connection of a server: its socket, or TLS around it.
#![cfg_attr(not(feature = "tls"), expect(clippy::unnecessary_wraps, reason = "only TLS fails"))]

use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;

use http::Uri;

/// The TLS settings of a server. Without the feature `tls` nobody can make them.
#[derive(Clone)]
pub(crate) struct Tls(
    #[cfg(feature = "tls")] pub(crate) std::sync::Arc<rustls::ServerConfig>,
    #[cfg(not(feature = "tls"))] std::convert::Infallible,
);

pub(crate) enum Stream<'a> {
    Plain(Gate<'a>),
    #[cfg(feature = "tls")]
    Tls(Box<rustls::StreamOwned<rustls::ServerConnection, Gate<'a>>>),
}

/// Writes to the socket as many bytes as there is room for, and drops the rest.
pub(crate) struct Gate<'a> {
    pub(crate) socket: &'a TcpStream,
    pub(crate) room: usize,
}

/// Returns the base URL of a server: `localhost` with TLS, since certificates name it.
pub(crate) fn url(is_tls: bool, port: u16) -> io::Result<Uri> {
    let origin = if is_tls { "https://localhost" } else { "http://127.0.0.1" };
    format!("{origin}:{port}").parse().map_err(io::Error::other)
}

impl<'a> Stream<'a> {
    pub(crate) fn open(socket: &'a TcpStream, tls: Option<&Tls>) -> io::Result<Stream<'a>> {
        let gate = Gate { socket, room: usize::MAX };
        match tls {
            None => Ok(Stream::Plain(gate)),
            #[cfg(feature = "tls")]
            Some(Tls(config)) => {
                let tls = rustls::ServerConnection::new(config.clone()).map_err(io::Error::other)?;
                Ok(Stream::Tls(Box::new(rustls::StreamOwned::new(tls, gate))))
            }
            #[cfg(not(feature = "tls"))]
            Some(Tls(never)) => match *never {},
        }
    }

    /// Returns the socket beneath TLS.
    pub(crate) fn gate(&mut self) -> &mut Gate<'a> {
        match self {
            Stream::Plain(gate) => gate,
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => &mut tls.sock,
        }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        match self {
            Stream::Plain(_) => false,
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.conn.is_handshaking(),
        }
    }

    /// Sends the `close_notify` of TLS, once the handshake is over.
    pub(crate) fn goodbye(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => Ok(()),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) if tls.conn.is_handshaking() => Ok(()),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => {
                tls.conn.send_close_notify();
                tls.flush()
            }
        }
    }

    /// Sends these bytes at once, so that a small answer is one packet.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.flush()
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(gate) => gate.read(buffer),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(gate) => gate.write(bytes),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => Ok(()),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.flush(),
        }
    }
}

impl Read for Gate<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer)
    }
}

impl Write for Gate<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = bytes.get(..self.room).unwrap_or(bytes);
        self.socket.write_all(out)?;
        self.room -= out.len();
        Ok(bytes.len())
    }

    /// Sends all records of TLS at once: a client may answer the first of several pieces, and that is a round trip more.
    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write(&pieces.iter().flat_map(|piece| piece.iter().copied()).collect::<Vec<_>>())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
