//! What a client is told, and what it runs with.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::http::Uri;
use hub_auth_core::{Hub, Policy};

use crate::{BuildError, Trust};

/// How a client reaches the Hub. One type for every transport; what is wrong in it is told when the client is made.
#[derive(Clone)]
#[must_use]
pub struct Options {
    base: Option<Uri>,
    product: Option<String>,
    policy: Option<Policy>,
    connect_timeout: Duration,
    timeout: Duration,
    trust: Trust,
}

/// Options that were checked: what a transport runs with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Setup {
    /// Where the Hub is, and how patient a login is.
    pub hub: Hub,
    /// How long it may take to find, reach and trust the Hub.
    pub connect_timeout: Duration,
    /// How long one attempt may take, connecting included.
    pub timeout: Duration,
    /// The configuration of TLS; `None` for a base of plain http.
    pub tls: Option<Arc<rustls::ClientConfig>>,
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

impl Options {
    /// Docker Hub, the system's roots, 10 seconds to connect, 30 seconds an attempt.
    pub fn new() -> Options {
        Options {
            base: None,
            product: None,
            policy: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            trust: Trust::system(),
        }
    }

    /// The Hub's base URL: https, or http to a loopback host. A path in it stays in front of every route.
    pub fn base(self, base: Uri) -> Options {
        Options { base: Some(base), ..self }
    }

    /// The program's own name and version, e.g. `my-tool/1.2`, put first in `User-Agent`.
    pub fn product(self, product: impl Into<String>) -> Options {
        Options { product: Some(product.into()), ..self }
    }

    /// How patient a login is. By default core's policy with a random seed.
    pub fn policy(self, policy: Policy) -> Options {
        Options { policy: Some(policy), ..self }
    }

    /// How long it may take to resolve the name, connect and agree on TLS.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Options {
        Options { connect_timeout, ..self }
    }

    /// How long one attempt may take, from the name's resolution to the last byte of the answer.
    pub fn timeout(self, timeout: Duration) -> Options {
        Options { timeout, ..self }
    }

    /// Which certificates are trusted.
    pub fn trust(self, trust: Trust) -> Options {
        Options { trust, ..self }
    }

    /// Checks the options. Roots are read here, and only if the base is https.
    pub fn build(self) -> Result<Setup, BuildError> {
        let policy = self.policy.unwrap_or_else(|| Policy::new(seed()));
        let mut hub = match self.base {
            Some(base) => Hub::new(base, policy).map_err(BuildError::Base)?,
            None => Hub::docker(policy),
        };
        if let Some(product) = &self.product {
            hub = hub.product(product).map_err(BuildError::Product)?;
        }
        let tls = if hub.is_https() { Some(Arc::new(self.trust.client_config()?)) } else { None };
        Ok(Setup { hub, connect_timeout: self.connect_timeout, timeout: self.timeout, tls })
    }
}

/// A seed for jitter: the standard library's random hasher is random enough, and there already.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The base is left out: it may hold a password, which is why it will be refused.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("product", &self.product)
            .field("policy", &self.policy)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("trust", &self.trust)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub_auth_core::BadBase;
    use hub_auth_core::Kind;

    fn at(base: &str) -> Options {
        Options::new().base(base.parse().unwrap())
    }

    #[test]
    fn a_bad_base_and_a_bad_product_are_named() {
        let error = at("http://hub.docker.com").build().unwrap_err();
        assert!(matches!(error, BuildError::Base(BadBase::NotHttps)), "{error:?}");
        let error = at("http://localhost").product("a\r\nb").build().unwrap_err();
        assert!(matches!(error, BuildError::Product(_)), "{error:?}");
        assert_eq!(error.kind(), Kind::Usage);
    }

    #[test]
    fn plain_http_reads_no_roots() {
        let setup = at("http://localhost").trust(Trust::none()).build().unwrap();
        assert!(setup.tls.is_none());
    }

    #[test]
    fn a_password_in_the_base_is_not_shown() {
        let options = at("https://user:canary@hub.docker.com");
        assert!(!format!("{options:?}").contains("canary"));
        let error = options.build().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("canary"));
    }

    #[test]
    fn seeds_differ() {
        assert_ne!(seed(), seed());
    }

    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    #[test]
    fn https_without_a_provider_names_the_feature() {
        let error = Options::new().build().unwrap_err();
        assert!(error.to_string().contains("aws-lc-rs"), "{error}");
    }
}
