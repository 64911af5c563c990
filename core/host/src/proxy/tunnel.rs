//! The conversation with a proxy until a tunnel stands. No I/O: whoever has the connection sends and receives.

use std::fmt;

use zeroize::Zeroizing;

use super::connect::Connect;
use super::socks::Socks;
use super::{Protocol, Proxy, ProxyError, ProxyFault};

/// The conversation that opens a tunnel: `CONNECT` of HTTP, or SOCKS 5.
///
/// Over a fresh connection to the proxy: send what there is [to send](Tunnel::to_send), read some, say what was
/// [received](Tunnel::received), and again, until it [is open](Tunnel::is_open). Then the connection is the target's.
///
/// ```
/// use hub_auth_host::Proxy;
///
/// let mut tunnel = Proxy::new("http://proxy.example.org:3128")?.tunnel("hub.docker.com", 443)?;
/// let request = tunnel.to_send().ok_or("nothing to send")?;
/// assert!(request.as_ref().starts_with(b"CONNECT hub.docker.com:443 HTTP/1.1\r\n"));
/// tunnel.received(b"HTTP/1.1 200 Connection established\r\n")?;
/// tunnel.received(b"\r\n")?;
/// assert!(tunnel.is_open());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct Tunnel {
    proxy: Proxy,
    speech: Speech,
}

enum Speech {
    Connect(Connect),
    Socks(Socks),
}

/// Bytes for the proxy, perhaps with its credentials: wiped on drop, never shown.
pub struct Outgoing(Zeroizing<Vec<u8>>);

impl Tunnel {
    pub(super) fn new(proxy: &Proxy, host: &str, port: u16) -> Result<Tunnel, ProxyError> {
        if host.is_empty() || host.len() > 255 || !host.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ProxyError::new(proxy, ProxyFault::BadTarget, None));
        }
        let credentials = proxy.credentials.clone();
        let speech = match proxy.protocol {
            Protocol::Http | Protocol::Https => Speech::Connect(Connect::new(host, port, credentials.as_deref())),
            Protocol::Socks5 | Protocol::Socks5h => Speech::Socks(Socks::new(host, port, credentials)),
        };
        Ok(Tunnel { proxy: proxy.clone(), speech })
    }

    /// What is to be sent now, once; `None` if it is the proxy's turn.
    pub fn to_send(&mut self) -> Option<Outgoing> {
        match &mut self.speech {
            Speech::Connect(connect) => connect.outgoing(),
            Speech::Socks(socks) => socks.outgoing(),
        }
        .map(Outgoing)
    }

    /// Takes what the proxy sent, in pieces of any size. After an error there will be no tunnel.
    pub fn received(&mut self, bytes: &[u8]) -> Result<(), ProxyError> {
        let taken = bytes.iter().try_for_each(|byte| match &mut self.speech {
            Speech::Connect(connect) => connect.received(*byte),
            Speech::Socks(socks) => socks.received(*byte),
        });
        taken.map_err(|fault| ProxyError::new(&self.proxy, fault, None))
    }

    /// Whether the tunnel stands: from now on the connection is the target's.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match &self.speech {
            Speech::Connect(connect) => connect.is_open(),
            Speech::Socks(socks) => socks.is_open(),
        }
    }

    /// The error of a proxy that closed the connection before the tunnel stood.
    #[must_use]
    pub fn ended(self) -> ProxyError {
        ProxyError::new(&self.proxy, ProxyFault::Closed, None)
    }
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("proxy", &self.proxy).field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

impl AsRef<[u8]> for Outgoing {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({} bytes)", self.0.len())
    }
}
