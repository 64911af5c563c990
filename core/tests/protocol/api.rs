//! Judges answers to API calls: the same answers as at login, since most complaints come later.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::api::{Verdict, retry_at};
use hub_auth_core::http::{HeaderMap, StatusCode};
use hub_auth_core::{Advice, FailureKind, Token, UnixTime, UnverifiedClaims};

const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
const JSON: (&str, &str) = ("content-type", "application/json");
const RAY: (&str, &str) = ("cf-ray", "8f0-FRA");

fn token() -> Token {
    let claims = r#"{"https://hub.docker.com":{"username":"a","source":"docker_pat|0a1b"},"scope":"repo:public_read"}"#;
    Token::parse(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))).unwrap()
}

fn verdict(status: u16, lines: &[(&'static str, &str)], body: impl AsRef<[u8]>) -> Verdict {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, value.parse().unwrap());
    }
    Verdict::of(StatusCode::from_u16(status).unwrap(), &headers, body.as_ref(), &token(), NOW)
}

fn wild(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testkit/fixtures/wild/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Names the verdict in a word.
fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Fine => "fine".into(),
        Verdict::LogInAgain => "log in again".into(),
        Verdict::RetryAt(at) => format!("retry in {}", at.since(NOW).as_secs()),
        Verdict::NotWithThisToken(_) => "not with this token".into(),
        Verdict::Blocked(failure) => failure.server_message().unwrap_or("blocked").into(),
        Verdict::Other => "other".into(),
    }
}

#[test]
fn every_answer_has_its_verdict() {
    let cut = |name: &str| wild(name).get(..30).unwrap().to_vec();
    let html = ("content-type", "text/html");
    let date = ("date", "Thu, 01 May 2025 22:01:18 GMT");
    let long_wait = br#"{"cloudflare_error":true,"retryable":true,"retry_after":999999}"#;
    for (status, headers, body, expected) in [
        (200, &[JSON][..], b"{}".to_vec(), "fine"),
        (204, &[], vec![], "fine"),
        (401, &[JSON], wild("unauthorized-errinfo.json"), "log in again"),
        (401, &[], vec![], "log in again"),
        (403, &[JSON], wild("pat-forbidden-detail.json"), "not with this token"),
        (403, &[JSON, RAY], wild("pat-forbidden-nested.json"), "not with this token"),
        (403, &[JSON, RAY], cut("pat-forbidden-nested.json"), "not with this token"),
        (403, &[JSON, RAY], vec![], "not with this token"),
        (403, &[], vec![], "not with this token"),
        (403, &[RAY, html], wild("cloudflare-challenge.html"), "blocked"),
        (403, &[html], vec![], "blocked"),
        (403, &[RAY, ("content-type", "text/plain")], wild("cloudflare-1010.txt"), "error code: 1010"),
        (403, &[RAY, JSON], wild("cloudflare-1010.json"), "error code: 1010"),
        (403, &[RAY, JSON], wild("cloudflare-1010.json").get(..90).unwrap().to_vec(), "blocked"),
        (429, &[JSON, date, ("retry-after", "1746136938")], wild("rate-limit.json"), "retry in 60"),
        (429, &[("retry-after", "1735689600")], vec![], "retry in 0"),
        (429, &[("retry-after", "3495689600")], vec![], "retry in 86400"),
        (429, &[], b"Too Many Requests".to_vec(), "retry in 600"),
        (429, &[RAY, JSON], wild("cloudflare-1015.json"), "retry in 30"),
        (503, &[("retry-after", "7")], vec![], "retry in 7"),
        (503, &[JSON], vec![], "other"),
        (503, &[html, RAY], wild("cloudflare-challenge.html"), "blocked"),
        (502, &[JSON, RAY], wild("cloudflare-502.json"), "retry in 60"),
        (502, &[JSON, RAY], long_wait.to_vec(), "retry in 86400"),
        (429, &[JSON, RAY], long_wait.to_vec(), "retry in 86400"),
        (404, &[JSON], b"{}".to_vec(), "other"),
        (302, &[("location", "https://elsewhere.example/")], vec![], "other"),
        (511, &[html], b"<html>".to_vec(), "other"),
    ] {
        assert_eq!(word(&verdict(status, headers, &body)), expected, "{status} {headers:?} {}", body.escape_ascii());
    }
}

#[test]
fn a_refusal_of_the_token_comes_with_the_advice_of_its_claims() {
    let Verdict::NotWithThisToken(advice) = verdict(403, &[JSON], wild("pat-not-allowed.json")) else { panic!() };
    let claims = UnverifiedClaims::of(token().expose());
    assert_eq!(advice, Advice::on_forbidden(&claims));
    assert!(advice.cause.contains("personal access token"));
}

#[test]
fn a_block_tells_where_it_comes_from_and_repeats_no_token() {
    let headers = [RAY, JSON, ("retry-after", "120")];
    let Verdict::Blocked(failure) = verdict(403, &headers, wild("cloudflare-1010.json")) else { panic!() };
    assert_eq!((failure.kind(), failure.route()), (FailureKind::BlockedByEdge, None));
    assert_eq!((failure.status(), failure.trace_id()), (Some(StatusCode::FORBIDDEN), Some(RAY.1)));
    assert_eq!(failure.retry_at(), Some(NOW + Duration::from_secs(120)));
    let token = token();
    let Verdict::Blocked(failure) = verdict(403, &[("cf-ray", token.expose())], "<html>") else { panic!() };
    assert_eq!(failure.trace_id(), None);
    assert!(!format!("{failure:?}").contains(token.expose()));
}

#[test]
fn the_reader_of_waits_is_public() {
    let mut headers = HeaderMap::new();
    headers.insert("x-ratelimit-reset", "1760000030".parse().unwrap());
    assert_eq!(retry_at(StatusCode::TOO_MANY_REQUESTS, &headers, NOW), Some(NOW + Duration::from_secs(30)));
    assert_eq!(retry_at(StatusCode::SERVICE_UNAVAILABLE, &headers, NOW), None);
}
