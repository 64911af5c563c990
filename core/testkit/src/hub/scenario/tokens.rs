//! Logins that succeed at once, by what their token says of itself. It opens nothing here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Scenario;
use super::canned::{reference, token};
use crate::hub::Fault;

const CLI: &str = "docker/cli internal/oauth/manager/manager_test.go at 22718e034ea2";
const INFERRED: &str = "inferred from mongodb/kingfisher#202";

pub(super) const ALL: &[Scenario] = &[
    Scenario::new(
        "claims-personal-token",
        "`aud` a string, `source` an object; it expired in January 2026",
        "mongodb/kingfisher#202",
        |hub| hub.always(jwt(reference!("claims/auth-token-pat.json"))),
    ),
    Scenario::new("claims-device-flow", "`aud` an array, `source` a string", CLI, |hub| {
        hub.always(jwt(reference!("claims/device-flow.json")))
    }),
    Scenario::new(
        "claims-other-user",
        "the token is another user's, as a personal token's may be",
        "trufflesecurity/trufflehog#4099",
        |hub| hub.always(jwt(br#"{"exp":1767226200,"https://hub.docker.com":{"username":"mallory"}}"#)),
    ),
    Scenario::new("claims-without-expiry", "no `exp`", INFERRED, |hub| {
        hub.always(jwt(reference!("claims/without-exp.json")))
    }),
    Scenario::new("claims-absurd-expiry", "an `exp` after the year 9999", INFERRED, |hub| {
        hub.always(jwt(br#"{"exp":18446744073709551615}"#))
    }),
    Scenario::new("claims-fractional-expiry", "an `exp` with a fraction", INFERRED, |hub| {
        hub.always(jwt(br#"{"exp":1767226200.75}"#))
    }),
    Scenario::new("claims-text-expiry", "an `exp` that is a text", INFERRED, |hub| {
        hub.always(jwt(br#"{"exp":"1767226200"}"#))
    }),
    Scenario::new(
        "claims-large-header",
        "a header of 8 KiB: a chain of certificates",
        "docker/hub-feedback#487",
        |hub| {
            let header = format!(r#"{{"alg":"RS256","typ":"JWT","x5c":["{}"]}}"#, "M".repeat(8 * 1024));
            hub.always(parts(&[header.as_bytes(), br#"{"exp":1767226200}"#, b"signature"]))
        },
    ),
    Scenario::new("token-opaque", "a token without a dot", INFERRED, |hub| hub.always(token("made-up-token"))),
    Scenario::new("token-five-parts", "a token of five parts", INFERRED, |hub| {
        hub.always(parts(&[b"{}", br#"{"exp":1767226200}"#, b"three", b"four", b"five"]))
    }),
];

fn jwt(claims: &[u8]) -> Fault {
    parts(&[br#"{"alg":"RS256","typ":"JWT"}"#, claims, b"made up, signed by nobody"])
}

fn parts(parts: &[&[u8]]) -> Fault {
    token(&parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join("."))
}
