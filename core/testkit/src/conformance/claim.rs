//! The abilities that a transport claims.

use std::fmt;

/// An ability that not every transport has. A transport that claims it has to pass its cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// https, with [roots of one's own](field@super::Target::ca_pem).
    Tls,
    /// A [client certificate](field@super::Target::client_pem).
    ClientCertificate,
    /// A connection is kept, and used again by the next call.
    Reuse,
    /// A [deadline](field@super::Target::connect_timeout) for the connection alone, TLS included.
    ConnectTimeout,
    /// Tells the stages of connecting apart: [`TransportErrorKind::Connect`](hub_auth_core::TransportErrorKind::Connect),
    /// [`TransportErrorKind::Tls`](hub_auth_core::TransportErrorKind::Tls) and [`TransportErrorKind::Proxy`](hub_auth_core::TransportErrorKind::Proxy).
    Stages,
    /// [Proxies](field@super::Target::proxy) that take CONNECT.
    Proxy,
    /// [Proxies](field@super::Target::proxy) that speak SOCKS5.
    Socks5,
}

impl Claim {
    /// Every claim.
    pub const ALL: [Claim; 7] = [
        Claim::Tls,
        Claim::ClientCertificate,
        Claim::Reuse,
        Claim::ConnectTimeout,
        Claim::Stages,
        Claim::Proxy,
        Claim::Socks5,
    ];
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
