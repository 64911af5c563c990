//! What can be wrong with a proxy: its URL, and how it answers.

use std::sync::Arc;
use std::{error, fmt};

use hub_auth_core::{BoxError, FailureKind};

use super::{Proxy, authority};

/// A proxy that cannot be used. Never repeats its URL, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadProxy {
    /// A scheme that is none of those known here.
    Scheme,
    /// No host, or one that cannot be: not a name, not an address, IPv6 without brackets.
    Host,
    /// A port that is not between 1 and 65535.
    Port,
    /// A path, query or fragment; or a password with a `/`, `?` or `#` that is not percent-encoded.
    Path,
    /// A control character in the credentials.
    ControlCharacter,
    /// A colon in the user name, which the Basic scheme has no way to send.
    Colon,
    /// Credentials longer than the 255 bytes that SOCKS has room for.
    TooLong,
    /// Text that is not Unicode.
    NotUnicode,
}

impl BadProxy {
    /// Always [`FailureKind::Usage`].
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        FailureKind::Usage
    }
}

impl fmt::Display for BadProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadProxy::Scheme => "the proxy's scheme is not http, https, socks5 or socks5h",
            BadProxy::Host => "the proxy has no host, or one that is none; write it like http://proxy.example.org:3128",
            BadProxy::Port => "the proxy's port is not between 1 and 65535",
            BadProxy::Path => {
                "the proxy has a path or query, as if it were a file; \
                 a slash or question mark in its password must be percent-encoded"
            }
            BadProxy::ControlCharacter => "the proxy's user name or password contains a control character",
            BadProxy::Colon => "the proxy's user name contains a colon",
            BadProxy::TooLong => {
                "the proxy's user name or password is longer than 255 bytes, all that SOCKS has room for"
            }
            BadProxy::NotUnicode => "the proxy is not Unicode text",
        })
    }
}

impl error::Error for BadProxy {}

/// Why there is no tunnel through a proxy. Its text names the proxy by host and port, and never the credentials.
#[derive(Debug)]
pub struct ProxyError {
    proxy: Arc<str>,
    fault: ProxyFault,
    cause: Option<BoxError>,
}

/// What is wrong with a proxy or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyFault {
    /// It was not found, not reached, or TLS to it failed; the source says which.
    Unreachable,
    /// It wants credentials, and none are set (407, or SOCKS).
    CredentialsWanted,
    /// It refused the credentials. They were sent once.
    CredentialsRefused,
    /// It wants credentials by another scheme than Basic: NTLM, Negotiate, Digest.
    SchemeUnsupported,
    /// It takes no method of SOCKS that is spoken here, neither the user name and password that are set nor going without
    /// (RFC 1928, section 3).
    MethodUnsupported,
    /// It answered `CONNECT` with this status.
    Refused {
        /// The status of HTTP.
        status: u16,
    },
    /// It answered SOCKS with this code (RFC 1928, section 6).
    SocksRefused {
        /// The code, as sent.
        code: u8,
    },
    /// It is no proxy, or none of this protocol: a web server (405, 501, an HTML page), or not HTTP or SOCKS at all.
    NotAProxy,
    /// The head of its answer is longer than 16 KiB.
    TooLong,
    /// It sent more than its answer, before anything had gone through the tunnel.
    SpokeFirst,
    /// It closed the connection before the tunnel stood.
    Closed,
    /// The target is no host that can be named to a proxy: empty, over 255 bytes, or not plain ASCII.
    BadTarget,
}

impl ProxyError {
    pub(super) fn new(proxy: &Proxy, fault: ProxyFault, cause: Option<BoxError>) -> ProxyError {
        ProxyError { proxy: authority(proxy.host(), proxy.port()).into(), fault, cause }
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> ProxyFault {
        self.fault
    }

    /// The proxy, as `host:port`.
    #[must_use]
    pub fn proxy(&self) -> &str {
        &self.proxy
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} ", self.proxy)?;
        f.write_str(match self.fault {
            ProxyFault::Unreachable => "cannot be reached",
            ProxyFault::CredentialsWanted => "wants a user name and password, and none are set",
            ProxyFault::CredentialsRefused => "refused its user name or password",
            ProxyFault::SchemeUnsupported => "wants to be logged in to by another scheme than Basic (NTLM, Kerberos)",
            ProxyFault::MethodUnsupported => {
                "takes neither a user name and password nor a client without them; \
                 it wants another method of SOCKS (GSSAPI), or no clients from here"
            }
            ProxyFault::Refused { status } => {
                let why = match status {
                    403 => "does not allow this connection",
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
            ProxyFault::TooLong => "sent too long an answer",
            ProxyFault::SpokeFirst => "sent more than its answer",
            ProxyFault::Closed => "closed the connection before it had answered",
            ProxyFault::BadTarget => "cannot be asked for a host of this name",
        })
    }
}

impl error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
