//! Holds the address of the Hub, the policy of its logins, and the `User-Agent`.

use std::sync::Arc;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};

use crate::error::{Field, InvalidInput, Reason};
use crate::policy::Policy;
use crate::route::Route;

/// Docker Hub's address.
const DOCKER_HUB: &str = "https://hub.docker.com";
/// A named agent with version and contact: programs without one are blocked (docker/hub-feedback#2502).
const USER_AGENT: &str = concat!("hub-auth/", env!("CARGO_PKG_VERSION"), " (+https://crates.io/crates/hub-auth-core)");

/// Holds the address of the Hub and the policy of its logins. Clones share one allocation.
///
/// ```
/// use hub_auth_core::{Hub, Policy};
///
/// let hub = Hub::new("https://hub.docker.com".parse()?, Policy::new(42))?.user_agent("my-tool/1.2")?;
/// assert_eq!(hub.origin(), "https://hub.docker.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    scheme: Scheme,
    authority: Authority,
    port: u16,
    origin: Box<str>,
    /// The base's path, without a slash at the end.
    prefix: Box<str>,
    users_login: Uri,
    two_factor: Uri,
    auth_token: Uri,
    user_agent: HeaderValue,
    policy: Policy,
}

impl Hub {
    /// Makes a Hub at `base`: https, or http to a loopback host. A path in it stays in front of every route.
    pub fn new(base: Uri, policy: Policy) -> Result<Hub, InvalidInput> {
        let bad = |reason| InvalidInput::new(Field::BaseUrl, reason);
        let parts = base.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(bad(Reason::NoHost));
        };
        if authority.as_str().contains('@') {
            return Err(bad(Reason::UserInfo));
        }
        if authority.host().is_empty() {
            return Err(bad(Reason::NoHost));
        }
        if scheme != Scheme::HTTPS && !(scheme == Scheme::HTTP && is_loopback(authority.host())) {
            return Err(bad(Reason::NotHttps));
        }
        let port = port(&scheme, &authority).ok_or(bad(Reason::Port))?;
        if parts.path_and_query.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err(bad(Reason::Query));
        }
        let prefix: Box<str> =
            parts.path_and_query.as_ref().map_or("", |path| path.path()).trim_end_matches('/').into();
        let origin = format!("{scheme}://{authority}").into_boxed_str();
        let url = |route: Route| format!("{origin}{prefix}{}", route.path()).parse().map_err(|_| bad(Reason::NoHost));
        Ok(Hub(Arc::new(Inner {
            users_login: url(Route::UsersLogin)?,
            two_factor: url(Route::TwoFactor)?,
            auth_token: url(Route::AuthToken)?,
            scheme,
            authority,
            port,
            origin,
            prefix,
            user_agent: HeaderValue::from_static(USER_AGENT),
            policy,
        })))
    }

    /// Makes Docker Hub itself, at <https://hub.docker.com>.
    #[expect(clippy::expect_used, reason = "a constant, tested")]
    pub fn docker(policy: Policy) -> Hub {
        Hub::new(Uri::from_static(DOCKER_HUB), policy).expect("Docker Hub's address is a good base")
    }

    /// Puts the program's own name, e.g. `my-tool/1.2`, before this library's in `User-Agent`.
    pub fn user_agent(self, product: &str) -> Result<Hub, InvalidInput> {
        let bad = |problem| Err(InvalidInput::new(Field::UserAgent, problem));
        if product.trim().is_empty() {
            return bad(Reason::Empty);
        }
        if product.len() > 255 {
            return bad(Reason::TooLong);
        }
        let Ok(user_agent) = HeaderValue::try_from(format!("{} {USER_AGENT}", product.trim())) else {
            return bad(Reason::NotAHeader);
        };
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.user_agent = user_agent;
        Ok(Hub(Arc::new(inner)))
    }

    /// Returns scheme, host and port as given, e.g. `https://hub.docker.com`. Secrets are sent nowhere else.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Returns whether `uri` has the Hub's own scheme, host and port. Only such a request may carry the token.
    pub fn is_origin_of(&self, uri: &Uri) -> bool {
        let Some(authority) = uri.authority() else { return false };
        // Most requests spell it as the base does, whose authority holds no user name.
        uri.scheme() == Some(&self.0.scheme)
            && (*authority == self.0.authority
                || !authority.as_str().contains('@')
                    && authority.host().eq_ignore_ascii_case(self.0.authority.host())
                    && port(&self.0.scheme, authority) == Some(self.0.port))
    }

    /// Returns the whole URL of a call to the Hub's API. A path, such as `/v2/user`, is put behind the base; a whole URL is
    /// returned as it is if it [is of the Hub's origin](Hub::is_origin_of). `None` otherwise: the token must not go there.
    pub fn resolve(&self, uri: &Uri) -> Option<Uri> {
        if uri.scheme().is_some() || uri.authority().is_some() {
            return self.is_origin_of(uri).then(|| uri.clone());
        }
        let Inner { origin, prefix, .. } = &*self.0;
        let path = uri.path_and_query().filter(|path| path.as_str().starts_with('/'))?;
        format!("{origin}{prefix}{path}").parse().ok()
    }

    /// Returns the host's name or address, that of IPv6 without brackets.
    pub fn host(&self) -> &str {
        bare(self.0.authority.host())
    }

    /// Returns the port: the one given, else that of the scheme.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Returns whether the host is this machine: `localhost`, 127.0.0.0/8 or `::1`.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.0.authority.host())
    }

    /// Returns whether the Hub is reached by https, and not by http to a loopback host.
    pub fn is_https(&self) -> bool {
        self.0.scheme == Scheme::HTTPS
    }

    /// Returns the policy of its logins.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Returns the absolute URL of a route.
    pub fn url(&self, route: Route) -> &Uri {
        match route {
            Route::UsersLogin => &self.0.users_login,
            Route::TwoFactor => &self.0.two_factor,
            Route::AuthToken => &self.0.auth_token,
        }
    }

    /// Returns the `User-Agent` of every request.
    pub fn user_agent_header(&self) -> &HeaderValue {
        &self.0.user_agent
    }

    /// Returns origin and path prefix, lower-cased where case does not count. Sealed forms are bound to it.
    pub(crate) fn binding(&self) -> String {
        let Inner { scheme, authority, port, prefix, .. } = &*self.0;
        format!("{scheme}://{}:{port}{prefix}", authority.host().to_ascii_lowercase())
    }
}

