//! Reads the errors of a request without an answer, and what each proves about its delivery.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use hub_auth_core::{BoxError, Delivery, TransportError, TransportErrorKind};
use hub_auth_host::{Proxy, ProxyFault, TlsError, TlsFault};
use ureq::Error;

/// An error from before there was a connection: proof that nothing of the request was written. ureq hands it on as
/// [`Error::Other`].
#[derive(Debug)]
pub(crate) struct NotSent {
    kind: TransportErrorKind,
    what: String,
    source: Option<BoxError>,
}

impl NotSent {
    pub(crate) fn new(kind: TransportErrorKind, what: impl Into<String>) -> NotSent {
        NotSent { kind, what: what.into(), source: None }
    }

    pub(crate) fn with(self, source: impl Into<BoxError>) -> NotSent {
        NotSent { source: Some(source.into()), ..self }
    }

    /// Reports a deadline that passed.
    pub(crate) fn late(missing: &str, limit: Duration) -> NotSent {
        NotSent::new(TransportErrorKind::Timeout, late(missing, limit))
    }

    /// Reports a TLS session that could not be agreed on.
    pub(crate) fn tls(error: impl Into<BoxError>) -> NotSent {
        NotSent::new(TransportErrorKind::Tls, "the TLS handshake failed").with(TlsError::of(error))
    }

    /// Reports a proxy that opened no tunnel.
    pub(crate) fn refused(proxy: &Proxy, fault: ProxyFault) -> NotSent {
        NotSent::new(TransportErrorKind::Proxy, NO_TUNNEL).with(proxy.failed(fault))
    }

    /// Reports a proxy that was not found, not reached or not trusted.
    pub(crate) fn unreachable(kind: TransportErrorKind, proxy: &Proxy, error: impl Into<BoxError>) -> NotSent {
        NotSent::new(kind, NO_TUNNEL).with(proxy.unreachable(error))
    }

    /// Says that the error is one of the proxy. A deadline is named already.
    pub(crate) fn of_proxy(self, proxy: &Proxy) -> NotSent {
        if self.kind == TransportErrorKind::Timeout { self } else { NotSent::unreachable(self.kind, proxy, self) }
    }
}

const NO_TUNNEL: &str = "no tunnel through the proxy";

/// Says what was missing at a deadline, to the millisecond.
pub(crate) fn late(missing: &str, limit: Duration) -> String {
    let millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    format!("{missing} within {:?}", Duration::from_millis(millis))
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl StdError for NotSent {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<NotSent> for Error {
    fn from(error: NotSent) -> Error {
        Error::Other(Box::new(error))
    }
}

/// The legal HTTP that ureq's parser refuses, by the text of its error.
const LEGAL: [(&str, &str); 4] = [
    ("http parse fail: invalid header name", "ureq reads no header line that is folded in two"),
    ("received headers with 100-continue response", "ureq reads no headers of a 100 Continue"),
    ("chunk expected crlf as next character", "ureq reads no chunk extension over 20 bytes"),
    ("http parse resulted in too many headers", "ureq reads at most 128 headers"),
];

/// Reads an error of ureq. `late` describes the deadline that passed.
pub(crate) fn broken(error: Error, late: impl FnOnce() -> String) -> TransportError {
    let (kind, source) = match error {
        Error::Other(other) => match other.downcast::<NotSent>() {
            Ok(error) => return TransportError::new(Delivery::NotSent, error.kind).with_source(error),
            Err(other) => of_connection(other),
        },
        Error::Io(error) => of_connection(error.into()),
        Error::Timeout(_) => (TransportErrorKind::Timeout, late().into()),
        error @ Error::LargeResponseHeader(..) => (TransportErrorKind::TooLarge, error.into()),
        // None of these texts repeats anything of the answer.
        Error::Protocol(error) => {
            let mut text = error.to_string();
            if let Some((_, why)) = LEGAL.iter().find(|(refused, _)| *refused == text) {
                text = format!("{text}; {why}");
            }
            (TransportErrorKind::Unreadable, text.into())
        }
        error => (TransportErrorKind::Closed, error.into()),
    };
    TransportError::new(Delivery::MaybeSent, kind).with_source(source)
}

/// Reads an error of a connection in use. With TLS 1.3 a server refuses our certificate after the handshake.
fn of_connection(error: BoxError) -> (TransportErrorKind, BoxError) {
    match TlsFault::find(&*error) {
        Some(TlsFault::ClientCertificate) => (TransportErrorKind::Tls, TlsError::of(error).into()),
        Some(_) => (TransportErrorKind::Closed, TlsError::of(error).into()),
        None => (TransportErrorKind::Closed, error),
    }
}

/// Returns the fault that a text of ureq's SOCKS stands for.
pub(crate) fn socks_fault(proxy: &Proxy, text: &str) -> ProxyFault {
    /// By their codes, from 1 on (RFC 1928, section 6).
    const REPLIES: [&str; 8] = [
        "general SOCKS server failure",
        "connection not allowed by ruleset",
        "network unreachable",
        "host unreachable",
        "connection refused",
        "TTL expired",
        "command not supported",
        "address kind not supported",
    ];
    if let Some((code, _)) = (1..).zip(REPLIES).find(|(_, reply)| *reply == text) {
        return ProxyFault::SocksRefused { code };
    }
    match text {
        "password authentication failed" => ProxyFault::CredentialsRefused,
        "no acceptable auth methods" if proxy.credentials().is_none() => ProxyFault::CredentialsWanted,
        "no acceptable auth methods" | "unknown auth method" => ProxyFault::MethodUnsupported,
        "invalid response version" | "invalid reserved byte" | "unsupported address type" => ProxyFault::NotAProxy,
        _ => ProxyFault::Closed,
    }
}
