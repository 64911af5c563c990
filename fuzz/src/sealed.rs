//! The target `sealed`: any text in place of a sealed challenge or session.

use hub_auth_core::session::Session;
use hub_auth_core::{Account, Credential, Hub, Policy, SealError, Secret, UnixTime};

use crate::checks::{self, PASSWORD};

/// Any text in place of a sealed form is refused, or taken up and sealed again to a form that is taken up again.
/// Nothing panics, no error repeats the text, and a challenge never has more codes than the policy allows.
pub fn sealed(data: &[u8]) {
    let now = UnixTime::from_secs(1_760_000_000);
    let hub = Hub::docker(Policy::new(7));
    let secret = Secret::from(String::from_utf8_lossy(data).into_owned());
    match hub.resume(&secret) {
        Ok(challenge) => {
            assert!((1..=hub.policy().codes().get()).contains(&challenge.codes_left()));
            let again = hub.resume(&challenge.seal()).expect("its own form");
            assert_eq!(format!("{challenge:?}"), format!("{again:?}"));
        }
        Err(error) => refused(error),
    }
    let account = Account::new("alice", Credential::password(PASSWORD)).expect("an account");
    let mut session = Session::new(hub, account);
    match session.restore(&secret, now) {
        Ok(()) => {
            if let Some(form) = session.seal(now) {
                session.restore(&form, now).expect("its own form");
            }
        }
        Err(error) => refused(error),
    }
    checks::silent(&format!("{session:?}"), &[PASSWORD]);
}

fn refused(error: SealError) {
    assert!(error.to_string().len() < 200, "{error}");
}
