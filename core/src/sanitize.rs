//! Makes the Hub's own words fit for a terminal and a log: bounded, printable, without addresses or nested JSON.

/// The longest text kept, in characters.
pub(crate) const LONGEST: usize = 300;

/// Stands for a part that is not shown.
const HIDDEN: &str = "[...]";

/// Returns `text` in at most 300 printable characters. Control characters and other invisible ones are escaped; addresses (URLs,
/// IPs) and whatever follows an opening brace are left out, since answers have carried internal ones (docker/hub-feedback#2253).
pub(crate) fn clean(text: &str) -> Option<Box<str>> {
    let (text, nested) = text.split_once('{').map_or((text, None), |(before, _)| (before, Some(HIDDEN)));
    let words = text.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty());
    let words = words.map(|word| if is_address(word) { HIDDEN } else { word }).chain(nested);
    let spaced = words.flat_map(|word| std::iter::once(' ').chain(word.chars())).skip(1);
    // One word at a time: a text may be as long as the answer, but only its beginning is ever looked at.
    let shown = spaced.flat_map(|c| {
        let escape = (!is_printable(c)).then(|| c.escape_unicode());
        escape.is_none().then_some(c).into_iter().chain(escape.into_iter().flatten())
    });
    let shown: Box<str> = shown.take(LONGEST).collect();
    (!shown.is_empty()).then_some(shown)
}

/// Returns the first 300 printable characters of a text.
pub fn printable(text: &str) -> Box<str> {
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.into();
    }
    text.chars().filter(|c| is_printable(*c)).take(LONGEST).collect()
}

/// Returns whether a word is a URL or names a machine: an IP address, a host with a port, a host of an internal network.
fn is_address(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '[' | ']');
    word.contains("://") || word.split(|c| !is_part(c)).any(is_machine)
}

fn is_machine(text: &str) -> bool {
    use core::net::{IpAddr, SocketAddr};
    /// The last labels of internal names.
    const INTERNAL: [&str; 8] = ["cluster", "corp", "internal", "intranet", "lan", "local", "localdomain", "svc"];
    let text = text.trim_start_matches(['.', '-', '_']).trim_end_matches(['.', ':', '-', '_']);
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok() {
        return true;
    }
    let (name, port) = text.split_once(':').unwrap_or((text, ""));
    let Some((_, top)) = name.rsplit_once('.') else { return false };
    INTERNAL.contains(&&*top.to_ascii_lowercase()) || (!port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// Returns whether a character is shown as itself: no control character, and none that is unassigned, invisible or changes the
/// direction of text.
pub(crate) fn is_printable(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean_text(text: &str) -> String {
        clean(text).map(String::from).unwrap_or_default()
    }

    #[test]
    fn plain_words_stay() {
        assert_eq!(clean_text("Incorrect authentication credentials."), "Incorrect authentication credentials.");
        assert_eq!(clean_text("it's \"ä\" \\ 日本"), "it's \"ä\" \\ 日本");
        assert_eq!(clean(" \n "), None);
    }

    #[test]
    fn terminals_are_safe() {
        assert_eq!(clean_text("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(clean_text("a\u{202e}b\u{200b}c\u{9b}"), "a\\u{202e}b\\u{200b}c\\u{9b}");
        assert_eq!(clean_text("two\r\nlines"), "two lines");
    }

    #[test]
    fn addresses_and_nested_json_are_hidden() {
        assert_eq!(clean_text("GET http://10.0.0.7:8080/x failed {\"a\":1}"), "GET [...] failed [...]");
        assert_eq!(clean_text("dial 10.0.0.7:8080: refused by (10.0.0.8)"), "dial [...] refused by [...]");
        for machine in [
            "10.0.0.7:8080->10.0.0.8:443:",
            "addr=10.0.0.7,",
            "\"fd00::1\"",
            "[fd00::1]:443",
            "::1.",
            "accounts.example:8080:",
            "/auth.default.svc.cluster.local/",
            "Accounts.INTERNAL",
            "(db.svc)",
            "...10.0.0.7",
        ] {
            assert_eq!(clean_text(&format!("to {machine} now")), "to [...] now");
        }
        for plain in ["at 12:30:59:", "e.g.", "v1.2", "hub.docker.com", "local", "code:7", "detail.", "::", "[...]"] {
            assert_eq!(clean_text(plain), plain);
        }
    }

    #[test]
    fn the_bound_holds_whatever_is_escaped() {
        for text in
            ["x".repeat(1_000_000), "\u{1b}".repeat(1_000), "a ".repeat(1_000), format!("{}{{", "y".repeat(400))]
        {
            assert!(clean_text(&text).chars().count() <= LONGEST);
        }
    }
}
