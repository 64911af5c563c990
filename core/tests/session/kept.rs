//! What outlives the process.

use super::*;

#[test]
fn it_outlives_its_process_and_belongs_to_one_account_at_one_hub() {
    let mut first = session();
    assert!(first.seal(NOW).is_none(), "nothing to keep");
    let bearer = log_in(&mut first, 10 * MINUTE, 1, NOW);
    let sealed = first.seal(NOW + MINUTE).unwrap();
    assert!(!sealed.expose().contains("dckr_pat_one"), "never the password");

    let mut second = session();
    second.restore(&sealed, NOW + 2 * MINUTE).unwrap();
    assert_eq!(ready(second.ask(MINUTE, NOW + 2 * MINUTE)).token().expose(), bearer.token().expose());
    assert_eq!(second.expires_at(), Some(NOW + 10 * MINUTE));
    leads(second.ask(MINUTE, NOW + 10 * MINUTE));

    let mut stepped_back = session();
    stepped_back.restore(&sealed, NOW).unwrap();
    assert!(stepped_back.expires_at() <= Some(NOW + 9 * MINUTE), "a clock stepping back does not prolong it");

    let other_user = Account::new("bob", Credential::personal_token("x")).unwrap();
    let other_kind = Account::new("alice", Credential::password("x")).unwrap();
    let other_hub = Hub::new("https://hub.example.org".parse().unwrap(), Policy::new(7)).unwrap();
    for mut other in [
        Session::new(hub(), other_user),
        Session::new(hub(), other_kind),
        Session::new(other_hub, account("dckr_pat_one")),
    ] {
        assert_eq!(other.restore(&sealed, NOW), Err(SealError::Other));
    }
    let text = sealed.expose();
    let damaged = [
        (String::new(), SealError::Damaged),
        (text[..text.len() - 2].to_owned(), SealError::Damaged),
        (text.replace("\"hub_auth_session\":1", "\"hub_auth_session\":2"), SealError::UnknownVersion(2)),
        (text.replace(bearer.token().expose(), "a b"), SealError::Damaged),
        (text.replace("\"left\":540000", "\"left\":540000000"), SealError::Damaged),
    ];
    for (text, bad) in damaged {
        assert_eq!(session().restore(&Secret::from(text.as_str()), NOW), Err(bad), "{text}");
    }
}

#[test]
fn a_kept_token_knows_that_a_second_factor_gave_it() {
    let password = || Account::new("alice", Credential::password("x")).unwrap();
    let Step::Send(exchange) = hub().login(&password()) else { panic!() };
    let mut asks = Response::new(&br#"{"login_2fa_token":"t"}"#[..]);
    *asks.status_mut() = 401.try_into().unwrap();
    let Step::NeedCode(challenge) = exchange.send().1.reply(asks, NOW) else { panic!() };
    let Step::Send(exchange) = challenge.answer(Code::new("123456").unwrap(), NOW) else { panic!() };
    let body = format!("{{\"token\":\"{}\"}}", jwt(Some(NOW + 10 * MINUTE), 1));
    let Step::Done(grant) = exchange.send().1.reply(Response::new(body.as_bytes()), NOW) else { panic!() };

    let mut first = Session::new(hub(), password());
    first.adopt(&grant).unwrap();
    let mut second = Session::new(hub(), password());
    second.restore(&first.seal(NOW).unwrap(), NOW).unwrap();
    assert_eq!(ready(second.ask(MINUTE, NOW)).route(), Route::TwoFactor);
}

#[test]
fn a_clock_that_steps_back_prolongs_no_hold_and_no_kept_token() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let _ = session.settle(flight, failed(step, 401, NOW), NOW);
    let earlier = UnixTime::from_secs(NOW.as_secs() - 86_400);
    refused(session.ask(MINUTE, earlier));
    refused(session.ask(MINUTE, earlier + 14 * MINUTE));
    leads(session.ask(MINUTE, earlier + 15 * MINUTE));

    let mut first = self::session();
    log_in(&mut first, 10 * MINUTE, 1, NOW);
    let sealed = first.seal(NOW).unwrap();
    let mut second = self::session();
    second.restore(&sealed, earlier).unwrap();
    leads(second.ask(Duration::ZERO, earlier));
}

#[test]
fn a_kept_tokens_claims_do_not_repeat_the_secret() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"https://hub.docker.com":{"username":"dckr_pat_one"}}"#);
    let mut first = session();
    let (flight, step) = lead(first.ask(MINUTE, NOW));
    let result = granted(step, &format!("h.{claims}.s"), None, NOW);
    let _ = first.settle(flight, result, NOW);
    let sealed = first.seal(NOW).unwrap();
    let mut second = session();
    second.restore(&sealed, NOW).unwrap();
    for session in [&mut first, &mut second] {
        assert_eq!(ready(session.ask(MINUTE, NOW)).claims().user, None);
    }
}

#[test]
fn a_store_gives_what_outlasts_the_own_token_and_was_not_rejected() {
    let totp = Totp::from_base32("GEZDGNBVGY3TQOJQ").unwrap();
    let mut other = session();
    let theirs = log_in(&mut other, 10 * MINUTE, 1, NOW);
    let NextCode::Now(..) = other.next_code(&totp, NOW) else { panic!() };
    let sealed = other.seal(NOW).unwrap();

    let mut short = session();
    log_in(&mut short, MINUTE, 2, NOW);
    let taken = short.take_over(&sealed, MINUTE, NOW).unwrap().unwrap();
    assert_eq!(taken.token().expose(), theirs.token().expose());
    assert_eq!(short.reject(&taken, NOW + MINUTE), Rejected::Dropped);
    assert!(short.take_over(&sealed, MINUTE, NOW + MINUTE).unwrap().is_none(), "it was rejected");
    assert!(short.ready(Duration::ZERO, NOW + MINUTE).is_none());

    let mut long = session();
    let ours = log_in(&mut long, 20 * MINUTE, 3, NOW);
    assert!(long.take_over(&sealed, MINUTE, NOW).unwrap().is_none(), "ours is better");
    assert_eq!(ready(long.ask(MINUTE, NOW)).token().expose(), ours.token().expose());
    assert!(matches!(long.next_code(&totp, NOW), NextCode::At(_)), "but no code twice");

    let late = NOW + 9 * MINUTE + Duration::from_secs(30);
    let mut none = session();
    assert!(none.take_over(&sealed, Duration::ZERO, late).unwrap().is_none(), "it is due for renewal");
    assert!(none.ready(Duration::ZERO, late).is_some(), "but better than nothing if that fails");
}
