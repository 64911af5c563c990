//! What goes by the clock: here it moves by waits alone.

use std::num::NonZeroU8;

use bytes::Bytes;
use http::{Request, StatusCode};
use hub_auth_core::{Credential, FailureKind, Policy};
use hub_auth_host::Options;
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{Fault, SimHub, demo};

use super::*;
use crate::clock::still;

/// A server at which time passes, and clients for whom it stands still.
fn start(hub: SimHub) -> Loopback {
    let server = Loopback::start(hub).unwrap();
    server.set_now(still::start());
    server
}

fn session(server: &Loopback, user: &str, password: &str) -> Session {
    session_with(Options::new().base(server.url()), user, password)
}

fn session_with(options: Options, user: &str, password: &str) -> Session {
    let client = Client::new(options).unwrap();
    let account = Account::new(user, Credential::password(password)).unwrap();
    Session::new(client, account)
}

fn bob(server: &Loopback) -> Session {
    session(server, demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA)
}

fn get(server: &Loopback, path: &str) -> Request<Bytes> {
    Request::get(format!("{}{}", server.url(), path.trim_start_matches('/'))).body(Bytes::new()).unwrap()
}

fn unauthorized() -> Fault {
    Fault::json(StatusCode::UNAUTHORIZED, "{}")
}

fn statuses(server: &Loopback) -> Vec<(String, u16)> {
    server.hub().seen().iter().map(|seen| (seen.target.clone(), seen.status.unwrap().as_u16())).collect()
}

#[tokio::test]
async fn a_token_that_is_too_new_is_sent_once_more_after_a_moment() {
    let server = start(SimHub::demo());
    server.hub().script(Fault::Pass).script(unauthorized());
    let answer = bob(&server).send(get(&server, "/v2/user")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let user = "/v2/user".to_owned();
    assert_eq!(statuses(&server), [("/v2/users/login".into(), 200), (user.clone(), 401), (user, 200)]);
    assert_eq!(still::waits(), [Duration::from_secs(1)]);
}

#[tokio::test]
async fn a_second_401_is_answered_by_a_login_and_a_third_is_returned() {
    let server = start(SimHub::demo());
    let session = bob(&server);
    session.token(Duration::ZERO).await.unwrap();
    for fault in [unauthorized(), unauthorized(), Fault::Pass, unauthorized()] {
        server.hub().script(fault);
    }
    assert_eq!(session.send(get(&server, "/v2/user")).await.unwrap().status(), 401);
    let statuses: Vec<_> = statuses(&server).into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, [200, 401, 401, 200, 401]);
}

#[tokio::test]
async fn a_resource_that_rejects_every_token_costs_one_login() {
    let server = start(SimHub::demo());
    let session = bob(&server);
    session.token(Duration::ZERO).await.unwrap();
    // The token is sent twice because it is new; then comes the login.
    for fault in [unauthorized(), unauthorized(), Fault::Pass, unauthorized(), unauthorized()] {
        server.hub().script(fault);
    }
    assert_eq!(session.send(get(&server, "/v2/user")).await.unwrap().status(), 401);
    let bearer = session.token(Duration::ZERO).await.unwrap();
    assert!(matches!(session.invalidate(&bearer), Rejected::TooNew(_)));
    assert_eq!(session.core().reject(&bearer, now() + Duration::from_secs(2)), Rejected::Kept);
    assert_eq!(session.send(get(&server, "/v2/user")).await.unwrap().status(), 401);
    let logins = server.requests().iter().filter(|request| request.target == "/v2/users/login").count();
    assert_eq!((logins, server.requests().len()), (2, 6));
}

#[tokio::test]
async fn a_token_that_came_too_late_is_one_failure_for_all() {
    let mut hub = SimHub::demo();
    hub.login_lifetime(Duration::ZERO);
    let server = start(hub);
    let session = bob(&server);
    let (first, second) = tokio::join!(session.token(Duration::ZERO), session.token(Duration::ZERO));
    for result in [first, second] {
        assert_eq!(result.unwrap_err().kind(), FailureKind::MalformedAnswer);
    }
    assert_eq!(server.requests().len(), 1);
}