/// Returns the port of an authority without user info; `None` for an impossible one, like `:99999`.
fn port(scheme: &Scheme, authority: &Authority) -> Option<u16> {
    match authority.as_str().strip_prefix(authority.host())? {
        "" | ":" => Some(if *scheme == Scheme::HTTPS { 443 } else { 80 }),
        _ => authority.port_u16(),
    }
}

/// Returns whether a host is `localhost`, in 127.0.0.0/8, or `::1`. Looks nothing up.
fn is_loopback(host: &str) -> bool {
    match bare(host).parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => Ipv4Addr::is_loopback(&ip),
        Ok(IpAddr::V6(ip)) => ip == Ipv6Addr::LOCALHOST,
        Err(_) => bare(host).eq_ignore_ascii_case("localhost"),
    }
}

/// Returns a host; an address of IPv6 without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(base: &str) -> Result<Hub, InvalidInput> {
        Hub::new(base.parse().unwrap(), Policy::new(0))
    }

    #[test]
    fn a_path_is_put_behind_the_base_and_another_origin_is_refused() {
        let hub = hub("https://h:8443/p/").unwrap();
        let resolve = |uri: &str| hub.resolve(&uri.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(resolve("/v2/user?page=2").as_deref(), Some("https://h:8443/p/v2/user?page=2"));
        assert_eq!(resolve("//other/v2").as_deref(), Some("https://h:8443/p//other/v2"));
        assert_eq!(resolve("https://H:8443/v2").as_deref(), Some("https://H:8443/v2"));
        for other in ["https://h/v2", "http://h:8443/v2", "https://other:8443/v2", "h:8443", "*"] {
            assert_eq!(resolve(other), None, "{other}");
        }
    }

    #[test]
    fn secrets_go_to_https_or_loopback_only() {
        for good in [
            "https://hub.docker.com",
            "https://h:8443/p/",
            "http://localhost:1",
            "http://LOCALHOST",
            "http://127.9.8.7",
            "http://[::1]:80",
        ] {
            assert!(hub(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://hub.docker.com", Reason::NotHttps),
            ("http://127.0.0.1.example.org", Reason::NotHttps),
            ("http://localhost.example.org", Reason::NotHttps),
            ("http://[::2]", Reason::NotHttps),
            ("http://10.0.0.1", Reason::NotHttps),
            ("ftp://localhost", Reason::NotHttps),
            ("https://user:pw@hub.docker.com", Reason::UserInfo),
            ("https://user@hub.docker.com", Reason::UserInfo),
            ("hub.docker.com", Reason::NoHost),
            ("/v2", Reason::NoHost),
            ("https://hub.docker.com/?a=b", Reason::Query),
            ("https://hub.docker.com:99999", Reason::Port),
            ("http://127.0.0.1:65536/p", Reason::Port),
        ] {
            assert_eq!(hub(bad).unwrap_err(), InvalidInput::new(Field::BaseUrl, why), "{bad}");
        }
    }

    #[test]
    fn routes_are_at_the_root_or_behind_the_prefix() {
        for (base, url) in [
            (DOCKER_HUB, "https://hub.docker.com/v2/users/login"),
            ("http://localhost:5/mirror/hub", "http://localhost:5/mirror/hub/v2/users/login"),
            ("http://localhost:5/mirror/hub/", "http://localhost:5/mirror/hub/v2/users/login"),
        ] {
            assert_eq!(hub(base).unwrap().url(Route::UsersLogin), url);
        }
    }

    #[test]
    fn the_origin_is_scheme_host_and_port() {
        let hub = Hub::docker(Policy::new(0));
        for (uri, same) in [
            ("https://hub.docker.com/v2/x?page=2", true),
            ("https://HUB.docker.com:443/v2/x", true),
            ("https://hub.docker.com:444/", false),
            ("https://hub.docker.com:99999/", false),
            ("http://hub.docker.com/", false),
            ("https://hub.docker.com.evil.org/", false),
            ("https://hub.docker.com@evil.org/", false),
            ("/v2/x", false),
        ] {
            assert_eq!(hub.is_origin_of(&uri.parse().unwrap()), same, "{uri}");
        }
    }

    #[test]
    fn where_it_is() {
        for (base, host, port, loopback) in [
            ("https://hub.docker.com/x", "hub.docker.com", 443, false),
            ("https://[2001:db8::1]:8443", "2001:db8::1", 8443, false),
            ("http://[::1]", "::1", 80, true),
            ("https://127.1.2.3", "127.1.2.3", 443, true),
        ] {
            let hub = hub(base).unwrap();
            assert_eq!((hub.host(), hub.port(), hub.is_loopback()), (host, port, loopback));
        }
    }

    #[test]
    fn the_agent_is_named_and_can_be_extended() {
        let hub = Hub::docker(Policy::new(0));
        assert!(hub.user_agent_header().to_str().unwrap().starts_with("hub-auth/0."));
        let named = hub.clone().user_agent("tool/1").unwrap();
        assert!(named.user_agent_header().to_str().unwrap().starts_with("tool/1 hub-auth/0."));
        assert_eq!(hub.clone().user_agent("a\r\nb: c").unwrap_err().reason, Reason::NotAHeader);
        assert_eq!(hub.user_agent(" ").unwrap_err().reason, Reason::Empty);
    }
}
