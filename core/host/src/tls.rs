//! Explains errors of TLS in plain words.

use std::error::Error;
use std::io;

use hub_auth_core::BoxError;
use rustls::{AlertDescription, CertificateError, OtherError};

/// An error of the TLS handshake. The source is rustls's own error, with the names and dates.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct TlsError {
    fault: TlsFault,
    #[source]
    cause: BoxError,
}

/// Reasons why TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// The server's certificate has expired, or one above it.
    #[error("the server's certificate has expired")]
    Expired,
    /// The server's certificate is not valid yet.
    #[error("the server's certificate is not valid yet; is the clock here right?")]
    NotYetValid,
    /// The server's certificate is for another name.
    #[error("the server's certificate is for another name")]
    WrongName,
    /// The server's certificate comes from an issuer that is not trusted.
    #[error("the server's certificate comes from an issuer that is not trusted here")]
    UnknownIssuer,
    /// The server's certificate was revoked.
    #[error("the server's certificate was revoked")]
    Revoked,
    /// The server shows an authority's certificate (`CA:TRUE`), as `openssl req -x509` makes it. Trusting it as a root does
    /// not help: the server needs one that this authority has issued, or a self-signed one with `CA:FALSE`.
    #[error(
        "the server's certificate is an authority's own, as `openssl req -x509` makes it, which is not accepted even \
         as a trusted root; the server needs one that was issued by it, or a self-signed one with CA:FALSE"
    )]
    CaCertificate,
    /// The server's certificate is of X.509 version 1, which cannot name a server. Issue it anew, as version 3.
    #[error(
        "the server's certificate is of X.509 version 1, which cannot name a server; it has to be issued anew, as \
         version 3 with a subjectAltName"
    )]
    Version1,
    /// Something else is wrong with the server's certificate.
    #[error("the server's certificate cannot be accepted")]
    Certificate,
    /// The server wants a client certificate, or refused the one it got. With TLS 1.3 this comes after the handshake, when the
    /// request may have been sent.
    #[error("the server wants another client certificate, or one at all")]
    ClientCertificate,
    /// The server ended the handshake by `handshake_failure`: it wants a client certificate, as many servers say with TLS 1.2,
    /// or has no version or cipher in common. Its log tells which.
    #[error(
        "the server refused the handshake: it wants a client certificate, or another than was set here; or it has no \
         version of TLS or no cipher in common with this program"
    )]
    Refused,
    /// The two sides have no version of TLS or no cipher in common.
    #[error("the server has no version of TLS or no cipher in common with this program")]
    NoAgreement,
    /// The server does not speak TLS.
    #[error("the server does not speak TLS")]
    NotTls,
    /// The connection was closed during the handshake.
    #[error("the connection was closed during the TLS handshake")]
    Closed,
    /// Anything else.
    #[error("TLS failed")]
    Other,
}

impl TlsError {
    /// Names an error of a handshake: of rustls, or of `std::io` around one.
    #[must_use]
    pub fn of(cause: impl Into<BoxError>) -> TlsError {
        let cause = cause.into();
        let fault = TlsFault::find(&*cause).unwrap_or_else(|| {
            let closed = find(&*cause).and_then(|error: &io::Error| is_end(error.kind()).then_some(TlsFault::Closed));
            closed.unwrap_or(TlsFault::Other)
        });
        TlsError { fault, cause }
    }

    /// Returns the reason.
    #[must_use]
    pub fn fault(&self) -> TlsFault {
        self.fault
    }
}

impl TlsFault {
    /// Finds an error of rustls in this error or beneath it. For errors after the handshake.
    #[must_use]
    pub fn find(error: &(dyn Error + 'static)) -> Option<TlsFault> {
        find(error).map(named)
    }
}

/// Finds the first error of this type, in `error` or beneath it.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // `io::Error::source` skips the error that it wraps.
        let wrapped = error.downcast_ref().and_then(io::Error::get_ref).map(|error| error as _);
        next = wrapped.or_else(|| error.source());
    }
    None
}

