//! Starts a session from a bearer token that came from elsewhere.

use super::*;
use hub_auth_core::{CredentialKind, Step};

fn given(expires: Option<UnixTime>, serial: u64) -> Account {
    Account::new("alice", Credential::access_token(jwt(expires, serial))).unwrap()
}

fn session(expires: Option<UnixTime>) -> Process {
    Process { session: Session::new(hub(), given(expires, 1)), saved: None }
}

#[test]
fn a_login_sends_nothing() {
    let account = given(Some(NOW + DAY), 1);
    let Step::Done(grant) = hub().login(&account) else { panic!("it sends") };
    assert_eq!((grant.kind(), grant.expires_at()), (CredentialKind::AccessToken, Some(NOW + DAY)));
    assert!(!format!("{account:?} {grant:?}").contains(&jwt(Some(NOW + DAY), 1)));
}

#[test]
fn the_token_is_used_until_its_claims_say_it_has_ended() {
    for expires in [Some(NOW + DAY), None] {
        let mut process = session(expires);
        assert_eq!(ready(process.start(NOW)).token().expose(), jwt(expires, 1));
        assert_eq!(process.session.expires_at(), expires);
        ready(process.session.start(Want::default(), NOW + 1439 * MINUTE + 30 * SECOND)); // nothing can renew it
    }
    let mut process = session(Some(NOW + DAY));
    ready(process.start(NOW));
    for now in [NOW + DAY, NOW + 2 * DAY] {
        let failure = process.refused_at(now);
        assert_eq!(failure.kind(), FailureKind::CredentialsRefused);
        assert!(failure.advice().next.contains("Log in again"), "{failure}");
    }
    assert_eq!(session(Some(NOW)).refused_at(NOW + SECOND).kind(), FailureKind::CredentialsRefused);
}

#[test]
fn a_rejected_token_is_not_used_again_and_the_next_one_is() {
    let mut process = session(Some(NOW + DAY));
    let bearer = ready(process.start(NOW));
    assert_eq!(process.session.reject(&bearer, NOW), Rejected::Dropped);
    for _ in 0..2 {
        assert!(process.refused_at(NOW).advice().cause.contains("revoked"));
    }
    for serial in [2, 3] {
        process.session.set_account(given(Some(NOW + DAY), serial));
        assert_eq!(ready(process.start(NOW)).token().expose(), jwt(Some(NOW + DAY), serial));
    }
}
