//! Errors of a proxy's answer.

use std::sync::Arc;
use std::{error, fmt};

use hub_auth_core::BoxError;

use super::{Proxy, authority};
use crate::TlsFault;

/// The error of a proxy that opened no tunnel. It names the proxy by host and port, and never shows its credentials.
#[derive(Debug)]
pub struct ProxyError {
    proxy: Arc<str>,
    fault: ProxyFault,
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

    fn speaks_no_tls(&self) -> bool {
        let cause = self.cause.as_deref();
        cause.and_then(|cause| TlsFault::find(cause)) == Some(TlsFault::NotTls)
    }

    /// Returns the proxy's `host:port`.
    #[must_use]
    pub fn proxy(&self) -> &str {
        &self.proxy
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} ", self.proxy)?;
        f.write_str(match self.fault {
            // curl/curl#7989, encode/httpx#897: most proxies for https targets are spoken to in plain HTTP.
            ProxyFault::Unreachable if self.speaks_no_tls() => {
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
                return write!(f, "{why} (status {status})");
            }
            ProxyFault::SocksRefused { code } => {
                let why = match code {
                    2 => "does not allow this connection",
                    3..=6 => "could not reach the host",
                    _ => "refused the connection",
                };
                return write!(f, "{why} (SOCKS code {code})");
            }
            ProxyFault::NotAProxy => {
                "did not answer as a proxy of its kind does; is there a web server, or another protocol?"
            }
            ProxyFault::Closed => "closed the connection before it had answered",
        })
    }
}

impl error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
