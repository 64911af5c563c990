//! Errors of a client's options.

use std::{error, fmt};

use hub_auth_core::{BoxError, FailureKind, InvalidInput};

/// The error of options that no client can be made of. Nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is not one that secrets may be sent to, or the name does not fit into `User-Agent`.
    Input(InvalidInput),
    /// The proxy cannot be used. The URL is not shown, since it may hold a password.
    Proxy {
        /// The variable of the environment that names the proxy.
        variable: Option<&'static str>,
        /// The reason, for people.
        why: &'static str,
    },
    /// The file of root certificates, or of a client certificate, cannot be used. The reason, for people.
    Pem(String),
    /// No root certificate was found, so no https server can be trusted.
    NoRoots {
        /// The variable and value that say where to look, e.g. `SSL_CERT_FILE=/nonexistent`.
        setting: Option<String>,
        /// The cause, if the system told one.
        source: Option<BoxError>,
    },
    /// The program was built without what its options ask for.
    MissingFeature {
        /// The features of this crate that would do, for people.
        feature: &'static str,
    },
    /// The client certificate and its key do not fit, or the provider of cryptography does not know their kind.
    ClientCertificate(BoxError),
    /// rustls refused the configuration.
    Tls(BoxError),
}

impl BuildError {
    /// Returns [`FailureKind::Transport`] if the machine has no roots or TLS cannot be set up, and else [`FailureKind::Usage`].
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            BuildError::NoRoots { .. } | BuildError::Tls(_) => FailureKind::Transport,
            BuildError::Input(_)
            | BuildError::Proxy { .. }
            | BuildError::Pem(_)
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
            BuildError::Proxy { variable: Some(variable), why } => write!(f, "{variable}: {why}"),
            BuildError::Proxy { variable: None, why } => f.write_str(why),
            BuildError::Pem(why) => f.write_str(why),
            BuildError::ClientCertificate(_) => {
                f.write_str("the client certificate and its key cannot be used together")
            }
            BuildError::NoRoots { setting: Some(setting), .. } => write!(
                f,
                "no root certificate was found at {setting}, so no https server can be trusted; \
                 correct or unset that variable"
            ),
            BuildError::NoRoots { setting: None, .. } => f.write_str(
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
            BuildError::NoRoots { source: Some(cause), .. }
            | BuildError::ClientCertificate(cause)
            | BuildError::Tls(cause) => Some(&**cause),
            _ => None,
        }
    }
}
