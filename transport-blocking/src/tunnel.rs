//! The conversation with a proxy, over a connection to it.

use std::io::{self, Read, Write};

use hub_auth_core::TransportErrorKind;
use hub_auth_host::{Proxy, ProxyError, TlsError, TlsFault};

use crate::broke::NotSent;
use crate::stream::Stream;

/// Has the proxy open a tunnel to this host. Then the stream is the host's.
pub(crate) fn open(proxy: &Proxy, host: &str, port: u16, stream: &mut Stream) -> Result<(), NotSent> {
    let refused = |error: ProxyError| NotSent::new(TransportErrorKind::Proxy, error);
    let lost = |error: io::Error| {
        // With TLS 1.3 it says only now that it wants a certificate of ours.
        let broken = match TlsFault::find(&error) {
            Some(_) => NotSent::new(TransportErrorKind::Tls, TlsError::of(error)),
            None => NotSent::by(TransportErrorKind::Proxy)(error),
        };
        broken.beneath(|cause| proxy.unreachable(cause))
    };
    let mut tunnel = proxy.tunnel(host, port).map_err(refused)?;
    let mut piece = [0; 512];
    while !tunnel.is_open() {
        while let Some(bytes) = tunnel.to_send() {
            stream.write_all(bytes.as_ref()).and_then(|()| stream.flush()).map_err(lost)?;
        }
        match stream.read(&mut piece).map_err(lost)? {
            0 => return Err(refused(tunnel.ended())),
            amount => tunnel.received(piece.get(..amount).unwrap_or_default()).map_err(refused)?,
        }
    }
    Ok(())
}
