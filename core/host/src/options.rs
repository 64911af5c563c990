//! What a client is told, and what it runs with.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use hub_auth_core::http::Uri;
use hub_auth_core::{Hub, Policy};
use rustls::ClientConfig;

use crate::{BuildError, Proxy, Trust, proxy};

/// The one protocol that is spoken.
const ALPN: &[u8] = b"http/1.1";

/// How a client reaches the Hub. One type for every transport; what is wrong in it is told when the client is made.
#[derive(Clone)]
#[must_use]
pub struct Options {
    base: Option<Uri>,
    user_agent: Option<String>,
    policy: Option<Policy>,
    resolve_timeout: Duration,
    connect_timeout: Duration,
    timeout: Duration,
    login_timeout: Duration,
    way: Way,
    tls: Tls,
}

/// How the Hub is reached.
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

/// Options that were checked: what a transport runs with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Setup {
    /// Where the Hub is, and how patient a login is.
    pub hub: Hub,
    /// How long a look-up of one name may take.
    pub resolve_timeout: Duration,
    /// How long it may take to have a connection: look-up, TCP, proxy and TLS.
    pub connect_timeout: Duration,
    /// How long one attempt may take, connecting included.
    pub timeout: Duration,
    /// How long a whole login may take, less the time a person types.
    pub login_timeout: Duration,
    /// The proxy to go through, decided for this Hub.
    pub proxy: Option<Proxy>,
    /// The configuration of TLS to the Hub; `None` for a base of plain http.
    pub tls: Option<Arc<ClientConfig>>,
    /// The configuration of TLS to the proxy; `None` without one that is spoken to over TLS.
    pub proxy_tls: Option<Arc<ClientConfig>>,
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

impl Options {
    /// Docker Hub, the environment's proxy, the system's roots; 5 seconds to look a name up, 10 to connect, 30 an attempt,
    /// 120 a login.
    pub fn new() -> Options {
        Options {
            base: None,
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

    /// The Hub's base URL: https, or http to a loopback host. A path in it stays in front of every route.
    pub fn base(self, base: Uri) -> Options {
        Options { base: Some(base), ..self }
    }

    /// The program's own name and version, e.g. `my-tool/1.2`, put first in `User-Agent`.
    pub fn user_agent(self, user_agent: impl Into<String>) -> Options {
        Options { user_agent: Some(user_agent.into()), ..self }
    }

    /// How patient a login is. By default core's policy with a random seed.
    pub fn policy(self, policy: Policy) -> Options {
        Options { policy: Some(policy), ..self }
    }

    /// How long the look-up of one name may take; by default 5 seconds.
    pub fn resolve_timeout(self, resolve_timeout: Duration) -> Options {
        Options { resolve_timeout, ..self }
    }

    /// How long it may take to look names up, connect, open a tunnel through a proxy and agree on TLS; by default 10
    /// seconds.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Options {
        Options { connect_timeout, ..self }
    }

    /// How long one attempt may take, from the look-up to the last byte of the answer; by default 30 seconds.
    pub fn timeout(self, timeout: Duration) -> Options {
        Options { timeout, ..self }
    }

    /// How long a whole login may take, with all its attempts and waits, but without the time in which a person is asked
    /// for a code; by default 120 seconds.
    pub fn login_timeout(self, login_timeout: Duration) -> Options {
        Options { login_timeout, ..self }
    }

    /// Goes through this proxy, whatever the environment says, except to a loopback host.
    ///
    /// By default the environment decides, nearly as curl reads it: the proxy is the first of `https_proxy`, `HTTPS_PROXY`,
    /// `all_proxy` and `ALL_PROXY` that is set and not empty, unless `no_proxy` (else `NO_PROXY`) names the Hub. That is a
    /// list, separated by commas or blanks, of names with all that is below them, addresses, and networks like
    /// `10.0.0.0/8`, of IPv6 as well; or `*`. A proxy without a port is at 80, 443, or 1080 for SOCKS. `http_proxy` is not
    /// read: http goes to loopback hosts only.
    pub fn proxy(self, proxy: Proxy) -> Options {
        Options { way: Way::Through(proxy), ..self }
    }

    /// Goes through no proxy, whatever the environment says.
    pub fn no_proxy(self) -> Options {
        Options { way: Way::Direct, ..self }
    }

    /// Which certificates are trusted and shown, and who does the cryptography. Replaces
    /// [`tls_config`](Options::tls_config).
    pub fn trust(self, trust: Trust) -> Options {
        Options { tls: Tls::Of(trust), ..self }
    }

    /// A whole configuration of TLS, for what [`Trust`] does not do. Only its ALPN is set here, to HTTP/1.1. Replaces
    /// [`trust`](Options::trust); it serves for a proxy as well.
    pub fn tls_config(self, config: ClientConfig) -> Options {
        Options { tls: Tls::Whole(Box::new(config)), ..self }
    }

    /// Checks the options. Roots are read here, and only if there is a use for them.
    pub fn build(self) -> Result<Setup, BuildError> {
        let policy = self.policy.unwrap_or_else(|| Policy::new(seed()));
        let mut hub = match self.base {
            Some(base) => Hub::new(base, policy)?,
            None => Hub::docker(policy),
        };
        if let Some(user_agent) = &self.user_agent {
            hub = hub.user_agent(user_agent)?;
        }
        let proxy = match self.way {
            Way::AsTheEnvironmentSays => proxy::from_environment(&hub, |name| std::env::var_os(name))?,
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

/// A seed for jitter: the standard library's random hasher is random enough, and there already.
pub(crate) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The base is left out: it may hold a password, which is why it will be refused.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("user_agent", &self.user_agent)
            .field("policy", &self.policy)
            .field("resolve_timeout", &self.resolve_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("login_timeout", &self.login_timeout)
            .field("way", &self.way)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
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
    fn plain_http_reads_no_roots() {
        let setup = at("http://localhost").trust(Trust::none()).build().unwrap();
        assert!(setup.tls.is_none());
    }

    #[test]
    fn loopback_is_proxied_on_request_only() {
        let proxy = || Proxy::new("https://proxy.example.org").unwrap();
        let setup = at("http://localhost").proxy(proxy()).build().unwrap();
        assert!(setup.proxy.is_none() && setup.proxy_tls.is_none());
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
