//! Tests what the conformance suite cannot ask of a session.

use std::time::Duration;

use hub_auth_blocking::{FailureKind, Session, SessionLogin};
use hub_auth_testkit::SimHub;

use crate::common::{alice, scene};

#[test]
fn a_challenge_is_answered_by_hand() {
    let scene = scene(SimHub::demo());
    let session = Session::new(scene.client.clone(), alice());
    let SessionLogin::NeedCode(challenge) = session.login().unwrap() else { panic!("no code was asked for") };
    assert_eq!(session.token(Duration::ZERO).unwrap_err().kind(), FailureKind::SecondFactorRequired);
    let answered = session.answer(challenge, scene.code().unwrap()).unwrap();
    assert!(matches!(answered, SessionLogin::Ready(_)));
    session.token(Duration::ZERO).unwrap();
    assert_eq!(scene.logins(), 1);
}
