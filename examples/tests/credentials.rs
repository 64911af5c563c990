//! README's table "Which credential works where", cell by cell, against the simulated Hub.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use hub_auth_core::http::HeaderMap;
use hub_auth_core::http::header::AUTHORIZATION;
use hub_auth_core::{
    Account, Code, Credential, CredentialKind, FailureKind, Grant, Hub, Policy, Route, Step, UnixTime,
};
use hub_auth_testkit::hub::{SimHub, SimUser, demo};

const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);

/// Logs in by hand to the demo accounts, with these codes one after the other.
fn log_in(user: &str, credential: Credential, codes: &[&str]) -> Result<Grant, FailureKind> {
    log_in_to(SimHub::demo(), user, credential, codes)
}

fn log_in_to(mut sim: SimHub, user: &str, credential: Credential, codes: &[&str]) -> Result<Grant, FailureKind> {
    let mut codes = codes.iter();
    let mut step = Hub::docker(Policy::new(1)).login(&Account::new(user, credential).unwrap());
    loop {
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                let outcome = sim.handle(&request, NOW);
                awaiting.reply(outcome.reply().unwrap(), NOW)
            }
            Step::NeedCode(challenge) => match codes.next() {
                Some(&"right") => challenge.answer(Code::new(&sim.code(demo::USER, NOW).unwrap()).unwrap(), NOW),
                Some(code) => challenge.answer(Code::new(code).unwrap(), NOW),
                None => return Err(challenge.give_up().kind()),
            },
            Step::Done(grant) => return Ok(grant),
            Step::Failed(failure) => return Err(failure.kind()),
            Step::Wait(_) => panic!("nothing here asks to wait"),
        };
    }
}

#[test]
fn a_password() {
    let password = || Credential::password(demo::PASSWORD);
    assert_eq!(log_in(demo::USER, password(), &["right"]).unwrap().route(), Route::TwoFactor);
    assert_eq!(log_in(demo::USER, password(), &[]).unwrap_err(), FailureKind::SecondFactorRequired);
    assert_eq!(log_in(demo::USER, password(), &["no", "no", "no"]).unwrap_err(), FailureKind::CodeRefused);
    assert_eq!(log_in(demo::ORGANIZATION, password(), &[]).unwrap_err(), FailureKind::CredentialsRefused);
    let mistaken = Credential::personal_token(demo::PASSWORD);
    assert_eq!(log_in(demo::USER, mistaken, &[]).unwrap_err(), FailureKind::CredentialsRefused);
    let without = Credential::password(demo::PASSWORD_WITHOUT_2FA);
    assert_eq!(log_in(demo::USER_WITHOUT_2FA, without, &[]).unwrap().route(), Route::UsersLogin);
}

#[test]
fn a_personal_token() {
    let grant = log_in(demo::USER, Credential::personal_token(demo::PAT), &[]).unwrap();
    assert_eq!((grant.route(), grant.name_mismatch()), (Route::AuthToken, false));
    let ten_minutes = grant.expires_at().unwrap();
    let grant = log_in("somebody", Credential::personal_token(demo::PAT), &[]).unwrap();
    assert_eq!((grant.user(), grant.name_mismatch()), (demo::USER, true));
    for longer in [Credential::password(demo::PAT), Credential::personal_token(demo::PAT).via(Route::UsersLogin)] {
        let grant = log_in(demo::USER, longer, &[]).unwrap();
        assert_eq!(grant.route(), Route::UsersLogin);
        assert!(grant.expires_at().unwrap() > ten_minutes);
    }
}

#[test]
fn a_personal_token_is_no_bearer() {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {}", demo::PAT).parse().unwrap());
    let mut request = hub_auth_core::http::Request::get("/v2/user").body(Vec::new()).unwrap();
    *request.headers_mut() = headers;
    assert_eq!(SimHub::demo().handle(&request, NOW).reply().unwrap().status(), 401);
}

#[test]
fn an_organization_token() {
    let token = || Credential::organization_token(demo::OAT);
    let grant = log_in(demo::ORGANIZATION, token(), &[]).unwrap();
    assert_eq!(grant.route(), Route::AuthToken);
    assert_eq!(log_in(demo::USER, token(), &[]).unwrap_err(), FailureKind::CredentialsRefused);
    for mistaken in [Credential::password(demo::OAT), Credential::personal_token(demo::OAT).via(Route::UsersLogin)] {
        assert_eq!(log_in(demo::ORGANIZATION, mistaken, &[]).unwrap_err(), FailureKind::CredentialsRefused);
    }
}

#[test]
fn an_old_token_without_a_prefix() {
    let old = "0a1b2c3d-0000-4000-8000-000000000000";
    let mut sim = SimHub::demo();
    sim.add(SimUser::new("carol", "her password").totp(demo::TOTP_SECRET).token(old));
    let grant = log_in_to(sim, "carol", Credential::detect(old), &[]).unwrap();
    assert_eq!((grant.route(), grant.kind()), (Route::UsersLogin, CredentialKind::Password));
}

#[test]
fn whichever_it_is() {
    assert_eq!(log_in(demo::USER, Credential::detect(demo::PAT), &[]).unwrap().route(), Route::AuthToken);
    assert_eq!(log_in(demo::ORGANIZATION, Credential::detect(demo::OAT), &[]).unwrap().route(), Route::AuthToken);
    assert_eq!(log_in(demo::USER, Credential::detect(demo::PASSWORD), &["right"]).unwrap().route(), Route::TwoFactor);
}
