//! Defines the options of a client, and checks them for a transport.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::http::Uri;
use hub_auth_core::{Hub, Policy};
use rustls::ClientConfig;

use crate::{BuildError, Proxy, Trust};

/// The only protocol that the transports speak.
const ALPN: &[u8] = b"http/1.1";

/// Holds the options of a client, the same for every transport. A client checks them when it is made.
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    base: Base,
    user_agent: Option<String>,
    policy: Option<Policy>,
    resolve_timeout: Duration,
    connect_timeout: Duration,
    timeout: Duration,
    login_timeout: Duration,
    way: Way,
    tls: Tls,
}

#[derive(Clone)]
struct Base(Option<Uri>);

#[derive(Clone, Debug)]
enum Way {
    AsTheEnvironmentSays,
    Direct,
    Through(Proxy),
}

#[derive(Clone)]
enum Tls {
    Of(Trust),
    Whole(Box<ClientConfig>),
}

/// Holds options that were checked, for a transport.
#[doc(hidden)]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Setup {
    pub hub: Hub,
    pub resolve_timeout: Duration,
    pub connect_timeout: Duration,
    pub timeout: Duration,
    pub login_timeout: Duration,
    /// The proxy for this Hub, if one is used.
    pub proxy: Option<Proxy>,
    /// `None` for a base of plain http.
    pub tls: Option<Arc<ClientConfig>>,
    /// `None` unless the proxy is reached over TLS.
    pub proxy_tls: Option<Arc<ClientConfig>>,
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

impl Options {
    /// Returns the defaults: Docker Hub, the proxy of the environment, the system's roots, and deadlines of 5 seconds to look
    /// a name up, 10 to connect, 30 for an attempt and 120 for a login.
    pub fn new() -> Options {
        Options {
            base: Base(None),
            user_agent: None,
            policy: None,
            resolve_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            login_timeout: Duration::from_secs(120),
            way: Way::AsTheEnvironmentSays,
            tls: Tls::Of(Trust::system()),
        }
    }

    /// Sets the Hub's base URL: https, or http to a loopback host. A path in it stays in front of every route.
    pub fn base(self, base: Uri) -> Options {
        Options { base: Base(Some(base)), ..self }
    }

    /// Puts the program's own name and version first in `User-Agent`, e.g. `my-tool/1.2`.
    pub fn user_agent(self, user_agent: impl Into<String>) -> Options {
        Options { user_agent: Some(user_agent.into()), ..self }
    }

    /// Sets the policy of retries and waits. By default core's policy with a random seed.
    pub fn policy(self, policy: Policy) -> Options {
        Options { policy: Some(policy), ..self }
    }

    /// Bounds the look-up of one name; by default 5 seconds.
    pub fn resolve_timeout(self, resolve_timeout: Duration) -> Options {
        Options { resolve_timeout, ..self }
    }

