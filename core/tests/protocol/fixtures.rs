//! Every body of the published reference is parsed and produced by the machine, and every answer seen in the wild leads to
//! what the table in `fixtures/README.md` says of it. A fixture without a row here fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::common::{Driver, NOW, answer, body, budget, challenge, code, word};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::http::{Method, Request};
use hub_auth_core::{Account, Credential, Grant, Hub, Step, UnixTime};
use hub_auth_testkit::{Outcome, Scenario, SimHub};
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

/// Makes a Hub that tries once, so that every failure shows at once.
fn hub() -> Hub {
    Hub::docker(budget(1, 3))
}

/// Returns the step after this answer to the call of `route`.
fn after(route: &str, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Step {
    let hub = hub();
    let step = match route {
        "2fa" => challenge(&hub).answer(code("012345"), NOW),
        "token" => hub.login(&crate::common::token_account()),
        _ => hub.login(&crate::common::account()),
    };
    Driver::default().run(step, vec![answer(status, headers, body).into()])
}

/// Returns the headers that matter, by the name that the table has for them.
fn headers(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "json" => &[("content-type", "application/json")],
        "text" => &[("content-type", "text/plain")],
        "html" => &[("content-type", "text/html")],
        "gzip" => &[("content-type", "application/json"), ("content-encoding", "gzip")],
        "edge" => &[("content-type", "text/plain; charset=UTF-8"), ("server", "cloudflare"), ("cf-ray", "8f0-FRA")],
        "edge-json" => &[("content-type", "application/json"), ("server", "cloudflare"), ("cf-ray", "8f0-FRA")],
        "haproxy" => &[("content-type", "text/plain"), ("retry-after", "60"), ("connection", "close")],
        "moved" => &[("content-type", "text/html"), ("location", "https://hub.docker.com/v2/users/login/")],
        "limit" => &[
            ("content-type", "application/json"),
            ("date", "Thu, 01 May 2025 22:01:18 GMT"),
            ("retry-after", "1746136938"),
            ("x-ratelimit-limit", "180"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1746136938"),
            ("x-ratelimit-ip", "192.0.2.7"),
        ],
        other => panic!("no headers are called {other}"),
    }
}

/// One row for each answer: file, call, status, headers, the step it leads to (as [`word`] has it), the wait that it names in
/// seconds, and the Hub's words that are kept. Statuses that the sources do not show are those of README's "what it means".
const ANSWERS: &str = "\
users-login.200.json              | login | 200 | json      | done                     |     |
users-login.401.json              | login | 401 | json      | code                     |     |
users-login.401.null.json         | login | 401 | json      | credentials_refused      |     | Incorrect authentication credentials
users-login.401.absent.json       | login | 401 | json      | credentials_refused      |     | Incorrect authentication credentials
two-factor.200.json               | 2fa   | 200 | json      | done                     |     |
two-factor.401.json               | 2fa   | 401 | json      | code again: code_refused |     | Incorrect authentication credentials
auth-token.200.json               | token | 200 | json      | done                     |     |
auth-token.401.json               | token | 401 | json      | credentials_refused      |     | string
rate-limit.429.json               | login | 429 | json      | rate_limited             | 600 | Rate limit exceeded
schema.errinfo.json               | token | 403 | json      | refused_by_policy        |     | string
schema.detail-message.json        | login | 403 | json      | refused_by_policy        |     | string
schema.value-error.json           | login | 400 | json      | refused_by_policy        |     | string
schema.rpc-status.json            | login | 500 | json      | server_fault             |     | string
schema.scim-error.json            | login | 401 | json      | credentials_refused      |     | string
wild/wrong-password.json          | login | 401 | json      | credentials_refused      |     | Incorrect authentication credentials
wild/wrong-password-dot.json      | login | 401 | json      | credentials_refused      |     | Incorrect authentication credentials.
wild/unauthorized-detail.json     | login | 401 | json      | credentials_refused      |     | unauthorized
wild/unauthorized-errinfo.json    | token | 401 | json      | credentials_refused      |     | unauthorized
wild/second-factor.json           | login | 401 | json      | code                     |     |
wild/organization-account.json    | login | 401 | json      | credentials_refused      |     | Cannot log into an organization account
wild/session-store-down.json      | login | 500 | json      | server_fault             |     | Failed to generate login session. Please try again later.
wild/signer-down.json             | login | 500 | json      | server_fault             |     | Failed to validate JWT token against trusted cert
wild/fields-required.json         | login | 400 | json      | refused_by_policy        |     |
wild/rate-limit.json              | login | 429 | limit     | rate_limited             | 60  | Rate limit exceeded
wild/haproxy-429.txt              | login | 429 | haproxy   | rate_limited             | 60  |
wild/malformed-request.txt        | login | 400 | text      | refused_by_policy        |     |
wild/cloudflare-1010.txt          | login | 403 | edge      | blocked_by_edge          |     | error code: 1010
wild/cloudflare-1010.json         | login | 403 | edge-json | blocked_by_edge          |     | error code: 1010
wild/cloudflare-1010.html         | token | 403 | edge      | blocked_by_edge          |     | error code: 1010
wild/cloudflare-1015.json         | login | 429 | edge-json | rate_limited             | 30  | error code: 1015
wild/cloudflare-502.json          | login | 502 | edge-json | server_fault             | 60  | error code: 502
wild/cloudflare-1033.json         | login | 530 | edge-json | server_fault             | 120 | error code: 1033
wild/cloudflare-525.json          | login | 525 | edge-json | server_fault             |     | error code: 525
wild/network-login-511.html       | login | 511 | html      | malformed_answer         |     |
wild/second-factor.json.gz        | login | 401 | gzip      | malformed_answer         |     |
wild/second-factor-surrogate.json | login | 401 | json      | code                     |     |
wild/second-factor-bom.json       | login | 401 | json      | code                     |     |
wild/second-factor-latin1.json    | login | 401 | json      | code                     |     |
wild/second-factor-control.json   | login | 401 | json      | code                     |     |
wild/cloudflare-challenge.html    | login | 403 | html      | blocked_by_edge          |     |
wild/gateway-504.html             | login | 200 | html      | malformed_answer         |     |
wild/redirect-301.html            | login | 301 | moved     | redirected               |     |
wild/token-empty.json             | login | 200 | json      | malformed_answer         |     |
wild/token-missing.json           | login | 200 | json      | malformed_answer         |     |
wild/token-null.json              | login | 200 | json      | malformed_answer         |     |
wild/second-factor-200.json       | login | 200 | json      | code                     |     |
wild/login-with-refresh.json      | login | 200 | json      | done                     |     |
wild/pat-forbidden-detail.json    | token | 403 | json      | refused_by_policy        |     | access to the resource is forbidden with personal access token
wild/pat-forbidden-errinfo.json   | token | 403 | json      | refused_by_policy        |     | access to the resource is forbidden with personal access token
wild/pat-forbidden-internal.json  | token | 403 | json      | refused_by_policy        |     | GET [...] access to the resource is forbidden with personal access token
wild/pat-forbidden-nested.json    | token | 403 | json      | refused_by_policy        |     | request to [...] failed with status 403: [...]
wild/pat-jwt-forbidden.json       | token | 403 | json      | refused_by_policy        |     | access is forbidden with a JWT issued from a personal access token
wild/pat-token.json               | token | 403 | json      | refused_by_policy        |     | token issued from personal access token
wild/pat-not-allowed.json         | token | 403 | json      | refused_by_policy        |     | token issued from personal access token is not allowed
wild/oat-not-allowed.json         | token | 403 | json      | refused_by_policy        |     | token issued from organization access token is not allowed
wild/oauth-invalid-grant.json     | token | 403 | json      | refused_by_policy        |     | Unknown or invalid refresh token.";

struct Row {
    file: &'static str,
    route: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    leads_to: &'static str,
    wait: Option<u64>,
    said: Option<&'static str>,
}

fn rows() -> impl Iterator<Item = Row> {
    ANSWERS.lines().map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [file, route, status, named, leads_to, wait, said] = cells[..] else { panic!("{line}") };
        let said = Some(said).filter(|said| !said.is_empty());
        Row {
            file,
            route,
            status: status.parse().unwrap(),
            headers: headers(named),
            leads_to,
            wait: wait.parse().ok(),
            said,
        }
    })
}

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
    for Row { file, route, status, headers, leads_to, wait, said } in rows() {
        let step = after(route, status, headers, &read(file));
        assert_eq!(word(&step), leads_to, "{file}");
        let failure = match &step {
            Step::Failed(failure) => Some(failure),
            Step::NeedCode(challenge) => challenge.previous_failure(),
            _ => None,
        };
        assert_eq!(failure.and_then(|failure| failure.server_message()), said, "{file}");
        assert!(failure.is_none_or(|failure| failure.status().unwrap() == status), "{file}");
        let retry_at = failure.and_then(hub_auth_core::Failure::retry_at);
        assert_eq!(retry_at.map(|at| at.since(NOW).as_secs()), wait, "{file}");
    }
}

