//! A proxy: where it is, how it is spoken to, and with whose credentials.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hub_auth_core::http::HeaderValue;
use hub_auth_core::{BoxError, Secret};
use zeroize::Zeroizing;

mod connect;
mod environment;
mod error;
mod no_proxy;
mod socks;
#[cfg(test)]
mod tests;
mod tunnel;
mod url;

pub(crate) use environment::from_environment;
pub use error::{BadProxy, ProxyError, ProxyFault};
pub use tunnel::{Outgoing, Tunnel};

/// A proxy on the way to the Hub: of HTTP (by `CONNECT`), the same over TLS, or of SOCKS 5.
///
/// It only ever sees a tunnel: plain http to a loopback host goes through `CONNECT` as well. Its credentials are secrets
/// like any other: wiped on drop, shown nowhere.
///
/// ```
/// use hub_auth_host::Proxy;
///
/// let proxy = Proxy::new("http://alice:s%3Acret@proxy.example.org:3128")?;
/// assert_eq!((proxy.host(), proxy.port()), ("proxy.example.org", 3128));
/// assert!(!format!("{proxy:?}").contains("cret"));
/// # Ok::<(), hub_auth_host::BadProxy>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Proxy {
    protocol: Protocol,
    host: Arc<str>,
    port: u16,
    credentials: Option<Arc<Credentials>>,
    for_loopback: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http,
    Https,
    /// Names are looked up here.
    Socks5,
    /// Names are looked up by the proxy.
    Socks5h,
}

/// Bytes, since a URL can hold what is no UTF-8.
struct Credentials {
    user: Zeroizing<Vec<u8>>,
    password: Zeroizing<Vec<u8>>,
}

impl Proxy {
    /// The proxy at this URL: `http://`, `https://` (TLS to the proxy), `socks5://` (names are looked up here) or
    /// `socks5h://` (by the proxy); without a scheme it is http. Without a port it is 80, 443, or 1080 for SOCKS.
    ///
    /// `user:password@` in front of the host is percent-decoded and kept. A path is refused: it would be that of a
    /// `proxy.pac`, which is no proxy.
    pub fn new(url: &str) -> Result<Proxy, BadProxy> {
        url::parse(url)
    }

    /// Credentials for it: by the Basic scheme (RFC 7617), or those of SOCKS (RFC 1929, at most 255 bytes each).
    pub fn with_credentials(self, user: &str, password: &Secret) -> Result<Proxy, BadProxy> {
        let bytes = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
        self.with(Credentials { user: bytes(user), password: bytes(password.expose()) })
    }

    fn with(self, credentials: Credentials) -> Result<Proxy, BadProxy> {
        credentials.check(self.protocol)?;
        Ok(Proxy { credentials: Some(Arc::new(credentials)), ..self })
    }

    /// Uses it for loopback hosts too, to look at what is sent while debugging. Else they are never proxied.
    pub fn also_for_loopback(self) -> Proxy {
        Proxy { for_loopback: true, ..self }
    }

    pub(crate) fn is_for_loopback(&self) -> bool {
        self.for_loopback
    }

    /// Its name or address, that of IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is spoken to over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.protocol == Protocol::Https
    }

    /// Returns whether it speaks SOCKS 5; any other speaks HTTP.
    #[must_use]
    pub fn is_socks(&self) -> bool {
        matches!(self.protocol, Protocol::Socks5 | Protocol::Socks5h)
    }

    /// Returns the user name and the password, if any are set. They are bytes, since a URL can hold what is no UTF-8.
    /// Never print them.
    #[must_use]
    pub fn credentials(&self) -> Option<(&[u8], &[u8])> {
        self.credentials.as_ref().map(|credentials| (&**credentials.user, &**credentials.password))
    }

    /// The error of this proxy's own answer.
    #[must_use]
    pub fn failed(&self, fault: ProxyFault) -> ProxyError {
        ProxyError::new(self, fault, None)
    }

    /// Returns the value of `Proxy-Authorization` by the Basic scheme (RFC 7617), marked as sensitive, if credentials are
    /// set.
    #[must_use]
    pub fn basic_auth(&self) -> Option<HeaderValue> {
        let (user, password) = self.credentials()?;
        let pair = Zeroizing::new([user, b":", password].concat());
        let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Whether the target's name is looked up here: [`tunnel`](Proxy::tunnel) is then given the address.
    #[must_use]
    pub fn looks_up_here(&self) -> bool {
        self.protocol == Protocol::Socks5
    }

    /// The conversation that opens a tunnel to this host (a name or an address, IPv6 without brackets).
    ///
    /// [`ProxyFault::BadTarget`] if it is no host that can be named to a proxy.
    pub fn tunnel(&self, host: &str, port: u16) -> Result<Tunnel, ProxyError> {
        Tunnel::new(self, host, port)
    }

    /// The error of a proxy that was not found, not reached, or not trusted, for that `cause`.
    #[must_use]
    pub fn unreachable(&self, cause: impl Into<BoxError>) -> ProxyError {
        ProxyError::new(self, ProxyFault::Unreachable, Some(cause.into()))
    }
}

impl Credentials {
    fn check(&self, protocol: Protocol) -> Result<(), BadProxy> {
        let both = [&self.user, &self.password];
        if both.iter().any(|text| text.iter().any(u8::is_ascii_control)) {
            return Err(BadProxy::ControlCharacter);
        }
        let is_socks = matches!(protocol, Protocol::Socks5 | Protocol::Socks5h);
        if is_socks && both.iter().any(|text| text.len() > 255) {
            return Err(BadProxy::TooLong);
        }
        if !is_socks && self.user.contains(&b':') {
            return Err(BadProxy::Colon);
        }
        Ok(())
    }
}

impl Protocol {
    fn default_port(self) -> u16 {
        match self {
            Protocol::Http => 80,
            Protocol::Https => 443,
            Protocol::Socks5 | Protocol::Socks5h => 1080,
        }
    }
}

/// Credentials are there or not; nothing else of them is shown.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("protocol", &self.protocol)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("credentials", &self.credentials.as_ref().map(|_| "[redacted]"))
            .field("for_loopback", &self.for_loopback)
            .finish()
    }
}

/// `host:port`, with the brackets that an address of IPv6 needs.
fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
