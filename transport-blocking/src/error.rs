//! The errors of ureq, read for what they prove.

use std::error::Error as StdError;
use std::{fmt, io};

use hub_auth_core::{BoxError, Delivery, TransportError, TransportErrorKind};
use hub_auth_host::{Proxy, ProxyFault, TlsError, TlsFault};
use ureq::Error;

/// An error from before there was a connection: proof that nothing of the request was written. It travels through ureq as
/// [`Error::Other`].
#[derive(Debug)]
pub(crate) struct NotSent {
    kind: TransportErrorKind,
    source: BoxError,
}

impl NotSent {
    pub(crate) fn new(kind: TransportErrorKind, source: impl Into<BoxError>) -> NotSent {
        NotSent { kind, source: source.into() }
    }

    /// Puts another error on top of the source.
    pub(crate) fn beneath<E: Into<BoxError>>(self, on_top: impl FnOnce(BoxError) -> E) -> NotSent {
        NotSent { source: on_top(self.source).into(), ..self }
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl StdError for NotSent {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.source()
    }
}

impl From<NotSent> for Error {
    fn from(error: NotSent) -> Error {
        Error::Other(Box::new(error))
    }
}

/// What ureq's parser refuses although HTTP allows it, by the text of its error.
const LEGAL: [(&str, &str); 4] = [
    ("http parse fail: invalid header name", "ureq reads no header line that is folded in two"),
    ("received headers with 100-continue response", "ureq reads no headers of a 100 Continue"),
    ("chunk expected crlf as next character", "ureq reads no chunk extension over 20 bytes"),
    ("http parse resulted in too many headers", "ureq reads at most 128 headers"),
];

/// Returns the error of an exchange that broke before the head of its answer was read.
pub(crate) fn broken(error: Error) -> TransportError {
    let (kind, source) = match error {
        Error::Other(other) => match other.downcast::<NotSent>() {
            Ok(error) => return TransportError::new(Delivery::NotSent, error.kind).with_source(error.source),
            Err(other) => of_connection(other),
        },
        error @ Error::Timeout(_) => (TransportErrorKind::Timeout, error.into()),
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

/// Returns the error of a proxy that gave no tunnel, of which ureq tells no more than a text.
pub(crate) fn tunnel_failed(proxy: &Proxy, error: Error) -> NotSent {
    let has_credentials = proxy.credentials().is_some();
    let answered = |fault| NotSent::new(TransportErrorKind::Proxy, proxy.failed(fault));
    match error {
        Error::Other(other) => match other.downcast::<NotSent>() {
            Ok(error) => *error,
            Err(other) => lost(proxy, other),
        },
        Error::Timeout(_) => NotSent::new(TransportErrorKind::Timeout, proxy.unreachable("it took too long to answer")),
        Error::Protocol(_) => answered(ProxyFault::NotAProxy),
        Error::ConnectProxyFailed(text) => answered(match status_in(&text) {
            None => ProxyFault::Closed,
            Some(405 | 501) => ProxyFault::NotAProxy,
            Some(407) if has_credentials => ProxyFault::CredentialsRefused,
            Some(407) => ProxyFault::CredentialsWanted,
            Some(status) => ProxyFault::Refused { status },
        }),
        Error::Io(error) => match socks_fault(&error.to_string(), has_credentials) {
            Some(fault) => answered(fault),
            None => lost(proxy, error.into()),
        },
        error => lost(proxy, error.into()),
    }
}

/// A proxy that was not reached, or that ended the conversation.
fn lost(proxy: &Proxy, source: BoxError) -> NotSent {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable};
    if TlsFault::find(&*source).is_some() {
        return NotSent::new(TransportErrorKind::Tls, proxy.unreachable(TlsError::of(source)));
    }
    let kind = match source.downcast_ref().map(io::Error::kind) {
        Some(ConnectionRefused | HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable) => {
            TransportErrorKind::Connect
        }
        _ => TransportErrorKind::Proxy,
    };
    NotSent::new(kind, proxy.unreachable(source))
}

/// The status in "proxy server responded 407/407".
fn status_in(text: &str) -> Option<u16> {
    text.split(|character: char| !character.is_ascii_digit()).find(|digits| digits.len() == 3)?.parse().ok()
}

/// The fault that a text of ureq's SOCKS stands for.
fn socks_fault(text: &str, has_credentials: bool) -> Option<ProxyFault> {
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
    let code = (1..).zip(REPLIES).find(|(_, reply)| *reply == text).map(|(code, _)| ProxyFault::SocksRefused { code });
    code.or(match text {
        "password authentication failed" => Some(ProxyFault::CredentialsRefused),
        "no acceptable auth methods" if !has_credentials => Some(ProxyFault::CredentialsWanted),
        "no acceptable auth methods" | "unknown auth method" => Some(ProxyFault::MethodUnsupported),
        "invalid response version" | "invalid reserved byte" | "unsupported address type" => {
            Some(ProxyFault::NotAProxy)
        }
        "failed to fill whole buffer" => Some(ProxyFault::Closed),
        _ => None,
    })
}
