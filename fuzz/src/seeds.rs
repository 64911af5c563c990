//! Inputs made from the fixtures: every answer on every call. The other files of the corpora were written by hand.

use std::path::Path;

/// The target, the file name and the bytes of an input.
pub type Seed = (&'static str, String, Vec<u8>);

/// Returns all seeds, the same each time.
///
/// # Panics
///
/// If the fixtures cannot be read.
#[must_use]
pub fn all() -> Vec<Seed> {
    let mut seeds = answers();
    let judged = seeds.iter().filter(|(_, name, _)| name.starts_with("seed-login"));
    let judged: Vec<_> = judged.map(|(_, name, bytes)| ("api", name.clone(), bytes.clone())).collect();
    seeds.extend(judged);
    seeds
}

/// Headers that decide, by a part of the fixture's name.
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
            // Answers from the wild are tried on one call, to keep the corpus small.
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
