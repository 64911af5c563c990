//! Seals a session and restores it in another process.

use hub_auth_core::{Route, SealError};

use super::*;

#[test]
fn a_sealed_session_outlives_its_process_and_belongs_to_one_account_at_one_hub() {
    let mut first = process("hunter2");
    assert!(first.session.seal(NOW).is_none(), "nothing to keep");
    let bearer = first.log_in(10 * MINUTE, 1, NOW);
    let sealed = first.session.seal(NOW + MINUTE).unwrap();
    assert!(!sealed.expose().contains("hunter2"), "never the password");

    let mut second = process("hunter2").session;
    second.restore(&sealed, NOW + 2 * MINUTE).unwrap();
    assert_eq!(ready(second.start(want(), NOW + 2 * MINUTE)).token().expose(), bearer.token().expose());
    assert_eq!(second.expires_at(), Some(NOW + 10 * MINUTE));
    leads(second.start(want(), NOW + 10 * MINUTE));

    let mut stepped_back = process("hunter2").session;
    stepped_back.restore(&sealed, NOW).unwrap();
    assert!(stepped_back.expires_at() <= Some(NOW + 9 * MINUTE), "a clock stepping back does not prolong it");

    let bob = Account::new("bob", Credential::password("x")).unwrap();
    let other_kind = Account::new("alice", Credential::personal_token("x")).unwrap();
    let other_hub = Hub::new("https://hub.example.org".parse().unwrap(), Policy::new(7)).unwrap();
    for mut other in
        [Session::new(hub(), bob), Session::new(hub(), other_kind), Session::new(other_hub, account("hunter2"))]
    {
        assert_eq!(other.restore(&sealed, NOW), Err(SealError::Other));
    }
    let text = sealed.expose();
    let damaged = [
        (String::new(), SealError::Damaged),
        (text[..text.len() - 2].to_owned(), SealError::Damaged),
        (text.replace("\"hub_auth_session\":2", "\"hub_auth_session\":1"), SealError::UnknownVersion(1)),
        (text.replace(bearer.token().expose(), "a b"), SealError::Damaged),
        (text.replace("\"left\":540000", "\"left\":540000000"), SealError::Damaged),
    ];
    for (text, bad) in damaged {
        assert_eq!(process("hunter2").session.restore(&Secret::from(text.as_str()), NOW), Err(bad), "{text}");
    }
}

#[test]
fn what_cannot_be_read_in_a_store_counts_as_nothing_and_is_reported() {
    let mut process = process("one");
    let login = process.lead_from(Some(&Secret::from("garbage")), NOW);
    assert_eq!(process.session.seal_error(), Some(SealError::Damaged));
    drop(login);
    process.lead(NOW);
    assert_eq!(process.session.seal_error(), None);
}

#[test]
fn a_kept_token_knows_that_a_second_factor_gave_it() {
    let mut first = process("one");
    let challenge = first.challenge(NOW);
    let next = first.session.answer(challenge, code(), NOW);
    first.granted(sent(next), &jwt(Some(NOW + 10 * MINUTE), 1), NOW);
    let mut second = process("one").session;
    second.restore(first.store(), NOW).unwrap();
    assert_eq!(ready(second.start(want(), NOW)).route(), Route::TwoFactor);
}

#[test]
fn a_kept_token_from_the_future_has_ended() {
    let mut first = process("one");
    first.log_in(10 * MINUTE, 1, NOW);
    let earlier = UnixTime::from_secs(NOW.as_secs() - 86_400);
    let mut second = process("one");
    leads(second.start(earlier));
    second.lead_from(Some(first.store()), earlier);
}

#[test]
fn a_kept_tokens_claims_do_not_repeat_the_secret() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"https://hub.docker.com":{"username":"hunter2"}}"#);
    let mut first = process("hunter2");
    let login = first.lead(NOW);
    let bearer = first.granted(login, &format!("h.{claims}.s"), NOW);
    let mut second = process("hunter2").session;
    second.restore(first.store(), NOW).unwrap();
    for bearer in [bearer, ready(second.start(want(), NOW))] {
        assert_eq!(bearer.claims().user, None);
    }
}

#[test]
fn a_token_in_the_store_saves_a_login_if_it_is_longer_than_the_own_one_and_was_not_rejected() {
    let mut other = process("one");
    let theirs = other.log_in(10 * MINUTE, 1, NOW);
    let late = NOW + 30 * SECOND;

    let mut short = process("one");
    short.log_in(MINUTE, 2, NOW);
    let taken = ready(short.asks(want(), Some(other.store()), late));
    assert_eq!(taken.token().expose(), theirs.token().expose());
    assert_eq!(short.session.reject(&taken, NOW + MINUTE), Rejected::Dropped);
    short.lead_from(Some(other.store()), NOW + MINUTE);

    let mut long = process("one");
    let ours = long.log_in(20 * MINUTE, 3, NOW);
    long.session.restore(other.store(), NOW).unwrap();
    assert_eq!(ready(long.start(NOW)).token().expose(), ours.token().expose());

    let due = NOW + 9 * MINUTE + 30 * SECOND;
    let mut none = process("one");
    let login = sent(none.asks(Want::default(), Some(other.store()), due));
    let next = none.lost(login, due);
    assert_eq!(ready(next).token().expose(), theirs.token().expose(), "better than nothing if its renewal fails");
}
