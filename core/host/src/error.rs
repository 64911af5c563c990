//! Why a client could not be made.

use std::{error, fmt};

use hub_auth_core::{BoxError, FailureKind, InvalidInput};

use crate::BadProxy;

/// Why a client could not be made. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is not one that secrets may be sent to, or the name cannot stand in `User-Agent`.
    Input(InvalidInput),
    /// The environment names a proxy that cannot be used.
    Proxy {
        /// The variable that names it.
        variable: &'static str,
        /// What is wrong with it.
        bad: BadProxy,
    },
    /// No root certificate is there to trust, so no https server can be.
    NoRoots(Option<BoxError>),
    /// The program was built without what its options ask for.
    MissingFeature {
        /// The features of this crate that would do, for people.
        feature: &'static str,
    },
    /// The client certificate and its key do not fit, or are of a kind the provider of cryptography does not know.
    ClientCertificate(BoxError),
    /// rustls refused the configuration.
    Tls(BoxError),
}

impl BuildError {
    /// [`FailureKind::Transport`] where the machine has no roots or TLS cannot be set up, else [`FailureKind::Usage`].
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            BuildError::NoRoots(_) | BuildError::Tls(_) => FailureKind::Transport,
            BuildError::Input(_)
            | BuildError::Proxy { .. }
            | BuildError::ClientCertificate(_)
            | BuildError::MissingFeature { .. } => FailureKind::Usage,
        }
    }
}

impl From<InvalidInput> for BuildError {
    fn from(invalid: InvalidInput) -> BuildError {
        BuildError::Input(invalid)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Input(invalid) => invalid.fmt(f),
            BuildError::Proxy { variable, bad } => write!(f, "{variable}: {bad}"),
            BuildError::ClientCertificate(_) => {
                f.write_str("the client certificate and its key cannot be used together")
            }
            BuildError::NoRoots(_) => f.write_str(
                "no root certificate was found, so no https server can be trusted; \
                 install the system's CA certificates or name your own",
            ),
            BuildError::MissingFeature { feature } => {
                write!(f, "https needs hub-auth to be built with the feature {feature}")
            }
            BuildError::Tls(_) => f.write_str("TLS could not be set up"),
        }
    }
}

impl error::Error for BuildError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            BuildError::NoRoots(Some(cause)) | BuildError::ClientCertificate(cause) | BuildError::Tls(cause) => {
                Some(&**cause)
            }
            _ => None,
        }
    }
}

/// A file of root certificates, or of a client certificate, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadTrust {
    /// It is not PEM.
    NotPem,
    /// It is PEM, perhaps, but has no certificate in it.
    NoCertificate,
    /// One of its certificates cannot be read, counted from 1.
    BadCertificate(usize),
    /// There is no certificate among what was given as a client's.
    NoClientCertificate,
    /// A certificate among what was given as a client's cannot be read.
    BadClientCertificate,
    /// There is no private key beside the client's certificate, or none that can be read. One that is encrypted cannot.
    NoClientKey,
}

impl BadTrust {
    /// Always [`FailureKind::Usage`].
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        FailureKind::Usage
    }
}

impl fmt::Display for BadTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadTrust::NotPem => f.write_str("the CA file is not PEM"),
            BadTrust::NoCertificate => f.write_str("the CA file has no certificate in it"),
            BadTrust::BadCertificate(nth) => write!(f, "certificate {nth} of the CA file cannot be read"),
            BadTrust::NoClientCertificate => f.write_str("the client certificate's file has no certificate in it"),
            BadTrust::BadClientCertificate => f.write_str("the client certificate cannot be read"),
            BadTrust::NoClientKey => {
                f.write_str("the client certificate's file has no private key in it, or it is encrypted")
            }
        }
    }
}

impl error::Error for BadTrust {}