fn is_end(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

fn named(error: &rustls::Error) -> TlsFault {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => TlsFault::WrongName,
            CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
            CertificateError::Revoked => TlsFault::Revoked,
            CertificateError::Other(OtherError(error)) => match error.downcast_ref() {
                Some(webpki::Error::CaUsedAsEndEntity) => TlsFault::CaCertificate,
                Some(webpki::Error::UnsupportedCertVersion) => TlsFault::Version1,
                _ => TlsFault::Certificate,
            },
            _ => TlsFault::Certificate,
        },
        rustls::Error::AlertReceived(alert) => match alert {
            // All alerts that are about the client's certificate.
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => TlsFault::ClientCertificate,
            AlertDescription::HandshakeFailure => TlsFault::Refused,
            AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity => TlsFault::NoAgreement,
            AlertDescription::UnrecognisedName => TlsFault::WrongName,
            _ => TlsFault::Other,
        },
        rustls::Error::PeerIncompatible(_) => TlsFault::NoAgreement,
        rustls::Error::InvalidMessage(_) => TlsFault::NotTls,
        _ => TlsFault::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{InvalidMessage, PeerIncompatible};
    use std::sync::Arc;

    #[test]
    fn every_fault_is_named_however_deep_it_lies() {
        use AlertDescription as Alert;
        let certificate = rustls::Error::InvalidCertificate;
        let alert = rustls::Error::AlertReceived;
        let other = |error: webpki::Error| certificate(CertificateError::Other(OtherError(Arc::new(error))));
        for (error, fault) in [
            (certificate(CertificateError::Expired), TlsFault::Expired),
            (certificate(CertificateError::NotValidYet), TlsFault::NotYetValid),
            (certificate(CertificateError::NotValidForName), TlsFault::WrongName),
            (certificate(CertificateError::UnknownIssuer), TlsFault::UnknownIssuer),
            (certificate(CertificateError::Revoked), TlsFault::Revoked),
            (certificate(CertificateError::BadEncoding), TlsFault::Certificate),
            (other(webpki::Error::CaUsedAsEndEntity), TlsFault::CaCertificate),
            (other(webpki::Error::UnsupportedCertVersion), TlsFault::Version1),
            (other(webpki::Error::EndEntityUsedAsCa), TlsFault::Certificate),
            (alert(Alert::CertificateRequired), TlsFault::ClientCertificate),
            (alert(Alert::UnknownCA), TlsFault::ClientCertificate),
            (alert(Alert::AccessDenied), TlsFault::ClientCertificate),
            (alert(Alert::HandshakeFailure), TlsFault::Refused),
            (alert(Alert::ProtocolVersion), TlsFault::NoAgreement),
            (alert(Alert::InsufficientSecurity), TlsFault::NoAgreement),
            (alert(Alert::UnrecognisedName), TlsFault::WrongName),
            (alert(Alert::InternalError), TlsFault::Other),
            (PeerIncompatible::NoCipherSuitesInCommon.into(), TlsFault::NoAgreement),
            (InvalidMessage::InvalidContentType.into(), TlsFault::NotTls),
            (rustls::Error::DecryptError, TlsFault::Other),
        ] {
            assert_eq!(TlsError::of(error.clone()).fault(), fault, "{error:?}");
            let wrapped = io::Error::new(io::ErrorKind::InvalidData, error.clone());
            assert_eq!(TlsFault::find(&wrapped), Some(fault));
            assert_eq!(TlsError::of(io::Error::other(TlsError::of(wrapped))).fault(), fault);
        }
    }

    #[test]
    fn an_error_of_another_kind_is_closed_or_other() {
        let closed = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(TlsFault::find(&closed), None);
        assert_eq!(TlsError::of(closed).fault(), TlsFault::Closed);
        assert_eq!(TlsError::of(io::Error::from(io::ErrorKind::NotFound)).fault(), TlsFault::Other);
        assert_eq!(TlsError::of("words").fault(), TlsFault::Other);
    }
}
