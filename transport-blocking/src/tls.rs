//! TLS over a connection, agreed on before the connection is handed out: a handshake that fails precedes every byte of
//! a request.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;

use hub_auth_host::rustls::pki_types::ServerName;
use hub_auth_host::rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport, TransportAdapter};

/// A connection with TLS.
pub(crate) struct TlsTransport {
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    buffers: LazyBuffers,
}

/// Completes the handshake with the host of the request, in this time.
pub(crate) fn connect(
    config: Option<&Arc<ClientConfig>>,
    tcp: Box<dyn Transport>,
    details: &ConnectionDetails,
    timeout: NextTimeout,
) -> Result<TlsTransport, Error> {
    let config = config.ok_or(Error::TlsRequired)?;
    let host = details.uri.host().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(host.to_owned()).map_err(other)?;
    let conn = ClientConnection::new(Arc::clone(config), name).map_err(other)?;
    let mut stream = StreamOwned::new(conn, TransportAdapter::new(tcp, Arc::clone(&details.current_time)));
    stream.sock.set_timeout(timeout);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
    Ok(TlsTransport { stream, buffers })
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        self.stream.write_all(output)?;
        // Writing forgives an error until the next write, of which there may be none.
        Ok(self.stream.flush()?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Open, and silent at every layer: nothing decrypted, nothing undecrypted, nothing on the socket.
    fn is_open(&mut self) -> bool {
        let Ok(state) = self.stream.conn.process_new_packets() else { return false };
        let tcp = self.stream.sock.get_mut();
        state.plaintext_bytes_to_read() == 0
            && !state.peer_has_closed()
            && tcp.buffers().input().is_empty()
            && tcp.is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsTransport").field("tcp", &self.stream.sock.get_ref()).finish_non_exhaustive()
    }
}
