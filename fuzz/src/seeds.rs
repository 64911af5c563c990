//! The inputs a corpus starts from: every answer of core's fixtures on every call, odd ones, and logins that people meet.

use std::path::Path;

/// An input: its target, its file name, its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// All seeds, the same each time.
///
/// # Panics
///
/// If the fixtures cannot be read.
#[must_use]
pub fn all() -> Vec<Seed> {
    let mut seeds = answers();
    seeds
        .extend(REPLIES.map(|(name, call, status, headers, body)| reply(name, call, status, headers, body.as_bytes())));
    let judged = seeds.iter().filter(|(_, name, _)| name.starts_with("seed-login") || name.starts_with("seed-edge"));
    let judged: Vec<_> = judged.map(|(_, name, bytes)| ("api", name.clone(), bytes.clone())).collect();
    seeds.extend(judged);
    seeds.extend(SEALED.map(|(name, text)| ("sealed", format!("seed-{name}"), text.as_bytes().to_vec())));
    for (target, texts) in [("docker", &DOCKER[..]), ("proxy", &PROXY)] {
        seeds.extend(texts.iter().map(|(name, text)| (target, format!("seed-{name}"), text.as_bytes().to_vec())));
    }
    seeds.extend(SCRIPTS.iter().map(|(name, bytes)| ("script", format!("seed-{name}"), bytes.to_vec())));
    seeds
}

/// Headers of the kind that matter, by what is in a fixture's name.
const HEADERS: [(&str, &str); 5] = [
    (
        "rate-limit",
        "date: Thu, 01 May 2025 22:01:18 GMT\nretry-after: 1746136938\nx-ratelimit-limit: 180\n\
         x-ratelimit-remaining: 0\nx-ratelimit-reset: 1746136938",
    ),
    ("haproxy", "content-type: text/plain\nretry-after: 60\nconnection: close"),
    ("cloudflare", "content-type: text/plain; charset=UTF-8\nserver: cloudflare\ncf-ray: 8f0-FRA"),
    ("redirect", "content-type: text/html\nlocation: https://elsewhere.example/v2/users/login/"),
    ("", "content-type: application/json\nx-trace-id: 0af7651916cd43dd8448eb211c80319c"),
];

/// The status of a fixture, where its name does not hold it.
const STATUSES: [(&str, u16); 17] = [
    ("cloudflare-1015", 429),
    ("cloudflare-502", 502),
    ("cloudflare-1033", 530),
    ("cloudflare-525", 525),
    ("network-login", 511),
    ("rate-limit", 429),
    ("haproxy", 429),
    ("cloudflare", 403),
    ("forbidden", 403),
    ("allowed", 403),
    ("pat-token", 403),
    ("redirect", 301),
    ("gateway", 200),
    ("token-", 200),
    ("-down", 503),
    ("request", 400),
    ("", 401),
];

#[expect(clippy::expect_used, reason = "a test helper")]
fn answers() -> Vec<Seed> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/testkit/fixtures");
    let mut seeds = Vec::new();
    for sub in ["", "wild"] {
        for entry in std::fs::read_dir(fixtures.join(sub)).expect("the fixtures") {
            let entry = entry.expect("a fixture");
            let name = entry.file_name().into_string().expect("a plain name");
            if entry.path().is_dir() || name == "README.md" || name.contains(".request") {
                continue;
            }
            let body = std::fs::read(entry.path()).expect("a fixture");
            let named = name.split('.').find_map(|part| part.parse().ok());
            let by_name = || STATUSES.iter().find(|(part, _)| name.contains(part)).map(|(_, status)| *status);
            let status: u16 = named.or_else(by_name).expect("a status");
            let headers = HEADERS.iter().find(|(part, _)| name.contains(part)).map_or("", |(_, lines)| lines);
            // What was seen in the wild is tried on one call, to keep the corpus small.
            let routes: &[&str] = if sub == "wild" { &["login"] } else { &["login", "token", "code"] };
            for (call, route) in (0..).zip(routes) {
                seeds.push(reply(&format!("{route}-{name}"), call, status, headers, &body));
            }
        }
    }
    seeds.sort();
    seeds
}

fn reply(name: &str, call: u8, status: u16, headers: &str, body: &[u8]) -> Seed {
    let mut bytes = vec![call];
    bytes.extend((status - 100).to_le_bytes());
    bytes.push(40);
    bytes.extend([headers.as_bytes(), b"\n\n", body].concat());
    ("reply", format!("seed-{name}"), bytes)
}

