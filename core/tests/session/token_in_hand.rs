//! A session that starts from a bearer token that was come by elsewhere.

use super::*;
use hub_auth_core::{CredentialKind, Step};

fn session(expires: Option<UnixTime>) -> Process {
    let account = Account::new("alice", Credential::access_token(jwt(expires, 1))).unwrap();
    Process { session: Session::new(hub(), account), saved: None }
}

fn go(process: &mut Process, now: UnixTime) -> Next {
    let next = process.start(now);
    process.go_on(next, None, now)
}

#[test]
fn a_login_sends_nothing() {
    let account = Account::new("alice", Credential::access_token(jwt(Some(NOW + DAY), 1))).unwrap();
    let Step::Done(grant) = hub().login(&account) else { panic!("it sends") };
    assert_eq!((grant.kind(), grant.expires_at()), (CredentialKind::AccessToken, Some(NOW + DAY)));
    assert!(!format!("{account:?} {grant:?}").contains(&jwt(Some(NOW + DAY), 1)));
}

#[test]
fn the_token_is_used_until_its_claims_say_it_has_ended() {
    for expires in [Some(NOW + DAY), None] {
        let mut process = session(expires);
        let bearer = ready(go(&mut process, NOW));
        assert_eq!(bearer.token().expose(), jwt(expires, 1));
        ready(go(&mut process, NOW + DAY / 2));
    }
    let mut process = session(Some(NOW + DAY));
    ready(go(&mut process, NOW));
    for now in [NOW + DAY, NOW + 2 * DAY] {
        let failure = refused(go(&mut process, now));
        assert_eq!(failure.kind(), FailureKind::CredentialsRefused);
        assert!(failure.advice().next.contains("Log in again"), "{failure}");
    }
    assert_eq!(refused(go(&mut session(Some(NOW)), NOW + SECOND)).kind(), FailureKind::CredentialsRefused);
}

#[test]
fn a_rejected_token_is_not_used_again_and_the_next_one_is() {
    let mut process = session(Some(NOW + DAY));
    let bearer = ready(go(&mut process, NOW));
    assert_eq!(process.session.reject(&bearer, NOW), Rejected::Dropped);
    for _ in 0..2 {
        assert!(refused(go(&mut process, NOW)).advice().cause.contains("revoked"));
    }
    process.session.set_account(Account::new("alice", Credential::access_token(jwt(Some(NOW + DAY), 2))).unwrap());
    assert_eq!(ready(go(&mut process, NOW)).token().expose(), jwt(Some(NOW + DAY), 2));
}
