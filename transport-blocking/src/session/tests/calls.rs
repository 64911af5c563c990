//! A 401 to a call: who waits, who renews, how often.

use bytes::Bytes;
use hub_auth_core::http::{Request, StatusCode};
use hub_auth_testkit::hub::Fault;

use super::*;

fn user(scene: &Scene) -> Request<Bytes> {
    Request::get(format!("{}v2/user", scene.server.url())).body(Bytes::new()).unwrap()
}

fn unauthorized() -> Fault {
    Fault::json(StatusCode::UNAUTHORIZED, "{}")
}

#[test]
fn fifty_callers_getting_401_together_make_one_login() {
    let scene = scene();
    let session = scene.session();
    token(&session);
    scene.advance(10);
    scene.server.hub().revoke_all();
    let statuses = together(50, || session.send(user(&scene)).unwrap().status());
    assert!(statuses.iter().all(|status| *status == StatusCode::OK), "{statuses:?}");
    assert_eq!(scene.logins(), 2);
    assert!(scene.count("/v2/user") <= 100);
}

#[test]
fn a_token_seconds_old_is_used_once_more_after_a_second() {
    let scene = scene();
    let session = scene.session();
    scene.server.hub().script(Fault::Pass).script(unauthorized());
    assert_eq!(session.send(user(&scene)).unwrap().status(), StatusCode::OK);
    assert_eq!((scene.logins(), scene.count("/v2/user")), (1, 2));
    assert_eq!(scene.clock.slept(), Duration::from_secs(1));
}

#[test]
fn the_401_that_is_left_is_returned() {
    for (age, sent, logins) in [(0, 3, 2), (10, 2, 2)] {
        let scene = scene();
        let session = scene.session();
        token(&session);
        scene.advance(age);
        // An answer to each call, and the login between them.
        let faults = if age == 0 { "cclc" } else { "clc" };
        for fault in faults.chars() {
            scene.server.hub().script(if fault == 'c' { unauthorized() } else { Fault::Pass });
        }
        assert_eq!(session.send(user(&scene)).unwrap().status(), StatusCode::UNAUTHORIZED, "{age}");
        assert_eq!((scene.count("/v2/user"), scene.logins()), (sent, logins), "{age}");
    }
}

#[test]
fn a_resource_that_rejects_every_token_costs_one_login() {
    let scene = scene();
    let session = scene.session();
    token(&session);
    scene.advance(10);
    // The login comes second.
    for fault in "clcccc".chars() {
        scene.server.hub().script(if fault == 'c' { unauthorized() } else { Fault::Pass });
    }
    for _ in 0..3 {
        assert_eq!(session.send(user(&scene)).unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    // Twice each at first: after the login, and because its token was new.
    assert_eq!((scene.logins(), scene.count("/v2/user")), (2, 5));
    assert_eq!(session.send(user(&scene)).unwrap().status(), StatusCode::OK);
}

#[test]
fn a_renewal_that_fails_is_the_error() {
    let scene = scene();
    let session = scene.session();
    token(&session);
    scene.advance(10);
    scene.server.hub().always(unauthorized());
    let error = session.send(user(&scene)).unwrap_err();
    let super::super::SendError::LoginOutcome(failure) = error else { panic!("{error:?}") };
    assert_eq!(failure.kind(), hub_auth_core::FailureKind::CredentialsRefused);
    assert_eq!((scene.count("/v2/user"), scene.logins()), (1, 2));
}
