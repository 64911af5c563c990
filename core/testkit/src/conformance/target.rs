//! The settings that a transport is built with.

use std::fmt;
use std::time::Duration;

use http::Uri;

/// The settings that one case builds a transport with. A field that needs a claim is `None` without it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Target {
    /// The base URL of the Hub.
    pub url: Uri,
    /// The deadline of one attempt, connecting included.
    pub timeout: Duration,
    /// The deadline for looking up the name, connecting and TLS.
    pub connect_timeout: Duration,
    /// The only root to trust, as PEM.
    pub ca_pem: Option<String>,
    /// A certificate to show to the server and its key, as PEM.
    pub client_pem: Option<String>,
    /// The URL of a proxy, percent-encoded credentials included: `http://user:p%40ss@127.0.0.1:3128` or `socks5h://..`,
    /// where the proxy looks names up. If `None`, no proxy, whatever the environment says.
    pub proxy: Option<String>,
}

impl Target {
    /// Creates settings with nothing special and long deadlines.
    pub(super) fn new(url: Uri) -> Target {
        let long = Duration::from_secs(30);
        Target { url, timeout: long, connect_timeout: long, ca_pem: None, client_pem: None, proxy: None }
    }

    pub(super) fn timeout(self, timeout: Duration) -> Target {
        Target { timeout, ..self }
    }

    pub(super) fn connect_timeout(self, connect_timeout: Duration) -> Target {
        Target { connect_timeout, ..self }
    }

    pub(super) fn ca_pem(self, pem: String) -> Target {
        Target { ca_pem: Some(pem), ..self }
    }

    pub(super) fn client_pem(self, pem: String) -> Target {
        Target { client_pem: Some(pem), ..self }
    }

    pub(super) fn proxy(self, url: String) -> Target {
        Target { proxy: Some(url), ..self }
    }
}

/// Leaves out the key and the proxy's credentials.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("url", &self.url)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("is_proxied", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}
