//! Holds the settings of a transport.

use std::fmt;
use std::time::Duration;

use http::Uri;

use crate::tls::Authority;

/// Holds the settings with which one case builds a transport. A field that needs a claim is `None` without it.
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
    /// where the proxy looks names up. `None` means no proxy, also if the environment names one.
    pub proxy: Option<String>,
}

impl Target {
    /// Creates settings for a server whose certificate this authority issued.
    pub(super) fn trusting(authority: &Authority, url: Uri) -> Target {
        Target { ca_pem: Some(authority.pem()), ..Target::new(url) }
    }

    /// Creates settings with nothing special and long deadlines.
    pub(super) fn new(url: Uri) -> Target {
        let long = Duration::from_secs(30);
        Target { url, timeout: long, connect_timeout: long, ca_pem: None, client_pem: None, proxy: None }
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
