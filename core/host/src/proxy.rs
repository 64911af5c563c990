//! Describes a proxy: its address, its protocol and its credentials.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hub_auth_core::http::HeaderValue;
use hub_auth_core::{BoxError, Secret};
use zeroize::Zeroizing;

use crate::BuildError;

mod environment;
mod error;
mod no_proxy;
mod url;

pub use error::{ProxyError, ProxyFault};

/// Names a proxy on the way to the Hub: of HTTP (by `CONNECT`), the same over TLS, or of SOCKS 5.
///
/// The proxy only opens a tunnel and cannot read the traffic. Its credentials are secrets: they are wiped on drop and never
/// shown.
///
/// ```
/// use hub_auth_host::Proxy;
///
/// let proxy = Proxy::new("http://alice:s%3Acret@proxy.example.org:3128")?;
/// assert_eq!((proxy.host(), proxy.port()), ("proxy.example.org", 3128));
/// assert!(!format!("{proxy:?}").contains("cret"));
/// # Ok::<(), hub_auth_host::BuildError>(())
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

/// Holds bytes, since a percent-encoded URL can hold any.
struct Credentials {
    user: Zeroizing<Vec<u8>>,
    password: Zeroizing<Vec<u8>>,
}

impl Proxy {
    /// Reads the URL of a proxy: `http://`, `https://` (TLS to the proxy), `socks5://` (names are looked up here) or
    /// `socks5h://` (by the proxy); without a scheme it is http. Without a port it is 80, 443, or 1080 for SOCKS.
    ///
    /// `user:password@` in front of the host is percent-decoded. A path is refused: the URL of a `proxy.pac` has one.
    pub fn new(url: &str) -> Result<Proxy, BuildError> {
        url::parse(url)
    }

    /// Sets the credentials: for the Basic scheme (RFC 7617), or for SOCKS (RFC 1929, at most 255 bytes each).
    pub fn with_credentials(self, user: &str, password: &Secret) -> Result<Proxy, BuildError> {
        let bytes = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
        self.with(Credentials { user: bytes(user), password: bytes(password.expose()) })
    }

    fn with(self, credentials: Credentials) -> Result<Proxy, BuildError> {
        credentials.check(self.protocol)?;
        Ok(Proxy { credentials: Some(Arc::new(credentials)), ..self })
    }

    /// Uses the proxy for loopback hosts too, to watch the traffic. By default these are never proxied.
    pub fn also_for_loopback(self) -> Proxy {
        Proxy { for_loopback: true, ..self }
    }

    pub(crate) fn is_for_loopback(&self) -> bool {
        self.for_loopback
    }

    /// Returns the name or address, IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns whether the proxy itself is spoken to over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.protocol == Protocol::Https
    }

    /// Returns whether the proxy speaks SOCKS 5. Any other speaks HTTP.
    #[must_use]
    pub fn is_socks(&self) -> bool {
        matches!(self.protocol, Protocol::Socks5 | Protocol::Socks5h)
    }

    /// Returns the user name and the password, if any are set. They are bytes, since a URL can hold text that is not UTF-8.
    /// Never print them.
    #[must_use]
    pub fn credentials(&self) -> Option<(&[u8], &[u8])> {
        self.credentials.as_ref().map(|credentials| (&**credentials.user, &**credentials.password))
    }

    /// Returns the error of an answer of this proxy.
    #[must_use]
    pub fn failed(&self, fault: ProxyFault) -> ProxyError {
        ProxyError::new(self, fault, None)
    }

    /// Returns the value of `Proxy-Authorization` by the Basic scheme (RFC 7617), marked as sensitive, if credentials are
    /// set.
    #[must_use]
    pub fn basic_auth(&self) -> Option<HeaderValue> {
        const SCHEME: &[u8] = b"Basic ";
        let (user, password) = self.credentials()?;
        let pair = Zeroizing::new([user, b":", password].concat());
        let mut value = Zeroizing::new(SCHEME.to_vec());
        value.resize(SCHEME.len() + base64::encoded_len(pair.len(), true)?, 0);
        STANDARD.encode_slice(&*pair, value.get_mut(SCHEME.len()..)?).ok()?;
        // Shares the bytes, which are wiped with the last clone.
        let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(value)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Returns whether the target's name is looked up here, and the proxy is given its address.
    #[must_use]
    pub fn looks_up_here(&self) -> bool {
        self.protocol == Protocol::Socks5
    }

    /// Returns the error of a proxy that was not found, not reached, or not trusted.
    #[must_use]
    pub fn unreachable(&self, cause: impl Into<BoxError>) -> ProxyError {
        ProxyError::new(self, ProxyFault::Unreachable, Some(cause.into()))
    }
}

/// Returns the error of a proxy that cannot be used. The error never shows the URL, which may hold a password.
fn bad(why: &'static str) -> BuildError {
    BuildError::Proxy { variable: None, why }
}

impl Credentials {
    fn check(&self, protocol: Protocol) -> Result<(), BuildError> {
        let both = [&self.user, &self.password];
        if both.iter().any(|text| text.iter().any(u8::is_ascii_control)) {
            return Err(bad("the proxy's user name or password contains a control character"));
        }
        let is_socks = matches!(protocol, Protocol::Socks5 | Protocol::Socks5h);
        if is_socks && both.iter().any(|text| text.len() > 255) {
            return Err(bad("the proxy's user name or password is longer than 255 bytes, the most that SOCKS takes"));
        }
        if !is_socks && self.user.contains(&b':') {
            return Err(bad("the proxy's user name contains a colon, which the Basic scheme cannot send"));
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

/// Shows whether there are credentials, and nothing of them.
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

/// Returns `host:port`, with brackets around an address of IPv6.
fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
