//! Every body of the published reference is parsed and produced by the machine, and every answer seen in the wild leads to
//! what the table in `fixtures/README.md` says of it. A fixture without a row here fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::common::{Driver, NOW, answer, body, budget, challenge, code, word};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::http::Method;
use hub_auth_core::{Account, Credential, Grant, Hub, Route, Secret, Step, UnixTime};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testkit/fixtures")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap()
}

/// A Hub that tries once, so that every failure shows at once.
fn hub() -> Hub {
    Hub::docker(budget(1, 3))
}

/// The step after this answer to the call of `route`.
fn after(route: Route, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Step {
    let hub = hub();
    let step = match route {
        Route::TwoFactor => challenge(&hub).answer(code("012345"), NOW),
        Route::AuthToken => hub.login(&crate::common::token_account()),
        _ => hub.login(&crate::common::account()),
    };
    Driver::default().run(step, vec![answer(status, headers, body).into()])
}

struct Row {
    file: &'static str,
    route: Route,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    /// As [`word`] has it.
    leads_to: &'static str,
    /// The Hub's words that are kept.
    said: Option<&'static str>,
}

const fn row(
    file: &'static str,
    route: Route,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    leads_to: &'static str,
    said: Option<&'static str>,
) -> Row {
    Row { file, route, status, headers, leads_to, said }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const TEXT: &[(&str, &str)] = &[("content-type", "text/plain")];
const HTML: &[(&str, &str)] = &[("content-type", "text/html")];
const EDGE: &[(&str, &str)] =
    &[("content-type", "text/plain; charset=UTF-8"), ("server", "cloudflare"), ("cf-ray", "8f0-FRA")];
const EDGE_JSON: &[(&str, &str)] =
    &[("content-type", "application/json"), ("server", "cloudflare"), ("cf-ray", "8f0-FRA")];
const GZIP: &[(&str, &str)] = &[("content-type", "application/json"), ("content-encoding", "gzip")];
const LIMIT: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("date", "Thu, 01 May 2025 22:01:18 GMT"),
    ("retry-after", "1746136938"),
    ("x-ratelimit-limit", "180"),
    ("x-ratelimit-remaining", "0"),
    ("x-ratelimit-reset", "1746136938"),
    ("x-ratelimit-ip", "192.0.2.7"),
];
const HAPROXY: &[(&str, &str)] = &[("content-type", "text/plain"), ("retry-after", "60"), ("connection", "close")];
const MOVED: &[(&str, &str)] = &[("content-type", "text/html"), ("location", "https://hub.docker.com/v2/users/login/")];

use Route::{AuthToken, TwoFactor, UsersLogin};
const INCORRECT: Option<&str> = Some("Incorrect authentication credentials");
const PAT: Option<&str> = Some("access to the resource is forbidden with personal access token");

/// One row for each answer. Statuses that the sources do not show are those of README's "what it means".
const ANSWERS: &[Row] = &[
    row("users-login.200.json", UsersLogin, 200, JSON, "done", None),
    row("users-login.401.json", UsersLogin, 401, JSON, "code", None),
    row("users-login.401.null.json", UsersLogin, 401, JSON, "credentials_refused", INCORRECT),
    row("users-login.401.absent.json", UsersLogin, 401, JSON, "credentials_refused", INCORRECT),
    row("two-factor.200.json", TwoFactor, 200, JSON, "done", None),
    row("two-factor.401.json", TwoFactor, 401, JSON, "code again: code_refused", INCORRECT),
    row("auth-token.200.json", AuthToken, 200, JSON, "done", None),
    row("auth-token.401.json", AuthToken, 401, JSON, "credentials_refused", Some("string")),
    row("rate-limit.429.json", UsersLogin, 429, JSON, "rate_limited", Some("Rate limit exceeded")),
    row("schema.errinfo.json", AuthToken, 403, JSON, "refused_by_policy", Some("string")),
    row("schema.detail-message.json", UsersLogin, 403, JSON, "refused_by_policy", Some("string")),
    row("schema.value-error.json", UsersLogin, 400, JSON, "refused_by_policy", Some("string")),
    row("schema.rpc-status.json", UsersLogin, 500, JSON, "server_fault", Some("string")),
    row("schema.scim-error.json", UsersLogin, 401, JSON, "credentials_refused", Some("string")),
    row("wild/wrong-password.json", UsersLogin, 401, JSON, "credentials_refused", INCORRECT),
    row(
        "wild/wrong-password-dot.json",
        UsersLogin,
        401,
        JSON,
        "credentials_refused",
        Some("Incorrect authentication credentials."),
    ),
    row("wild/unauthorized-detail.json", UsersLogin, 401, JSON, "credentials_refused", Some("unauthorized")),
    row("wild/unauthorized-errinfo.json", AuthToken, 401, JSON, "credentials_refused", Some("unauthorized")),
    row("wild/second-factor.json", UsersLogin, 401, JSON, "code", None),
    row(
        "wild/organization-account.json",
        UsersLogin,
        401,
        JSON,
        "credentials_refused",
        Some("Cannot log into an organization account"),
    ),
    row(
        "wild/session-store-down.json",
        UsersLogin,
        500,
        JSON,
        "server_fault",
        Some("Failed to generate login session. Please try again later."),
    ),
    row(
        "wild/signer-down.json",
        UsersLogin,
        500,
        JSON,
        "server_fault",
        Some("Failed to validate JWT token against trusted cert"),
    ),
    row("wild/fields-required.json", UsersLogin, 400, JSON, "refused_by_policy", None),
    row("wild/rate-limit.json", UsersLogin, 429, LIMIT, "rate_limited", Some("Rate limit exceeded")),
    row("wild/haproxy-429.txt", UsersLogin, 429, HAPROXY, "rate_limited", None),
    row("wild/malformed-request.txt", UsersLogin, 400, TEXT, "refused_by_policy", None),
    row("wild/cloudflare-1010.txt", UsersLogin, 403, EDGE, "blocked_by_edge", Some("error code: 1010")),
    row("wild/cloudflare-1010.json", UsersLogin, 403, EDGE_JSON, "blocked_by_edge", Some("error code: 1010")),
    row("wild/cloudflare-1010.html", AuthToken, 403, EDGE, "blocked_by_edge", Some("error code: 1010")),
    row("wild/cloudflare-1015.json", UsersLogin, 429, EDGE_JSON, "rate_limited", Some("error code: 1015")),
    row("wild/cloudflare-502.json", UsersLogin, 502, EDGE_JSON, "server_fault", Some("error code: 502")),
    row("wild/cloudflare-1033.json", UsersLogin, 530, EDGE_JSON, "server_fault", Some("error code: 1033")),
    row("wild/cloudflare-525.json", UsersLogin, 525, EDGE_JSON, "server_fault", Some("error code: 525")),
    row("wild/network-login-511.html", UsersLogin, 511, HTML, "malformed_answer", None),
    row("wild/second-factor.json.gz", UsersLogin, 401, GZIP, "malformed_answer", None),
    row("wild/second-factor-surrogate.json", UsersLogin, 401, JSON, "code", None),
    row("wild/second-factor-bom.json", UsersLogin, 401, JSON, "code", None),
    row("wild/second-factor-latin1.json", UsersLogin, 401, JSON, "code", None),
    row("wild/second-factor-control.json", UsersLogin, 401, JSON, "code", None),
    row("wild/cloudflare-challenge.html", UsersLogin, 403, HTML, "blocked_by_edge", None),
    row("wild/gateway-504.html", UsersLogin, 200, HTML, "malformed_answer", None),
    row("wild/redirect-301.html", UsersLogin, 301, MOVED, "redirected", None),
    row("wild/token-empty.json", UsersLogin, 200, JSON, "malformed_answer", None),
    row("wild/token-missing.json", UsersLogin, 200, JSON, "malformed_answer", None),
    row("wild/token-null.json", UsersLogin, 200, JSON, "malformed_answer", None),
    row("wild/second-factor-200.json", UsersLogin, 200, JSON, "code", None),
    row("wild/login-with-refresh.json", UsersLogin, 200, JSON, "done", None),
    row("wild/pat-forbidden-detail.json", AuthToken, 403, JSON, "refused_by_policy", PAT),
    row("wild/pat-forbidden-errinfo.json", AuthToken, 403, JSON, "refused_by_policy", PAT),
    row(
        "wild/pat-forbidden-internal.json",
        AuthToken,
        403,
        JSON,
        "refused_by_policy",
        Some("GET [...] access to the resource is forbidden with personal access token"),
    ),
    row(
        "wild/pat-forbidden-nested.json",
        AuthToken,
        403,
        JSON,
        "refused_by_policy",
        Some("request to [...] failed with status 403: [...]"),
    ),
    row(
        "wild/pat-jwt-forbidden.json",
        AuthToken,
        403,
        JSON,
        "refused_by_policy",
        Some("access is forbidden with a JWT issued from a personal access token"),
    ),
    row(
        "wild/pat-token.json",
        AuthToken,
        403,
        JSON,
        "refused_by_policy",
        Some("token issued from personal access token"),
    ),
    row(
        "wild/pat-not-allowed.json",
        AuthToken,
        403,
        JSON,
        "refused_by_policy",
        Some("token issued from personal access token is not allowed"),
    ),
    row(
        "wild/oat-not-allowed.json",
        AuthToken,
        403,
        JSON,
        "refused_by_policy",
        Some("token issued from organization access token is not allowed"),
    ),
    row(
        "wild/oauth-invalid-grant.json",
        AuthToken,
        403,
        JSON,
        "refused_by_policy",
        Some("Unknown or invalid refresh token."),
    ),
];

const REQUESTS: [&str; 5] = [
    "users-login.request.json",
    "users-login.request.dvp.json",
    "auth-token.request.json",
    "two-factor.request.json",
    "two-factor.request.number.json",
];

const CLAIMS: [&str; 3] = ["claims/auth-token-pat.json", "claims/device-flow.json", "claims/without-exp.json"];

#[test]
fn every_answer_leads_where_the_table_says() {
    for Row { file, route, status, headers, leads_to, said } in ANSWERS {
        let step = after(*route, *status, headers, &read(file));
        assert_eq!(word(&step), *leads_to, "{file}");
        let failure = match &step {
            Step::Failed(failure) => Some(failure),
            Step::NeedCode(challenge) => challenge.previous_failure(),
            _ => None,
        };
        assert_eq!(failure.and_then(|failure| failure.server_message()), *said, "{file}");
        assert!(failure.is_none_or(|failure| failure.status().unwrap() == *status), "{file}");
    }
}

#[test]
fn the_waits_are_those_of_the_sources() {
    for (file, secs) in [
        ("wild/rate-limit.json", 60),
        ("wild/haproxy-429.txt", 60),
        ("rate-limit.429.json", 600),
        ("wild/cloudflare-1015.json", 30),
        ("wild/cloudflare-502.json", 60),
        ("wild/cloudflare-1033.json", 120),
    ] {
        let row = ANSWERS.iter().find(|row| row.file == file).unwrap();
        let failure = crate::common::failed(after(row.route, row.status, row.headers, &read(file)));
        assert_eq!(failure.retry_at().map(|at| at.since(NOW).as_secs()), Some(secs), "{file}");
    }
}

#[test]
fn a_fault_that_says_so_is_one_under_an_odd_status_too() {
    let step = after(UsersLogin, 409, JSON, &read("wild/session-store-down.json"));
    assert_eq!(word(&step), "server_fault");
    let step = after(UsersLogin, 409, JSON, &read("wild/rate-limit.json"));
    assert_eq!(word(&step), "malformed_answer", "`error: false` says nothing");
}

#[test]
fn every_token_is_the_references() {
    for row in ANSWERS.iter().filter(|row| row.leads_to == "done") {
        let Step::Done(grant) = after(row.route, row.status, row.headers, &read(row.file)) else { panic!() };
        let body = json(row.file);
        let token = body.get("token").or(body.get("access_token")).unwrap();
        assert_eq!(grant.token().expose(), token, "{}", row.file);
        assert_eq!(grant.route(), row.route);
        assert_eq!(grant.refresh_token().map(Secret::expose), body.get("refresh_token").and_then(Value::as_str));
        assert_eq!(
            (grant.expires_at(), grant.user()),
            (None, crate::common::USER),
            "the example has neither `exp` nor a user"
        );
    }
}

/// The first request of a login with these.
fn first(user: &str, credential: Credential) -> hub_auth_core::Request {
    let Step::Send(exchange) = hub().login(&Account::new(user, credential).unwrap()) else { panic!() };
    exchange.send().0
}

#[test]
fn every_request_of_the_reference_is_produced() {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    for file in ["users-login.request.json", "users-login.request.dvp.json"] {
        let wanted = json(file);
        let request = first(&text(&wanted, "username"), Credential::password(text(&wanted, "password")));
        assert_eq!(body(&request), wanted, "{file}");
        assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/v2/users/login"));
    }
    let wanted = json("auth-token.request.json");
    let request = first(&text(&wanted, "identifier"), Credential::detect(text(&wanted, "secret")));
    assert_eq!(body(&request), wanted);
    assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/v2/auth/token"));
}

/// The reference's ticket, and its code as typed by a person.
fn second(typed: &str) -> hub_auth_core::Request {
    let mut driver = Driver::default();
    let step = driver
        .run(hub().login(&crate::common::account()), vec![answer(401, JSON, read("users-login.401.json")).into()]);
    let Step::Send(exchange) = crate::common::challenged(step).answer(code(typed), NOW) else { panic!() };
    exchange.send().0
}

#[test]
fn the_code_stays_a_string_although_the_example_is_a_number() {
    let request = second("123 456");
    assert_eq!(body(&request), json("two-factor.request.json"));
    assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/v2/users/2fa-login"));
    let number = json("two-factor.request.number.json");
    assert!(number["code"].is_number());
    assert_eq!(body(&request)["code"], number["code"].to_string());
    assert_eq!(body(&request)["login_2fa_token"], number["login_2fa_token"]);
    assert_eq!(body(&second("012345"))["code"], "012345");
}

#[test]
fn every_request_has_the_headers_the_hub_wants() {
    let requests = [first("a", Credential::password("b")), first("a", Credential::personal_token("b")), second("1")];
    for request in requests {
        let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("accept"), Some("application/json"));
        assert_eq!(header("content-length"), Some(&*request.body().as_ref().len().to_string()));
        assert!(header("user-agent").unwrap().starts_with("hub-auth/"));
        assert_eq!(header("accept-encoding"), Some("identity"));
        assert_eq!(request.headers().len(), 5, "no Authorization, nothing else");
    }
}

