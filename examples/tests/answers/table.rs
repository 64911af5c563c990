//! How a login ends in each scenario: one row each, in the order of the simulated Hub's own table, which names the sources.

use hub_auth_core::FailureKind;
use hub_auth_testkit::hub::demo;

/// How a login ends in a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) who: Who,
    pub(crate) end: End,
    /// Requests that arrive.
    pub(crate) requests: usize,
    /// The bound of one attempt, in seconds, where it is reached.
    pub(crate) timeout: Option<u64>,
}

/// Who logs in, with which of the demo secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Password,
    PersonalToken,
    OrganizationToken,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Done {
        user: &'static str,
        expires: Expires,
    },
    Failed {
        kind: FailureKind,
        status: Option<u16>,
        /// Seconds from the answer's receipt to `retry_at`, at least and at most.
        wait: Option<(u64, u64)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expires {
    Never,
    /// As the simulated Hub sets it.
    Later,
    At(u64),
}

impl Row {
    const fn by(self, who: Who) -> Row {
        Row { who, ..self }
    }

    const fn within(self, seconds: u64) -> Row {
        Row { timeout: Some(seconds), ..self }
    }
}

const fn row(name: &'static str, end: End, requests: usize) -> Row {
    Row { name, who: Who::Password, end, requests, timeout: None }
}

const fn done(name: &'static str, user: &'static str, expires: Expires, requests: usize) -> Row {
    row(name, End::Done { user, expires }, requests)
}

const fn ends(name: &'static str, kind: FailureKind, status: u16, requests: usize) -> Row {
    row(name, End::Failed { kind, status: Some(status), wait: None }, requests)
}

const fn breaks(name: &'static str, kind: FailureKind, requests: usize) -> Row {
    row(name, End::Failed { kind, status: None, wait: None }, requests)
}

const fn waits(name: &'static str, kind: FailureKind, status: u16, requests: usize, seconds: u64) -> Row {
    waits_about(name, kind, status, requests, (seconds, seconds))
}

const fn waits_about(name: &'static str, kind: FailureKind, status: u16, requests: usize, wait: (u64, u64)) -> Row {
    row(name, End::Failed { kind, status: Some(status), wait: Some(wait) }, requests)
}

use Expires::{At, Later, Never};
use FailureKind::{
    AnswerTooLarge, BlockedByEdge, CodeRefused, CredentialsRefused, MalformedAnswer, RateLimited, Redirected,
    RefusedByPolicy, ServerFault, TimedOut, Transport,
};

const ALICE: &str = demo::USER;

pub(crate) const ROWS: &[Row] = &[
    done("demo", ALICE, Later, 2),
    done("no-second-factor", ALICE, Later, 1),
    ends("wrong-password", CredentialsRefused, 401, 1),
    ends("wrong-password-dot", CredentialsRefused, 401, 1),
    ends("wrong-password-unauthorized", CredentialsRefused, 401, 1),
    ends("wrong-password-errinfo", CredentialsRefused, 401, 1).by(Who::PersonalToken),
    ends("unverified-email", CredentialsRefused, 401, 1),
    ends("organization-account", CredentialsRefused, 401, 1),
    ends("expired-organization-token", CredentialsRefused, 401, 1).by(Who::OrganizationToken),
    ends("personal-token-required", CredentialsRefused, 401, 1),
    done("second-factor-misleading", ALICE, Never, 2),
    done("second-factor-200", ALICE, Never, 2),
    done("second-factor-surrogate", ALICE, Never, 2),
    done("second-factor-bom", ALICE, Never, 2),
    done("second-factor-latin1", ALICE, Never, 2),
    done("second-factor-control", ALICE, Never, 2),
    ends("ticket-null", CredentialsRefused, 401, 1),
    ends("ticket-absent", CredentialsRefused, 401, 1),
    ends("ticket-empty", CredentialsRefused, 401, 1),
    ends("ticket-number", CredentialsRefused, 401, 1),
    ends("ticket-array", CredentialsRefused, 401, 1),
    ends("ticket-object", CredentialsRefused, 401, 1),
    ends("ticket-in-500", ServerFault, 500, 3),
    ends("wrong-code", CodeRefused, 401, 2),
    ends("wrong-code-unauthorized", CodeRefused, 401, 2),
    ends("expired-ticket", CodeRefused, 401, 2),
    ends("no-token-after-code", MalformedAnswer, 200, 2),
    waits("rate-limited-code", RateLimited, 429, 2, 60),
    ends("server-fault-code", ServerFault, 503, 2),
    breaks("lost-code", Transport, 2),
    // What is not allowed, and what went wrong inside the Hub.
    ends("forbidden", RefusedByPolicy, 403, 1),
    ends("forbidden-errinfo", RefusedByPolicy, 403, 1),
    ends("forbidden-internal", RefusedByPolicy, 403, 1),
    ends("forbidden-nested", RefusedByPolicy, 403, 1),
    ends("forbidden-jwt", RefusedByPolicy, 403, 1).by(Who::PersonalToken),
    ends("forbidden-personal-token", RefusedByPolicy, 403, 1).by(Who::PersonalToken),
    ends("forbidden-not-allowed", RefusedByPolicy, 403, 1).by(Who::PersonalToken),
    ends("forbidden-organization-token", RefusedByPolicy, 403, 1).by(Who::OrganizationToken),
    ends("forbidden-through-edge", RefusedByPolicy, 403, 1),
    ends("forbidden-hostile", RefusedByPolicy, 403, 1),
    ends("single-sign-on", RefusedByPolicy, 403, 1),
    ends("invalid-grant", RefusedByPolicy, 403, 1),
    ends("malformed-request", RefusedByPolicy, 400, 1),
    ends("value-error", RefusedByPolicy, 400, 1),
    ends("fields-required", RefusedByPolicy, 400, 1),
    ends("session-store-down", ServerFault, 500, 3),
    ends("session-store-down-409", ServerFault, 409, 1),
    ends("signer-down", ServerFault, 500, 3),
    ends("server-fault", ServerFault, 503, 3),
    waits("server-fault-wait", ServerFault, 503, 1, 60),
    done("flaky", ALICE, Later, 4),
    ends("server-error", ServerFault, 500, 3),
    // 429. The simulated Hub's own minute ends 42 seconds after the time the server is set to.
    waits_about("rate-limited", RateLimited, 429, 1, (12, 42)),
    waits("rate-limited-timestamp", RateLimited, 429, 1, 60),
    waits("rate-limited-seconds", RateLimited, 429, 1, 60),
    waits("rate-limited-milliseconds", RateLimited, 429, 1, 60),
    waits("rate-limited-date", RateLimited, 429, 1, 60),
    waits("rate-limited-x-retry-after", RateLimited, 429, 1, 60),
    waits("rate-limited-reset", RateLimited, 429, 1, 60),
    waits("rate-limited-negative", RateLimited, 429, 3, 0),
    waits("rate-limited-past", RateLimited, 429, 3, 0),
    waits("rate-limited-absurd", RateLimited, 429, 1, 86_400),
    waits("rate-limited-unreadable", RateLimited, 429, 1, 60),
    waits("rate-limited-unnamed", RateLimited, 429, 1, 60),
    waits("rate-limited-haproxy", RateLimited, 429, 1, 60),
    waits_about("rate-limited-cut", RateLimited, 429, 1, (12, 42)),
    waits("rate-limited-list", RateLimited, 429, 1, 60),
    waits("rate-limited-twice", RateLimited, 429, 1, 60),
    waits("rate-limited-decimal", RateLimited, 429, 1, 60),
    waits("rate-limited-signed", RateLimited, 429, 1, 60),
    waits("rate-limited-quoted", RateLimited, 429, 1, 60),
    waits("rate-limited-bare", RateLimited, 429, 1, 600),
    waits("locked-out", RateLimited, 429, 1, 600),
    waits("locked-out-legacy", RateLimited, 429, 1, 600),
    // The edge, gateways, proxies, the line.
    ends("edge-blocked", BlockedByEdge, 403, 1),
    ends("edge-blocked-json", BlockedByEdge, 403, 1),
    ends("edge-blocked-page", BlockedByEdge, 403, 1),
    waits("edge-limited-json", RateLimited, 429, 1, 30),
    waits("edge-bad-gateway-json", ServerFault, 502, 1, 60),
    waits("edge-tunnel-json", ServerFault, 530, 1, 120),
    ends("edge-tls-json", ServerFault, 525, 1),
    ends("network-login", MalformedAnswer, 511, 1),
    ends("compressed", MalformedAnswer, 401, 1),
    ends("compressed-unnamed", MalformedAnswer, 401, 1),
    ends("edge-challenge", BlockedByEdge, 403, 1),
    ends("edge-unavailable", BlockedByEdge, 503, 3),
    ends("edge-page", BlockedByEdge, 403, 1),
    ends("bad-gateway", ServerFault, 502, 3),
    ends("gateway-timeout", ServerFault, 504, 3),
    ends("request-timeout", ServerFault, 408, 1),
    ends("html", MalformedAnswer, 200, 1),
    ends("proxy-method", MalformedAnswer, 405, 1),
    ends("proxy-login", MalformedAnswer, 407, 1),
    ends("not-found", MalformedAnswer, 404, 1),
    ends("redirect", Redirected, 307, 1),
    ends("redirect-301", Redirected, 301, 1),
    ends("redirect-302", Redirected, 302, 1),
    ends("redirect-303", Redirected, 303, 1),
    ends("redirect-308", Redirected, 308, 1),
    breaks("dropped", Transport, 2),
    done("lost-answer", ALICE, Later, 3),
    ends("truncated", Transport, 401, 1),
    breaks("head-cut", Transport, 2),
    breaks("not-http", Transport, 2),
    ends("slow", TimedOut, 401, 1).within(5),
    breaks("silent", TimedOut, 2).within(5),
    // 200 that is no success, and a success in odd clothes.
    ends("no-token", MalformedAnswer, 200, 1),
    ends("token-null", MalformedAnswer, 200, 1),
    ends("token-empty", MalformedAnswer, 200, 1),
    ends("token-number", MalformedAnswer, 200, 1),
    ends("token-line-break", MalformedAnswer, 200, 1),
    ends("token-space", MalformedAnswer, 200, 1),
    ends("token-non-ascii", MalformedAnswer, 200, 1),
    ends("token-long", MalformedAnswer, 200, 1),
    ends("empty", MalformedAnswer, 200, 1),
    ends("json-array", MalformedAnswer, 200, 1),
    ends("json-string", MalformedAnswer, 200, 1),
    ends("json-null", MalformedAnswer, 200, 1),
    ends("json-cut", MalformedAnswer, 200, 1),
    ends("json-deep", MalformedAnswer, 200, 1),
    ends("endless", AnswerTooLarge, 200, 1),
    ends("endless-unannounced", AnswerTooLarge, 200, 1),
    done("json-as-html", ALICE, Later, 2),
    done("json-untyped", ALICE, Never, 1),
    done("refresh-token", ALICE, Never, 1),
    // Tokens, by what they say of themselves.
    done("claims-personal-token", "mobydock", At(1_769_819_388), 1).by(Who::PersonalToken),
    done("claims-device-flow", "mobydock", At(1_719_506_539), 1),
    done("claims-other-user", "mallory", At(1_767_226_200), 1).by(Who::PersonalToken),
    done("claims-without-expiry", ALICE, Never, 1),
    done("claims-absurd-expiry", ALICE, Never, 1),
    done("claims-fractional-expiry", ALICE, At(1_767_226_200), 1),
    done("claims-text-expiry", ALICE, Never, 1),
    done("claims-large-header", ALICE, At(1_767_226_200), 1),
    done("token-opaque", ALICE, Never, 1),
    done("token-five-parts", ALICE, Never, 1),
];
