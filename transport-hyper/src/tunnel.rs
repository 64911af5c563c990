//! A way through a proxy.

use hub_auth_core::TransportErrorKind;
use hub_auth_host::{Proxy, ProxyError, TlsFault, Tunnel};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::broken::Broken;
use crate::stream::Stream;

/// Makes this connection to the proxy one to the target.
pub(crate) async fn open(stream: &mut Stream, proxy: &Proxy, host: &str, port: u16) -> Result<(), Broken> {
    let broken = |error: ProxyError| Broken::new(TransportErrorKind::Proxy, error);
    let lost = |error: std::io::Error| match TlsFault::find(&error) {
        // With TLS 1.3 it says only now that it wants a certificate of ours.
        Some(_) => Broken::untrusted(error).at(proxy),
        None => broken(proxy.unreachable(error)),
    };
    let mut tunnel = proxy.tunnel(host, port).map_err(broken)?;
    let mut received = [0; 1024];
    while !tunnel.is_open() {
        let read = turn(stream, &mut tunnel, &mut received).await.map_err(lost)?;
        match received.get(..read) {
            None | Some([]) => return Err(broken(tunnel.ended())),
            Some(bytes) => tunnel.received(bytes).map_err(broken)?,
        }
    }
    Ok(())
}

/// Says what is to be said, and reads some of the answer.
async fn turn(stream: &mut Stream, tunnel: &mut Tunnel, into: &mut [u8]) -> std::io::Result<usize> {
    while let Some(bytes) = tunnel.to_send() {
        stream.write_all(bytes.as_ref()).await?;
    }
    stream.flush().await?;
    stream.read(into).await
}
