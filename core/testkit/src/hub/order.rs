//! Reads a fault from JSON: from the table of scenarios, and from the body of `POST /_sim/fault`.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answers::{self, Answer};
use super::faults::Fault;

/// Bounds how many requests meet one fault.
const MOST_TIMES: usize = 1000;
/// Bounds how often a text is repeated.
const MOST_REPEATS: usize = 100_000;

/// Holds the fields of a fault, which `crate::control` documents.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Order {
    fault: Kind,
    status: Option<u16>,
    /// Adds the headers of the edge in front of the Hub.
    edge: bool,
    /// An empty list removes a header.
    headers: BTreeMap<String, Values>,
    body: String,
    json: Option<Box<RawValue>>,
    token: String,
    /// The parts of a token, before base64url. A part that begins with `@` names a fixture.
    jwt: Vec<String>,
    /// A fixture, which stands behind the body.
    file: Option<String>,
    /// Replaces a mark in the texts by another text, repeated so many times.
    repeat: BTreeMap<String, (String, usize)>,
    bytes: usize,
    every_ms: u64,
    times: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Answer,
    Pass,
    Drop,
    DropAfter,
    Stall,
    Truncate,
    Drip,
    Endless,
    EndlessUnannounced,
    Raw,
    Headers,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    All(Vec<String>),
}

macro_rules! fixtures {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/", $file)))),*]
    };
}

#[rustfmt::skip]
const FIXTURES: &[(&str, &[u8])] = fixtures![
    "claims/auth-token-pat.json", "claims/device-flow.json", "claims/without-exp.json", "schema.value-error.json",
    "users-login.401.absent.json", "users-login.401.json", "users-login.401.null.json", "wild/cloudflare-1010.html",
    "wild/cloudflare-1010.json", "wild/cloudflare-1010.txt", "wild/cloudflare-1015.json",
    "wild/cloudflare-1033.json", "wild/cloudflare-502.json", "wild/cloudflare-525.json",
    "wild/cloudflare-challenge.html", "wild/fields-required.json", "wild/gateway-504.html", "wild/haproxy-429.txt",
    "wild/login-with-refresh.json", "wild/malformed-request.txt", "wild/network-login-511.html",
    "wild/oat-not-allowed.json", "wild/oauth-invalid-grant.json", "wild/organization-account.json",
    "wild/pat-forbidden-detail.json", "wild/pat-forbidden-errinfo.json", "wild/pat-forbidden-internal.json",
    "wild/pat-forbidden-nested.json", "wild/pat-jwt-forbidden.json", "wild/pat-not-allowed.json",
    "wild/pat-token.json", "wild/rate-limit.json", "wild/redirect-301.html", "wild/second-factor-200.json",
    "wild/second-factor-bom.json", "wild/second-factor-control.json", "wild/second-factor-latin1.json",
    "wild/second-factor-surrogate.json", "wild/second-factor.json", "wild/second-factor.json.gz",
    "wild/session-store-down.json", "wild/signer-down.json", "wild/token-empty.json", "wild/token-missing.json",
    "wild/token-null.json", "wild/unauthorized-detail.json", "wild/unauthorized-errinfo.json",
    "wild/wrong-password-dot.json", "wild/wrong-password.json",
];

impl Order {
    pub(crate) fn times(&self) -> usize {
        self.times.unwrap_or(1).min(MOST_TIMES)
    }

    /// Builds the fault. The error is a sentence for the author of the JSON.
    pub(crate) fn fault(&self) -> Result<Fault, String> {
        Ok(match self.fault {
            Kind::Answer => Fault::Answer(self.answer()?),
            Kind::Pass => Fault::Pass,
            Kind::Drop => Fault::DropBefore,
            Kind::DropAfter => Fault::DropAfter,
            Kind::Stall => Fault::Stall,
            Kind::Truncate => Fault::Truncate(self.bytes),
            Kind::Drip => Fault::Drip(Duration::from_millis(self.every_ms)),
            Kind::Endless => Fault::Endless(self.bytes as u64),
            Kind::EndlessUnannounced => Fault::EndlessUnannounced(self.bytes as u64),
            Kind::Raw => Fault::Raw(self.content()?),
            Kind::Headers => Fault::Headers(self.set_headers(HeaderMap::new())?),
        })
    }

    fn answer(&self) -> Result<Answer, String> {
        let status = StatusCode::from_u16(self.status.unwrap_or(200)).map_err(|error| format!("status: {error}"))?;
        let build = if self.edge { answers::from_edge } else { answers::of_type };
        let mut answer = build(status, "application/json", self.content()?);
        *answer.headers_mut() = self.set_headers(std::mem::take(answer.headers_mut()))?;
        Ok(answer)
    }

    fn set_headers(&self, mut headers: HeaderMap) -> Result<HeaderMap, String> {
        for (name, values) in &self.headers {
            let name: HeaderName = name.parse().map_err(|error| format!("headers: {error}"))?;
            headers.remove(&name);
            for value in values.all() {
                let value: HeaderValue = value.parse().map_err(|error| format!("headers: {error}"))?;
                headers.append(&name, value);
            }
        }
        Ok(headers)
    }

    fn content(&self) -> Result<Vec<u8>, String> {
        let parts = self.jwt.iter().map(|part| {
            Ok(URL_SAFE_NO_PAD.encode(match part.strip_prefix('@') {
                Some(file) => fixture(file)?.to_vec(),
                None => self.repeated(part).into_bytes(),
            }))
        });
        let token = match &*self.token {
            "" => parts.collect::<Result<Vec<_>, String>>()?.join("."),
            token => self.repeated(token),
        };
        let text = match &self.json {
            Some(json) => json.get().to_owned(),
            None if token.is_empty() => self.repeated(&self.body),
            None => serde_json::json!({ "token": token, "access_token": token }).to_string(),
        };
        let file = self.file.as_deref().map_or(Ok(&[][..]), fixture)?;
        Ok([text.as_bytes(), file].concat())
    }

    fn repeated(&self, text: &str) -> String {
        let put = |text: String, (mark, (part, times)): (&String, &(String, usize))| {
            text.replace(mark, &part.repeat(MOST_REPEATS.min(*times)))
        };
        self.repeat.iter().fold(text.to_owned(), put)
    }
}

impl Values {
    fn all(&self) -> &[String] {
        match self {
            Values::One(value) => std::slice::from_ref(value),
            Values::All(values) => values,
        }
    }
}

fn fixture(file: &str) -> Result<&'static [u8], String> {
    let found = FIXTURES.iter().find(|(name, _)| *name == file);
    found.map(|(_, bytes)| *bytes).ok_or_else(|| format!("file: there is no fixture `{file}`"))
}
