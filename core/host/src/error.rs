//! Describes what is wrong with a client's options.

use hub_auth_core::{BoxError, FailureKind, InvalidInput};

/// The error of options from which no client can be made. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL is not one that secrets may be sent to, or the name does not fit into `User-Agent`.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// The proxy cannot be used. The URL is not shown, since it may hold a password.
    #[error("{}{why}", variable.map(|variable| format!("{variable}: ")).unwrap_or_default())]
    Proxy {
        /// The variable of the environment that names the proxy.
        variable: Option<&'static str>,
        /// The reason, for people.
        why: &'static str,
    },
    /// The file of root certificates, or of a client certificate, cannot be used. The reason, for people.
    #[error("{0}")]
    Pem(String),
    /// No root certificate was found, so no https server can be trusted.
    #[error(
        "no root certificate was found{}, so no https server can be trusted; {}",
        setting.as_ref().map(|setting| format!(" at {setting}")).unwrap_or_default(),
        if setting.is_some() { "correct or unset that variable" } else { "install the system's CA certificates or name your own" },
    )]
    NoRoots {
        /// The variable and value that say where to look, e.g. `SSL_CERT_FILE=/nonexistent`.
        setting: Option<String>,
        /// The cause, if the system told one.
        source: Option<BoxError>,
    },
    /// The program was built without a feature that its options need.
    #[error("https needs hub-auth to be built with the feature {feature}")]
    MissingFeature {
        /// The missing feature, for people.
        feature: &'static str,
    },
    /// The client certificate and its key do not fit, or the provider of cryptography does not know their kind.
    #[error("the client certificate and its key cannot be used together")]
    ClientCertificate(#[source] BoxError),
    /// rustls refused the configuration.
    #[error("TLS could not be set up")]
    Tls(#[source] BoxError),
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
