//! Reads `NO_PROXY`, the list of hosts that are reached without a proxy, nearly as curl 7.86 and later do.

use core::net::IpAddr;

use ipnet::IpNet;

/// Returns whether the list names the host (IPv6 without brackets).
///
/// Commas or blanks separate the entries. A name stands for itself and all names below it, with or without a dot in front. An
/// address or network (`10.0.0.0/8`) stands for hosts that are written as an address. `*` alone stands for all.
///
/// Beyond curl 7.88, this takes any blanks, also around `*`; `0.0.0.0/0`; and for IPv6 networks, brackets, and every spelling
/// of an address. Unlike curl, it ignores `10.1.2.3/`.
pub(super) fn names(list: &str, host: &str) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let mut entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
    match host.parse::<IpAddr>() {
        Ok(address) => entries.any(|entry| network(entry).is_some_and(|network| network.contains(&address))),
        Err(_) => entries.any(|entry| is_below(entry, host)),
    }
}

fn is_below(entry: &str, host: &str) -> bool {
    let bare = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let (entry, host) = (bare(entry), bare(host));
    let domain = entry.strip_prefix('.').unwrap_or(&entry);
    let above = host.strip_suffix(domain);
    !domain.is_empty() && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// Reads an address or a network, an address of IPv6 with brackets or without.
fn network(entry: &str) -> Option<IpNet> {
    let entry = entry.replace(['[', ']'], "");
    match entry.split_once('/') {
        Some((address, bits)) => IpNet::new(address.parse().ok()?, bits.parse().ok()?).ok(),
        None => entry.parse::<IpAddr>().ok().map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_domains_addresses_and_networks() {
        for (list, host, named) in [
            ("*", "hub.docker.com", true),
            (" * ", "10.1.2.3", true),
            ("localhost,*", "hub.docker.com", false),
            ("*.docker.com", "hub.docker.com", false),
            ("", "hub.docker.com", false),
            (",. ,", "hub.docker.com", false),
            ("docker.com", "hub.docker.com", true),
            (".docker.com", "hub.docker.com", true),
            (".docker.com", "docker.com", true),
            ("docker.com.", "HUB.docker.com", true),
            ("Docker.Com", "hub.docker.com.", true),
            ("ocker.com", "hub.docker.com", false),
            ("hub.docker.com", "docker.com", false),
            ("hub.docker.com:443", "hub.docker.com", false),
            ("example.org,docker.com", "hub.docker.com", true),
            ("example.org docker.com", "hub.docker.com", true),
            ("example.org ,\tdocker.com", "hub.docker.com", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("2.3", "10.1.2.3", false),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.1.2.2/31", "10.1.2.3", true),
            ("10.1.2.0/31", "10.1.2.3", false),
            ("10.1.2.3/32", "10.1.2.3", true),
            ("0.0.0.0/0", "10.1.2.3", true),
            ("10.0.0.0/33", "10.1.2.3", false),
            ("10.0.0.0/-1", "10.1.2.3", false),
            ("10.0.0.0/", "10.1.2.3", false),
            ("10.0.0.0/8", "hub.docker.com", false),
            ("::/0", "10.1.2.3", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
            ("[2001:db8::1]", "2001:db8::1", true),
            ("[2001:db8::]/32", "2001:db8::1", true),
            // MaterializeInc/materialize#9265: quotes are part of the name, for curl too.
            ("'docker.com'", "hub.docker.com", false),
            ("2001:0db8:0::1", "2001:db8::1", true),
            ("2001:db8::1/129", "2001:db8::1", false),
        ] {
            assert_eq!(names(list, host), named, "{list:?} {host}");
        }
    }
}