#[cfg(feature = "totp")]
#[tokio::test]
async fn no_totp_code_is_sent_twice_by_the_next_process_either() {
    let server = start(SimHub::demo());
    let store = hub_auth_host::MemoryStore::new();
    let alice = || {
        let totp = hub_auth_core::Totp::from_base32(demo::TOTP_SECRET_BASE32).unwrap();
        session(&server, demo::USER, demo::PASSWORD).totp(totp).store(store.clone())
    };
    alice().token(Duration::ZERO).await.unwrap();
    // The next process finds a token that is no longer good, and has to log in within the same time step.
    server.hub().revoke_all();
    let next = alice();
    assert_eq!(next.send(get(&server, "/v2/user")).await.unwrap().status(), 200);
    assert!(next.store_fault().is_none());
    let codes: Vec<_> = statuses(&server).into_iter().filter(|(target, _)| target == "/v2/users/2fa-login").collect();
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert!(codes.iter().all(|(_, status)| *status == 200), "{codes:?}");
    // Once for the new token, and once for the next time step.
    assert_eq!(still::waits(), [1, 29].map(Duration::from_secs));
}

#[cfg(feature = "totp")]
#[tokio::test]
async fn a_code_that_led_nowhere_is_not_sent_by_the_next_process_either() {
    let server = start(SimHub::demo());
    let store = hub_auth_host::MemoryStore::new();
    let alice = || {
        let totp = hub_auth_core::Totp::from_base32(demo::TOTP_SECRET_BASE32).unwrap();
        let once = Options::new().base(server.url()).policy(Policy::new(1).with_codes(NonZeroU8::MIN));
        session_with(once, demo::USER, demo::PASSWORD).totp(totp).store(store.clone())
    };
    server.hub().script(Fault::Pass).script(unauthorized());
    assert_eq!(alice().token(Duration::ZERO).await.unwrap_err().kind(), FailureKind::CodeRefused);
    alice().token(Duration::ZERO).await.unwrap();
    let requests = server.requests();
    let code = |at: usize| serde_json::from_slice::<serde_json::Value>(&requests[at].body).unwrap()["code"].clone();
    assert_ne!(code(1), code(3));
}

#[cfg(feature = "totp")]
#[tokio::test]
async fn a_code_that_was_refused_is_followed_by_the_next_one() {
    let server = start(SimHub::demo());
    server.hub().script(Fault::Pass).script(unauthorized());
    let totp = hub_auth_core::Totp::from_base32(demo::TOTP_SECRET_BASE32).unwrap();
    session(&server, demo::USER, demo::PASSWORD).totp(totp).token(Duration::ZERO).await.unwrap();
    assert_eq!(server.requests().len(), 3);
    assert_ne!(server.requests()[1].body, server.requests()[2].body);
}

#[tokio::test]
async fn what_a_login_with_an_old_account_brings_is_discarded() {
    let server = start(SimHub::demo());
    let wrong = session(&server, demo::USER_WITHOUT_2FA, "wrong");
    let right = Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap();
    let (changed, asked) = (wrong.clone(), wrong.clone());
    let (token, ()) = tokio::join!(async { asked.token(Duration::ZERO).await }, async {
        changed.set_account(right);
    });
    token.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_token_come_back_from_a_store_is_still_the_one_that_was_rejected() {
    let server = start(SimHub::demo());
    let session = bob(&server);
    let bearer = session.token(Duration::ZERO).await.unwrap();
    session.restore(&session.seal().unwrap()).unwrap();
    assert!(matches!(session.invalidate(&bearer), Rejected::TooNew(_)));
    assert_eq!(session.core().reject(&bearer, now() + Duration::from_secs(2)), Rejected::Dropped);
    assert!(session.expires_at().is_none());
}
