//! Builds the answers of the simulated Hub from literal JSON, as the published reference and public threads show it.

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

/// An answer, body included.
pub(super) type Answer = Response<Vec<u8>>;

/// Writes `text` as a JSON string, with its quotes.
pub(super) fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Builds an answer of JSON.
pub(super) fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> Answer {
    of_type(status, "application/json", body)
}

/// Builds an answer of any type.
pub(super) fn of_type(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// Builds the 200 of `/v2/users/login` and `/v2/users/2fa-login`, with a refresh token if the client asked for one. Nothing in a
/// token needs an escape, here and below.
pub(super) fn token(token: &str, refresh: Option<&str>) -> Answer {
    let body = match refresh {
        Some(refresh) => [r#"{"token":""#, token, r#"","refresh_token":""#, refresh, r#""}"#].concat(),
        None => [r#"{"token":""#, token, r#""}"#].concat(),
    };
    json(StatusCode::OK, body)
}

/// Builds the 200 of `/v2/auth/token`.
pub(super) fn access_token(token: &str) -> Answer {
    json(StatusCode::OK, [r#"{"access_token":""#, token, r#""}"#].concat())
}

/// Builds the 401 of `/v2/users/login` to a right password of an account with a second factor (docker/hub-tool, `pkg/hub`).
pub(super) fn second_factor(ticket: &str) -> Answer {
    let detail = r#"{"detail":"Require secondary authentication on MFA enabled account","login_2fa_token":""#;
    json(StatusCode::UNAUTHORIZED, [detail, ticket, r#""}"#].concat())
}

/// Builds the 401 of the two login routes, in the words of microsoft/vscode-docker#1333.
pub(super) fn refused() -> Answer {
    json(StatusCode::UNAUTHORIZED, r#"{"detail":"Incorrect authentication credentials"}"#)
}

/// Builds the 401 of `/v2/auth/token`, the general error of the reference.
pub(super) fn refused_secret() -> Answer {
    let body = r#"{"errinfo":{},"detail":"Incorrect authentication credentials","message":"unauthorized"}"#;
    json(StatusCode::UNAUTHORIZED, body)
}

/// Builds the 401 of `/v2/users/login` to an organization (docker/terraform-provider-docker#138; the key is a guess).
pub(super) fn organization_refused() -> Answer {
    json(StatusCode::UNAUTHORIZED, r#"{"detail":"Cannot log into an organization account"}"#)
}

/// Builds the 401 of a resource without a good bearer (mongodb/kingfisher#202).
pub(super) fn unauthorized() -> Answer {
    json(StatusCode::UNAUTHORIZED, r#"{"message":"unauthorized","errinfo":{}}"#)
}

/// Builds the 403 to a token that came from a personal access token (docker/hub-feedback#2006).
pub(super) fn personal_token_forbidden() -> Answer {
    json(StatusCode::FORBIDDEN, r#"{"detail":"access to the resource is forbidden with personal access token"}"#)
}

/// Builds the 403 to a token that came from an organization access token (docker/docs, organization access tokens).
pub(super) fn organization_token_forbidden() -> Answer {
    let body = r#"{"message":"token issued from organization access token is not allowed","errinfo":{}}"#;
    json(StatusCode::FORBIDDEN, body)
}

/// Builds the 400 to a request that the Hub cannot read, as text (docker/hub-tool#191).
pub(super) fn malformed(why: &str) -> Answer {
    of_type(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", format!("malformed request: {why}"))
}

/// Builds the 400 to a missing field or one of the wrong type, in the form of the reference's `ValueError`.
pub(super) fn bad_field(field: &str) -> Answer {
    let text = format!("{field}: a string is required");
    let body = format!(r#"{{"fields":{{{}:["a string is required"]}},"text":{}}}"#, quote(field), quote(&text));
    json(StatusCode::BAD_REQUEST, body)
}

/// Builds the 404.
pub(super) fn not_found() -> Answer {
    json(StatusCode::NOT_FOUND, r#"{"message":"not found","errinfo":{}}"#)
}

/// Builds the 405, which names the right method.
pub(super) fn method_not_allowed(allowed: &'static str) -> Answer {
    let mut answer = json(StatusCode::METHOD_NOT_ALLOWED, r#"{"message":"method not allowed","errinfo":{}}"#);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// Builds the 429 of the rate limit, with the body of the reference's audit log.
pub(super) fn rate_limited() -> Answer {
    json(StatusCode::TOO_MANY_REQUESTS, r#"{"detail":"Rate limit exceeded","error":false}"#)
}

/// Builds the 429 of the lockout, in the image registry's words (docker/hub-feedback#1250).
pub(super) fn locked_out() -> Answer {
    let body = r#"{"detail":"too many failed login attempts for username or IP address"}"#;
    json(StatusCode::TOO_MANY_REQUESTS, body)
}

/// Builds an answer with the marks of the edge (docker/hub-feedback#2502).
pub(super) fn from_edge(status: StatusCode, content_type: &'static str, body: impl Into<Vec<u8>>) -> Answer {
    let mut answer = of_type(status, content_type, body);
    for (name, value) in [
        ("server", "cloudflare"),
        ("cf-ray", "8f0000000000demo-FRA"),
        ("set-cookie", "__cf_bm=demo; path=/; HttpOnly; Secure"),
        ("connection", "close"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
