//! Speaks TLS for ureq. ureq's own takes the system's roots or others, never both, and no whole `ClientConfig`.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use hub_auth_host::rustls::pki_types::ServerName;
use hub_auth_host::rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport, TransportAdapter};

/// A TLS session over another transport.
pub(crate) struct Tls {
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    buffers: LazyBuffers,
}

impl Tls {
    /// Completes the handshake, within the time that `sock` has.
    pub(crate) fn agree(
        config: &Arc<ClientConfig>,
        host: &str,
        sock: TransportAdapter,
        buffers: LazyBuffers,
    ) -> io::Result<Tls> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let conn = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut tls = Tls { stream: StreamOwned::new(conn, sock), buffers };
        while tls.stream.conn.is_handshaking() {
            let done = tls.stream.conn.complete_io(&mut tls.stream.sock);
            done.map_err(|error| tls.why(error))?;
        }
        Ok(tls)
    }

    /// Returns the error to report. A peer that closed while we wrote may have said why: it refuses our certificate.
    fn why(&mut self, error: io::Error) -> io::Error {
        let StreamOwned { conn, sock } = &mut self.stream;
        // An error from elsewhere than the socket: a deadline, or rustls's own, after which there is nothing more to read.
        if error.get_ref().is_some() || conn.read_tls(sock).is_err() {
            return error;
        }
        conn.process_new_packets().err().map_or(error, io::Error::other)
    }
}

impl Transport for Tls {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        // rustls keeps an error of writing to itself until the next one, of which there may be none.
        let sent = self.stream.write_all(output).and_then(|()| self.stream.flush());
        Ok(sent.map_err(|error| self.why(error))?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.stream.sock.get_ref()).finish()
    }
}
