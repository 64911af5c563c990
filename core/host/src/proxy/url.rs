//! Reads the URL of a proxy. An error never shows the URL, since it may hold a password.

use core::net::Ipv6Addr;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{Credentials, Protocol, Proxy, bad};
use crate::BuildError;

const SCHEME: &str = "the proxy's scheme is not http, https, socks5 or socks5h";
const HOST: &str = "the proxy has no host, or one that is none; write it like http://proxy.example.org:3128";
const QUOTES: &str =
    "the proxy's URL stands in quotation marks, which `docker --env-file` does not take off; leave them out";
const PORT: &str = "the proxy's port is not between 1 and 65535";
const PATH: &str = "the proxy has a path or query, as if it were a file; \
                    a slash or question mark in its password must be percent-encoded";

pub(super) fn parse(url: &str) -> Result<Proxy, BuildError> {
    let url = url.trim();
    // moby/moby#46773. The scheme would be blamed.
    if url.starts_with(['"', '\'']) {
        return Err(bad(QUOTES));
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let protocol = match scheme.to_ascii_lowercase().as_str() {
        "http" => Protocol::Http,
        "https" => Protocol::Https,
        "socks5" => Protocol::Socks5,
        "socks5h" => Protocol::Socks5h,
        _ => return Err(bad(SCHEME)),
    };
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    // This may be the second half of a password, whose first half must not be looked up as a name.
    if !matches!(path, "" | "/") {
        return Err(bad(PATH));
    }
    let (user_info, place) = match authority.rsplit_once('@') {
        Some((user_info, place)) => (Some(user_info), place),
        None => (None, authority),
    };
    let (host, port) = host_and_port(place)?;
    let port = port.unwrap_or(protocol.default_port());
    let proxy = Proxy { protocol, host: host.into(), port, credentials: None, for_loopback: false };
    match user_info {
        None | Some("") => Ok(proxy),
        Some(user_info) => {
            let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
            proxy.with(Credentials { user: decode(user), password: decode(password) })
        }
    }
}

fn host_and_port(place: &str) -> Result<(&str, Option<u16>), BuildError> {
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(|| bad(HOST))?;
        host.parse::<Ipv6Addr>().map_err(|_| bad(HOST))?;
        (host, port)
    } else {
        let (host, port) = place.find(':').map_or((place, ""), |at| place.split_at(at));
        let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        // Rob--W/proxy-from-env#1: some write "-" or "." for no proxy.
        if !host.bytes().all(is_of_names) || !host.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
            return Err(bad(HOST));
        }
        (host, port)
    };
    let Some(digits) = port.strip_prefix(':') else {
        return if port.is_empty() { Ok((host, None)) } else { Err(bad(HOST)) };
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.parse().ok().filter(|port| is_number && *port != 0).ok_or_else(|| bad(PORT))?;
    Ok((host, Some(port)))
}

/// Decodes percent-encoded text. As in curl, a `%` that starts no escape stands for itself.
fn decode(text: &str) -> Zeroizing<Vec<u8>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    decoded.extend(percent_decode_str(text));
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_read() {
        use Protocol::{Http, Https, Socks5, Socks5h};
        for (url, protocol, host, port) in [
            ("http://proxy.example.org:3128", Http, "proxy.example.org", 3128),
            ("proxy:3128", Http, "proxy", 3128),
            ("10.0.0.1", Http, "10.0.0.1", 80),
            (" HTTPS://proxy/ ", Https, "proxy", 443),
            ("socks5://127.0.0.1", Socks5, "127.0.0.1", 1080),
            ("socks5h://[::1]:9050", Socks5h, "::1", 9050),
            ("http://[fe80::1]", Http, "fe80::1", 80),
            ("http://@my_proxy:1", Http, "my_proxy", 1),
        ] {
            let proxy = parse(url).unwrap();
            assert_eq!((proxy.protocol, proxy.host(), proxy.port()), (protocol, host, port), "{url}");
            assert!(proxy.credentials.is_none(), "{url}");
        }
    }

    #[test]
    fn credentials_are_decoded() {
        for (user_info, user, password) in [
            ("alice:secret", "alice".as_bytes(), "secret".as_bytes()),
            ("alice", b"alice", b""),
            (":token", b"", b"token"),
            ("al%40ice:p%3Aw%2f", b"al@ice", b"p:w/"),
            ("alice:a:b@c", b"alice", b"a:b@c"),
            ("alice:100%", b"alice", b"100%"),
            ("alice:%4", b"alice", b"%4"),
            ("alice:%+1%gg", b"alice", b"%+1%gg"),
            ("j%C3%BCrgen:gr\u{fc}n", "j\u{fc}rgen".as_bytes(), "gr\u{fc}n".as_bytes()),
            ("alice:%E4", b"alice", b"\xe4"),
        ] {
            let proxy = parse(&format!("http://{user_info}@proxy:3128")).unwrap();
            let credentials = proxy.credentials.as_ref().unwrap();
            assert_eq!((&**credentials.user, &**credentials.password), (user, password), "{user_info}");
            assert_eq!((proxy.host(), proxy.port()), ("proxy", 3128));
        }
    }

    #[test]
    fn a_bad_url_is_explained_and_never_repeated() {
        let long = "canary".repeat(50);
        for (url, why) in [
            ("", HOST),
            ("http://", HOST),
            ("http://:3128", HOST),
            ("http://can ary", HOST),
            ("http://[::canary]:1", HOST),
            ("http://[::1", HOST),
            ("http://[::1]canary", HOST),
            ("::1", HOST),
            ("-", HOST),
            ("http://.", HOST),
            ("\"http://canary:1\"", QUOTES),
            ("'http://canary:1'", QUOTES),
            ("http://canary:port", PORT),
            ("http://canary:", PORT),
            ("http://canary:0", PORT),
            ("http://canary:+80", PORT),
            ("http://canary:65536", PORT),
            ("socks4://canary", SCHEME),
            ("socks://canary", SCHEME),
            ("canary://proxy", SCHEME),
            ("http://canary/proxy.pac", PATH),
            ("http://alice:12/canary@proxy", PATH),
            ("http://alice:canary%0D%0A@proxy", "control character"),
            ("http://alice%3Acanary:pw@proxy", "colon"),
            (&format!("socks5://{long}@proxy"), "255 bytes"),
            (&format!("socks5h://alice:{long}@proxy"), "255 bytes"),
        ] {
            let error = parse(url).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(why) && !shown.contains("canary"), "{url}: {shown}");
        }
        assert!(parse(&format!("http://alice:{long}@proxy")).is_ok());
        assert!(parse("socks5://al%3Aice:pw@proxy").is_ok());
    }

    #[test]
    fn nothing_shows_the_credentials() {
        let proxy = parse("http://canary:canary@proxy").unwrap();
        let error = proxy.unreachable("gone");
        let shown = format!("{proxy:?} {proxy:#?} {error:?} {error}");
        assert!(shown.contains("proxy:80") && !shown.contains("canary") && !shown.contains("Y2FuYXJ5"), "{shown}");
    }
}
