//! Reads the proxy from the environment, nearly as curl does. NETWORK.md names the differences.

use std::ffi::OsString;

use hub_auth_core::Hub;

use super::{Proxy, bad, no_proxy};
use crate::BuildError;

/// The first variable that is set and not empty counts. `http_proxy` is for targets of http; ours are loopback hosts only,
/// which never go through a proxy of the environment.
const PROXY: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

impl Proxy {
    /// Returns the proxy that the environment names for this Hub. See [`network`](crate::network) for the variables. The error
    /// names the variable with a URL that cannot be used.
    pub fn from_env_with(hub: &Hub, variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Proxy>, BuildError> {
        let first = |names: &'static [&str]| {
            names.iter().find_map(|name| Some((*name, variable(name).filter(|value| !value.is_empty())?)))
        };
        if hub.is_loopback() {
            return Ok(None);
        }
        let Some((variable, url)) = first(&PROXY) else { return Ok(None) };
        if first(&NO_PROXY).is_some_and(|(_, list)| no_proxy::names(&list.to_string_lossy(), hub.host())) {
            return Ok(None);
        }
        let proxy = url.to_str().ok_or_else(|| bad("the proxy is not Unicode text")).and_then(Proxy::new);
        proxy.map(Some).map_err(|error| match error {
            BuildError::Proxy { why, .. } => BuildError::Proxy { variable: Some(variable), why },
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub_auth_core::{FailureKind, Policy};

    fn proxy(base: &str, variables: &[(&str, &str)]) -> Result<Option<String>, BuildError> {
        let hub = Hub::new(base.parse().unwrap(), Policy::new(0)).unwrap();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        Ok(Proxy::from_env_with(&hub, variable)?.map(|proxy| proxy.host().to_owned()))
    }

    #[test]
    fn the_first_variable_that_is_filled_counts() {
        const ALL: [(&str, &str); 6] = [
            ("http_proxy", "a"),
            ("HTTP_PROXY", "b"),
            ("https_proxy", "c"),
            ("HTTPS_PROXY", "d"),
            ("all_proxy", "e"),
            ("ALL_PROXY", "f"),
        ];
        for (variables, host) in [
            (&ALL[..], Some("c")),
            (&ALL[3..], Some("d")),
            (&ALL[4..], Some("e")),
            (&ALL[5..], Some("f")),
            (&ALL[..2], None),
            (&[("HTTPS_PROXY", "d"), ("https_proxy", "")], Some("d")),
            (&[("https_proxy", ""), ("HTTPS_PROXY", ""), ("all_proxy", "e")], Some("e")),
            (&[("Https_Proxy", "x")], None),
            (&[], None),
        ] {
            assert_eq!(proxy("https://hub.docker.com", variables).unwrap().as_deref(), host, "{variables:?}");
        }
    }

    #[test]
    fn the_list_of_exceptions_counts() {
        for (list, host) in [
            (&[("NO_PROXY", "docker.com")][..], None),
            (&[("NO_PROXY", "example.org")], Some("p")),
            (&[("no_proxy", "docker.com"), ("NO_PROXY", "example.org")], None),
            (&[("no_proxy", "example.org"), ("NO_PROXY", "docker.com")], Some("p")),
            (&[("no_proxy", ""), ("NO_PROXY", "docker.com")], None),
        ] {
            let variables = [&[("ALL_PROXY", "p")], list].concat();
            assert_eq!(proxy("https://hub.docker.com", &variables).unwrap().as_deref(), host, "{variables:?}");
        }
        let variables = [("https_proxy", "p"), ("no_proxy", "2001:db8::/32")];
        assert_eq!(proxy("https://[2001:db8::1]:8443", &variables).unwrap(), None);
    }

    #[test]
    fn loopback_is_never_proxied() {
        let variables = [PROXY.map(|name| (name, "p")), [("http_proxy", "p"); 4]].concat();
        for base in ["https://localhost:1", "https://127.1.2.3", "https://[::1]:443", "http://LOCALHOST"] {
            assert_eq!(proxy(base, &variables).unwrap(), None, "{base}");
        }
    }

    #[test]
    fn a_bad_one_is_named_by_its_variable_and_not_repeated() {
        for variable in PROXY {
            let error = proxy("https://hub.docker.com", &[(variable, "canary://u:p@h")]).unwrap_err();
            assert!(matches!(error, BuildError::Proxy { variable: Some(named), .. } if named == variable), "{error:?}");
            assert_eq!(error.kind(), FailureKind::Usage);
            let shown = format!("{error} {error:?}");
            assert!(error.to_string().contains(variable) && !shown.contains("canary"), "{shown}");
        }
        // These are not read.
        let variables = [("https_proxy", "p"), ("ALL_PROXY", "canary://h")];
        assert!(proxy("https://hub.docker.com", &variables).is_ok());
        let variables = [("https_proxy", "canary://h"), ("no_proxy", "*")];
        assert!(proxy("https://hub.docker.com", &variables).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_url_that_is_not_unicode_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let hub = Hub::docker(Policy::new(0));
        let error = Proxy::from_env_with(&hub, |_| Some(OsString::from_vec(b"http://h\xff".to_vec()))).unwrap_err();
        assert_eq!(error.to_string(), "https_proxy: the proxy is not Unicode text");
    }
}