    /// Bounds look-up, TCP, the tunnel of a proxy and TLS together; by default 10 seconds.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Options {
        Options { connect_timeout, ..self }
    }

    /// Bounds one attempt, from the look-up to the last byte of the answer; by default 30 seconds.
    pub fn timeout(self, timeout: Duration) -> Options {
        Options { timeout, ..self }
    }

    /// Bounds a whole login with its attempts and waits, without the time in which a person types a code; by default 120
    /// seconds.
    pub fn login_timeout(self, login_timeout: Duration) -> Options {
        Options { login_timeout, ..self }
    }

    /// Uses this proxy, except to a loopback host, and does not read the environment.
    ///
    /// By default the environment decides, nearly as for curl: the proxy is the first of `https_proxy`, `HTTPS_PROXY`,
    /// `all_proxy` and `ALL_PROXY` that is set and not empty, unless `no_proxy` (else `NO_PROXY`) lists the Hub. See
    /// [`network`](crate::network).
    pub fn proxy(self, proxy: Proxy) -> Options {
        Options { way: Way::Through(proxy), ..self }
    }

    /// Uses no proxy, and does not read the environment.
    pub fn no_proxy(self) -> Options {
        Options { way: Way::Direct, ..self }
    }

    /// Sets roots, client certificate and cryptography of TLS. Replaces [`tls_config`](Options::tls_config).
    pub fn trust(self, trust: Trust) -> Options {
        Options { tls: Tls::Of(trust), ..self }
    }

    /// Sets a whole configuration of TLS, for the Hub and for a proxy. Only its ALPN is replaced, by HTTP/1.1. Replaces
    /// [`trust`](Options::trust).
    pub fn tls_config(self, config: ClientConfig) -> Options {
        Options { tls: Tls::Whole(Box::new(config)), ..self }
    }

    /// Checks the options, for a transport. Reads roots only for an https URL or proxy.
    #[doc(hidden)]
    pub fn build(self) -> Result<Setup, BuildError> {
        let policy = self.policy.unwrap_or_else(|| Policy::new(seed()));
        let mut hub = match self.base.0 {
            Some(base) => Hub::new(base, policy)?,
            None => Hub::docker(policy),
        };
        if let Some(user_agent) = &self.user_agent {
            hub = hub.user_agent(user_agent)?;
        }
        let proxy = match self.way {
            Way::AsTheEnvironmentSays => Proxy::from_env_with(&hub, |name| std::env::var_os(name))?,
            Way::Through(proxy) => Some(proxy).filter(|proxy| proxy.is_for_loopback() || !hub.is_loopback()),
            Way::Direct => None,
        };
        let has_tls_proxy = proxy.as_ref().is_some_and(Proxy::is_tls);
        Ok(Setup {
            resolve_timeout: self.resolve_timeout,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            login_timeout: self.login_timeout,
            tls: if hub.is_https() { Some(self.tls.ready(Trust::for_hub)?) } else { None },
            proxy_tls: if has_tls_proxy { Some(self.tls.ready(Trust::for_proxy)?) } else { None },
            proxy,
            hub,
        })
    }
}

impl Tls {
    fn ready(&self, of: impl Fn(&Trust) -> Result<ClientConfig, BuildError>) -> Result<Arc<ClientConfig>, BuildError> {
        let mut config = match self {
            Tls::Of(trust) => of(trust)?,
            Tls::Whole(config) => (**config).clone(),
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Arc::new(config))
    }
}

/// Returns a random number. The hasher of the standard library gets its keys from the operating system.
pub(crate) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Prints nothing: a URL with a password in it is refused, but could be printed before.
impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Base")
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tls::Of(trust) => trust.fmt(f),
            Tls::Whole(_) => f.write_str("ClientConfig"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub_auth_core::{FailureKind, InvalidInput, Reason};

    fn at(base: &str) -> Options {
        Options::new().base(base.parse().unwrap())
    }

    #[test]
    fn a_bad_base_and_a_bad_user_agent_are_named() {
        let error = at("http://hub.docker.com").build().unwrap_err();
        assert!(matches!(error, BuildError::Input(InvalidInput { reason: Reason::NotHttps, .. })), "{error:?}");
        let error = at("http://localhost").user_agent("a\r\nb").build().unwrap_err();
        assert!(matches!(error, BuildError::Input(_)), "{error:?}");
        assert_eq!(error.kind(), FailureKind::Usage);
    }

    #[test]
    fn loopback_is_proxied_on_request_only() {
        let proxy = || Proxy::new("https://proxy.example.org").unwrap();
        // For plain http no roots are read.
        let setup = at("http://localhost").trust(Trust::none()).proxy(proxy()).build().unwrap();
        assert!(setup.proxy.is_none() && setup.proxy_tls.is_none() && setup.tls.is_none());
        #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
        {
            let pem = hub_auth_testkit::tls::Authority::new().unwrap().pem();
            let trust = Trust::none().with_ca_pem(pem.as_bytes()).unwrap();
            let options = at("http://localhost").trust(trust).proxy(proxy().also_for_loopback());
            let setup = options.clone().build().unwrap();
            assert!(setup.proxy.is_some() && setup.proxy_tls.is_some() && setup.tls.is_none());
            assert!(options.no_proxy().build().unwrap().proxy.is_none());
        }
    }

    #[test]
    fn every_deadline_is_finite() {
        let setup = at("http://localhost").build().unwrap();
        let deadlines = [setup.resolve_timeout, setup.connect_timeout, setup.timeout, setup.login_timeout];
        assert_eq!(deadlines.map(|deadline| deadline.as_secs()), [5, 10, 30, 120]);
    }

    #[test]
    fn a_password_in_the_base_is_not_shown() {
        let proxy = Proxy::new("http://canary:canary@proxy").unwrap();
        let options = at("https://user:canary@hub.docker.com").proxy(proxy);
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
