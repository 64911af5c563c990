//! Explains why a proxy opens no tunnel.

use std::borrow::Cow;
use std::sync::Arc;

use hub_auth_core::BoxError;

use super::{Proxy, authority};
use crate::TlsFault;

/// The error of a proxy that opened no tunnel. Names the proxy by host and port, and never shows its credentials.
#[derive(Debug, thiserror::Error)]
#[error("the proxy {proxy} {}", self.words())]
pub struct ProxyError {
    proxy: Arc<str>,
    fault: ProxyFault,
    #[source]
    cause: Option<BoxError>,
}

/// Reasons why a proxy opened no tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyFault {
    /// The proxy was not found or not reached, or TLS to it failed. The source says which.
    Unreachable,
    /// The proxy wants credentials, and none are set (407, or SOCKS).
    CredentialsWanted,
    /// The proxy refused the credentials. They were sent once.
    CredentialsRefused,
    /// The proxy takes neither user name and password nor a client without them (RFC 1928, section 3).
    MethodUnsupported,
    /// The proxy answered `CONNECT` with this status.
    Refused {
        /// The status of HTTP.
        status: u16,
    },
    /// The proxy answered with this code of SOCKS (RFC 1928, section 6).
    SocksRefused {
        /// The code, as sent.
        code: u8,
    },
    /// The address is not that of a proxy of this protocol: a web server's (405, 501), or nothing that speaks HTTP or SOCKS.
    NotAProxy,
    /// The proxy closed the connection before the tunnel was open.
    Closed,
}

impl ProxyError {
    pub(super) fn new(proxy: &Proxy, fault: ProxyFault, cause: Option<BoxError>) -> ProxyError {
        ProxyError { proxy: authority(proxy.host(), proxy.port()).into(), fault, cause }
    }

    /// Returns the reason.
    #[must_use]
    pub fn fault(&self) -> ProxyFault {
        self.fault
    }

    /// Returns the proxy's `host:port`.
    #[must_use]
    pub fn proxy(&self) -> &str {
        &self.proxy
    }
}

impl ProxyError {
    fn words(&self) -> Cow<'static, str> {
        let cause = self.cause.as_deref().and_then(|cause| TlsFault::find(cause));
        Cow::from(match self.fault {
            // curl/curl#7989, encode/httpx#897: most proxies for https targets speak plain HTTP themselves.
            ProxyFault::Unreachable if cause == Some(TlsFault::NotTls) => {
                "does not speak TLS; write http:// in place of https:// in its URL"
            }
            ProxyFault::Unreachable => "cannot be reached",
            ProxyFault::CredentialsWanted => "wants a user name and password, and none are set",
            ProxyFault::CredentialsRefused => "refused its user name or password",
            ProxyFault::MethodUnsupported => {
                "takes neither a user name and password nor a client without them; \
                 it wants another method of SOCKS (GSSAPI), or no clients from here"
            }
            ProxyFault::Refused { status } => {
                let why = match status {
                    403 => "does not allow this connection by its rules",
                    502..=504 => "could not reach the host",
                    _ => "refused the connection",
                };
                return format!("{why} (status {status})").into();
            }
            ProxyFault::SocksRefused { code } => {
                let why = match code {
                    2 => "does not allow this connection",
                    3..=6 => "could not reach the host",
                    _ => "refused the connection",
                };
                return format!("{why} (SOCKS code {code})").into();
            }
            ProxyFault::NotAProxy => {
                "did not answer as a proxy of its kind does; is there a web server, or another protocol?"
            }
            ProxyFault::Closed => "closed the connection before it had answered",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TlsError;

    #[test]
    fn a_proxy_without_tls_is_told_from_one_that_is_away() {
        let proxy = Proxy::new("https://proxy:3128").unwrap();
        let plain = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        let said = proxy.unreachable(TlsError::of(plain)).to_string();
        assert_eq!(said, "the proxy proxy:3128 does not speak TLS; write http:// in place of https:// in its URL");
        assert_eq!(proxy.unreachable("gone").to_string(), "the proxy proxy:3128 cannot be reached");
    }
}
