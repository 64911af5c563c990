//! Why a client could not be made.

use std::{error, fmt};

use hub_auth_core::{BadBase, BadInput, BoxError, Kind};

/// Why a client could not be made. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is not one that secrets may be sent to.
    Base(BadBase),
    /// The product name cannot stand in `User-Agent`.
    Product(BadInput),
    /// No root certificate is there to trust, so no https server can be.
    NoRoots(Option<BoxError>),
    /// The program was built without what its options ask for.
    MissingFeature {
        /// The features of this crate that would do, for people.
        feature: &'static str,
    },
    /// rustls refused the configuration.
    Tls(BoxError),
}

impl BuildError {
    /// [`Kind::Transport`] where the machine has no roots or TLS cannot be set up, else [`Kind::Usage`].
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            BuildError::NoRoots(_) | BuildError::Tls(_) => Kind::Transport,
            BuildError::Base(_) | BuildError::Product(_) | BuildError::MissingFeature { .. } => Kind::Usage,
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Base(bad) => bad.fmt(f),
            BuildError::Product(bad) => bad.fmt(f),
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
            BuildError::NoRoots(Some(cause)) | BuildError::Tls(cause) => Some(&**cause),
            _ => None,
        }
    }
}

/// A file of one's own root certificates that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadTrust {
    /// It is not PEM.
    NotPem,
    /// It is PEM, perhaps, but has no certificate in it.
    NoCertificate,
    /// One of its certificates cannot be read, counted from 1.
    BadCertificate(usize),
}

impl BadTrust {
    /// Always [`Kind::Usage`].
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::Usage
    }
}

impl fmt::Display for BadTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadTrust::NotPem => f.write_str("the CA file is not PEM"),
            BadTrust::NoCertificate => f.write_str("the CA file has no certificate in it"),
            BadTrust::BadCertificate(nth) => write!(f, "certificate {nth} of the CA file cannot be read"),
        }
    }
}

impl error::Error for BadTrust {}
