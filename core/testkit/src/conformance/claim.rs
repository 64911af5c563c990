//! Names the abilities that a transport can claim.

use std::fmt;

/// Names an ability that not every transport has. A transport that claims it has to pass its cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// Speaks https, and trusts the [roots](field@super::Target::ca_pem) of the target.
    Tls,
    /// Shows a [client certificate](field@super::Target::client_pem).
    ClientCertificate,
    /// Keeps a connection, and sends the next call on it.
    Reuse,
    /// Has a [deadline](field@super::Target::connect_timeout) for connecting alone, TLS included.
    ConnectTimeout,
    /// Tells the stages of connecting apart: [`TransportErrorKind::Connect`](hub_auth_core::TransportErrorKind::Connect),
    /// [`TransportErrorKind::Tls`](hub_auth_core::TransportErrorKind::Tls) and [`TransportErrorKind::Proxy`](hub_auth_core::TransportErrorKind::Proxy).
    Stages,
    /// Goes through [proxies](field@super::Target::proxy) that take CONNECT.
    Proxy,
    /// Goes through [proxies](field@super::Target::proxy) that speak SOCKS5.
    Socks5,
}

impl Claim {
    /// Lists every claim.
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