/// A grant whose token has these claims.
fn grant(file: &str) -> Grant {
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(read(file)));
    let body = serde_json::json!({ "access_token": token }).to_string();
    let Step::Done(grant) = after(AuthToken, 200, JSON, body.as_bytes()) else { panic!("{file}") };
    grant
}

#[test]
fn the_claims_of_every_sample_are_read() {
    let pat = grant("claims/auth-token-pat.json");
    assert_eq!((pat.user(), pat.name_mismatch()), ("mobydock", true));
    assert_eq!(pat.expires_at(), Some(UnixTime::from_secs(1_769_819_388)));
    assert_eq!(pat.claims().issued_at, Some(UnixTime::from_secs(1_769_818_788)));
    assert_eq!(pat.claims().source.as_deref(), Some("docker_pat|7c9e6679-7425-40de-944b-e07fc1f90ae7"));
    assert_eq!(pat.claims().is_from_personal_token(), Some(true));
    assert_eq!(pat.claims().scope.as_deref(), Some("repo:public_read"));

    let device = grant("claims/device-flow.json");
    assert_eq!(device.user(), "mobydock");
    assert_eq!(device.expires_at(), Some(UnixTime::from_secs(1_719_506_539)));
    assert_eq!(device.claims().is_from_personal_token(), Some(false));

    let bare = grant("claims/without-exp.json");
    assert_eq!((bare.user(), bare.name_mismatch(), bare.expires_at()), (crate::common::USER, false, None));
}

#[test]
fn no_fixture_is_without_a_row() {
    let mut files = BTreeSet::new();
    for sub in ["", "wild", "claims"] {
        for entry in std::fs::read_dir(folder().join(sub)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.contains('.') && name != "README.md" {
                files.insert(if sub.is_empty() { name } else { format!("{sub}/{name}") });
            }
        }
    }
    let rows = ANSWERS.iter().map(|row| row.file).chain(REQUESTS).chain(CLAIMS).map(str::to_owned).collect();
    assert_eq!(files, rows);
}