/// Sealed forms: a challenge, a session, and what is wrong with some.
const SEALED: [(&str, &str); 4] = [
    (
        "challenge",
        r#"{"hub_auth_challenge":1,"hub":"https://hub.docker.com:443","user":"alice","kind":"password","had_capitals":false,"ticket":"t","codes_left":2,"not_before":1760000060000,"skew":-1000,"why":{"kind":"code_refused","status":401,"trace_id":"7f","said":"no"}}"#,
    ),
    (
        "session",
        r#"{"hub_auth_session":2,"hub":"https://hub.docker.com:443","user":"alice","kind":"password","route":"users/login","token":"t","granted_by":"users/2fa-login","whole":600000,"left":500000,"seen":1760000000000,"skew":0,"totp_step":58666666,"holds":[]}"#,
    ),
    ("later", r#"{"hub_auth_challenge":99}"#),
    ("other-hub", r#"{"hub_auth_session":2,"hub":"https://hub.docker.com:444"}"#),
];

/// Files of docker's, as programs write them.
const DOCKER: [(&str, &str); 9] = [
    ("plain", r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YWxpY2U6aHVuOnRlcjI="}}}"#),
    ("user", r#"{"auths":{"https://index.docker.io/v1/":{"username":"alice","password":"hun:ter2","email":"x"}}}"#),
    ("identity", r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YWxpY2U6","identitytoken":"t"}}}"#),
    ("registry", r#"{"auths":{"https://index.docker.io/v1/":{"registrytoken":"t"}}}"#),
    ("store", r#"{"credsStore":"desktop","auths":{"https://index.docker.io/v1/":{}}}"#),
    ("helpers", r#"{"credHelpers":{"https://index.docker.io/v1/":"","ghcr.io":"x"},"credsStore":"pass"}"#),
    ("bad", r#"{"auths":{"ghcr.io":{"auth":"canary-"},"https://index.docker.io/v1/":{"auth":"eA=="}}}"#),
    (
        "other-case",
        r#"{"Auths":{"https://index.docker.io/v1/":{"Auth":"YWxpY2U6aHVuOnRlcjI=","auth":null}},"auths":null}"#,
    ),
    ("two", r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YWxpY2U6aHVuOnRlcjI="}}}{}"#),
];

/// A Hub's host, a proxy's URL, and a list of exceptions.
const PROXY: [(&str, &str); 8] = [
    ("plain", "hub.docker.com\nhttp://proxy:3128\nlocalhost,.example.org"),
    ("secret", "hub.docker.com\nhttp://canary-u:canary-p%40@proxy\n"),
    ("socks", "hub.docker.com\nsocks5h://canary-u:p@[::1]:9050\n"),
    ("listed", "hub.docker.com\nproxy\n.Docker.com."),
    ("star", "hub.docker.com\nproxy\n * "),
    ("network", "10.1.2.3\nproxy\n10.0.0.0/8 192.168.0.0/16"),
    ("network-6", "[2001:db8::1]:8443\nproxy\n[2001:db8::]/32,::/0"),
    ("bad", "hub.docker.com\n\"http://canary-u:p@h/x\"\n"),
];

/// What no fixture has: a name, call and form (see `reply`), status, headers, body.
const REPLIES: [(&str, u8, u16, &str, &str); 12] = [
    ("echo-detail", 0, 400, "", r#"{"detail":"no password canary-password-7193 here"}"#),
    ("echo-spelled", 0, 401, "", r#"{"detail":"not \"canary\\u002dpassword - 7193\""}"#),
    ("echo-trace-id", 0, 500, "x-trace-id: canary-password-7193\ncf-ray: canary-password-7193", ""),
    ("echo-location", 0, 302, "location: https://canary-password-7193.example/", ""),
    ("echo-code", 2, 401, "x-trace-id: canary-code-8846", r#"{"detail":"canary-ticket-5527"}"#),
    ("redirect-399", 0, 399, "", ""),
    ("edge-503", 1, 503, "cf-ray: 8f", ""),
    ("edge-code", 0, 403, "", "error code: 1010"),
    ("wait-absurd", 0, 429, "retry-after: 99999999999999999999", ""),
    ("terminal", 0, 403, "", r#"{"message":"\u001b[2J\u202e"}"#),
    ("fault-flag", 0, 418, "", r#"{"error":true,"detail":"try again later"}"#),
    ("cut-429", 5, 429, "retry-after: 30", ""),
];

/// Four bytes of setup (a password, three sends and three codes, five seconds, seed 7), then operations. See `script`.
const SCRIPTS: [(&str, &[u8]); 15] = [
    ("password", b"\0\x22\x05\x07\0\0\0"),
    ("token", b"\x01\x22\x05\x07\0\0\0"),
    ("second-factor", b"\0\x22\x05\x07\x01\0\0\0\x01\0\0\0\0"),
    ("sealed", b"\0\x22\x05\x07\x01\0\0\x01\x01\0\0\0\0"),
    ("wrong-codes", b"\0\x22\x05\x07\x01\0\0\0\x01\0\x02\0\0\0\x02\0\x02\0\0\0\x03\0\x02\0\0"),
    ("faults", b"\0\x22\x05\x07\x03\x03\0\0\0\0\x03\x03\0\0\0\0\0\0\0"),
    ("lost", b"\0\x22\x05\x07\x07\0\0\0\0\0\x07\0\0"),
    ("not-sent-code", b"\0\x22\x05\x07\x01\0\0\0\x01\0\x06\0\0\0\0\0\0\0\0"),
    ("faults-to-the-end", b"\0\x22\x05\x07\x03\x01\0\0\0\0\x03\x01\0\0\0\0\x03\x01\0\0\0\0"),
    ("wait-too-long", b"\0\x22\x05\x07\x03\xf0\0\0\0\0"),
    ("lost-code", b"\0\x22\x05\x07\x01\0\0\0\x01\0\x07\0\0\0\x02\0\0\0\0"),
    ("new-ticket", b"\0\x22\x05\x07\x01\0\0\0\x01\0\x01\x09\0\0\x02\0\0\0\0"),
    ("code-in-time", b"\0\x22\x05\x07\x01\0\0\0\x01\0\x03\x10\0\0\x02\x40\0\0\0"),
    ("code-not-sent-to-the-end", b"\0\x22\x05\x07\x01\0\0\0\x01\0\x06\0\0\0\0\0\x06\0\0\0\0\0\x06\0\0\0\x02\0\0\0\0"),
    ("early-code", b"\0\x22\x05\x07\x01\0\0\0\x01\0\x03\xf0\0\x01\x02\0\x01\0\x1e\0\0\0\0\0\0"),
];
