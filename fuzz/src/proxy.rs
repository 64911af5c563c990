//! The target `proxy`: any variables that name a proxy, and any Hub.

use std::net::IpAddr;

use hub_auth_core::{Hub, Policy};
use hub_auth_host::Proxy;

use crate::checks;

/// Any values of the variables lead to a proxy, to none, or to an error that names the variable. Nothing shows the URL's user or
/// password. A loopback Hub has no proxy, nor has a Hub that a second reading of `NO_PROXY` finds on the list.
///
/// The text: the Hub's host, the proxy's URL, and the list, a line each.
pub fn proxy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(3, '\n');
    let [host, url, list] = [(); 3].map(|()| lines.next().unwrap_or_default());
    let Ok(base) = format!("https://{host}").parse() else { return };
    let Ok(hub) = Hub::new(base, Policy::new(1)) else { return };
    let found = Proxy::from_env_with(&hub, |name| match name {
        "HTTPS_PROXY" => Some(url.into()),
        "NO_PROXY" => Some(list.into()),
        _ => None,
    });
    let is_direct = hub.is_loopback() || url.is_empty() || is_listed(list, hub.host());
    match found {
        Ok(found) => {
            assert_eq!(found.is_none(), is_direct);
            let Some(proxy) = found else { return };
            assert!(proxy.port() != 0 && proxy.host().bytes().any(|byte| byte.is_ascii_alphanumeric() || byte == b':'));
            if !proxy.host().contains("canary-") {
                checks::silent(&format!("{proxy:?} {}", proxy.unreachable("gone")), &["canary-"]);
            }
            // Whatever may be sent is one line of a header.
            assert!(proxy.is_socks() || proxy.basic_auth().is_some() == proxy.credentials().is_some());
        }
        Err(error) => {
            assert!(!is_direct);
            let said = error.to_string();
            assert!(said.starts_with("HTTPS_PROXY: "), "{said}");
            checks::silent(&format!("{said} {error:?}"), &["canary-"]);
        }
    }
}

/// Reads the list by texts: names from their end, addresses bit by bit.
fn is_listed(list: &str, host: &str) -> bool {
    let mut entries = list.split(|c: char| c == ',' || c.is_whitespace());
    let Ok(address) = host.parse::<IpAddr>() else {
        let host = format!(".{}", host.to_ascii_lowercase().strip_suffix('.').unwrap_or(&host.to_ascii_lowercase()));
        let dotted = |entry: &str| {
            let entry = entry.to_ascii_lowercase();
            let entry = entry.strip_suffix('.').unwrap_or(&entry);
            format!(".{}", entry.strip_prefix('.').unwrap_or(entry))
        };
        return list.trim() == "*" || entries.any(|entry| dotted(entry) != "." && host.ends_with(&dotted(entry)));
    };
    let is_in = |entry: &str| {
        let entry = entry.replace(['[', ']'], "");
        let (network, length) =
            entry.split_once('/').map_or((&*entry, None), |(network, length)| (network, Some(length)));
        let Ok(network) = network.parse::<IpAddr>() else { return false };
        let (network, address) = (bits(network), bits(address));
        let length = length.map_or(Ok(network.len()), str::parse);
        length.is_ok_and(|length| {
            length <= network.len() && address.len() == network.len() && address[..length] == network[..length]
        })
    };
    list.trim() == "*" || entries.any(is_in)
}

fn bits(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("{:0128b}", address.to_bits()),
    }
}