#[test]
fn a_fault_that_says_so_is_one_under_an_odd_status_too() {
    let step = after("login", 409, headers("json"), &read("wild/session-store-down.json"));
    assert_eq!(word(&step), "server_fault");
    let step = after("login", 409, headers("json"), &read("wild/rate-limit.json"));
    assert_eq!(word(&step), "malformed_answer", "`error: false` says nothing");
}

#[test]
fn every_token_is_the_references() {
    for row in rows().filter(|row| row.leads_to == "done") {
        let Step::Done(grant) = after(row.route, row.status, row.headers, &read(row.file)) else { panic!() };
        let body = json(row.file);
        let token = body.get("token").or(body.get("access_token")).unwrap();
        assert_eq!(grant.token().expose(), token, "{}", row.file);
        assert_eq!(
            (grant.expires_at(), grant.user()),
            (None, crate::common::USER),
            "the example has neither `exp` nor a user"
        );
    }
}

/// Returns the first request of a login.
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

/// Returns the request with the reference's ticket and a code as typed by a person.
fn second(typed: &str) -> hub_auth_core::Request {
    let mut driver = Driver::default();
    let step = driver.run(
        hub().login(&crate::common::account()),
        vec![answer(401, headers("json"), read("users-login.401.json")).into()],
    );
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

/// Returns a grant whose token has these claims.
fn grant(file: &str) -> Grant {
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(read(file)));
    let body = serde_json::json!({ "access_token": token }).to_string();
    let Step::Done(grant) = after("token", 200, headers("json"), body.as_bytes()) else { panic!("{file}") };
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
    let rows = rows().map(|row| row.file).chain(REQUESTS).chain(CLAIMS).map(str::to_owned).collect();
    assert_eq!(files, rows);
}

/// Returns the bodies, or raw bytes, of the first two answers of every scenario of the simulated Hub.
fn simulated() -> Vec<Vec<u8>> {
    let login = br#"{"username":"alice","password":"correct horse battery staple"}"#.to_vec();
    let request = Request::post("/v2/users/login").header("content-type", "application/json").body(login).unwrap();
    let twice = |mut hub: SimHub| [hub.handle(&request, NOW), hub.handle(&request, NOW)];
    let bodies = Scenario::all().flat_map(|scenario| twice(scenario.hub())).filter_map(|outcome| match outcome {
        Outcome::Answer(answer) => Some(answer.into_body()),
        Outcome::Raw(bytes) => Some(bytes),
        _ => None,
    });
    bodies.collect()
}

#[test]
fn every_body_seen_in_the_wild_is_in_a_scenario() {
    let bodies = simulated();
    let wild = rows().map(|row| row.file).filter(|file| file.starts_with("wild/"));
    let missing: Vec<_> = wild.filter(|file| !bodies.iter().any(|body| body.ends_with(&read(file)))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
