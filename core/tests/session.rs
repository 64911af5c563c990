//! The session: who leads, who follows, what is held back; on a virtual clock.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says so by panicking"
)]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::http::header::{AUTHORIZATION, DATE, RETRY_AFTER};
use hub_auth_core::http::{HeaderMap, Response};
use hub_auth_core::session::{Ask, BadSession, Bearer, Flight, FlightId, Rejected, Session};
use hub_auth_core::{
    Account, Break, Broke, Challenge, Code, Credential, Failure, Grant, Hub, Kind, NextCode, Policy, Route, Secret,
    Sent, Step, Totp, UnixTime,
};

const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn account(secret: &str) -> Account {
    Account::new("alice", Credential::personal_token(secret)).unwrap()
}

fn hub() -> Hub {
    Hub::docker(Policy::new(7).sends(1.try_into().unwrap()))
}

fn session() -> Session {
    Session::new(hub(), account("dckr_pat_one"))
}

/// A token that says it lives until `expires` on the issuer's clock; `serial` tells it from others.
fn jwt(expires: Option<UnixTime>, serial: u64) -> String {
    let exp = expires.map_or("null".into(), |at| at.as_secs().to_string());
    format!("h.{}.s{serial}", URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp},\"jti\":{serial}}}")))
}

fn lead(ask: Ask) -> (Flight, Step) {
    match ask {
        Ask::Lead(flight, step) => (flight, step),
        other => panic!("not a lead: {other:?}"),
    }
}

fn leads(ask: Ask) {
    let (_flight, _step) = lead(ask);
}

fn ready(ask: Ask) -> Bearer {
    match ask {
        Ask::Ready(bearer) => bearer,
        other => panic!("not ready: {other:?}"),
    }
}

fn refused(ask: Ask) -> Failure {
    match ask {
        Ask::Refused(failure) => failure,
        other => panic!("not refused: {other:?}"),
    }
}

fn follow(ask: Ask) -> FlightId {
    match ask {
        Ask::Follow(id) => id,
        other => panic!("not a follow: {other:?}"),
    }
}

/// Drives a step with one answer.
fn answered(step: Step, response: Response<&[u8]>, now: UnixTime) -> Result<Grant, Failure> {
    let Step::Send(exchange) = step else { panic!("nothing to send: {step:?}") };
    match exchange.send().1.reply(response, now) {
        Step::Done(grant) => Ok(grant),
        Step::Failed(failure) => Err(failure),
        other => panic!("neither done nor failed: {other:?}"),
    }
}

fn granted(step: Step, token: &str, date: Option<&str>, now: UnixTime) -> Result<Grant, Failure> {
    let body = format!("{{\"access_token\":\"{token}\"}}");
    let mut response = Response::new(body.as_bytes());
    if let Some(date) = date {
        response.headers_mut().insert(DATE, date.parse().unwrap());
    }
    answered(step, response, now)
}

fn failed(step: Step, status: u16, now: UnixTime) -> Result<Grant, Failure> {
    let mut response = Response::new(&b"{\"detail\":\"no\"}"[..]);
    *response.status_mut() = status.try_into().unwrap();
    answered(step, response, now)
}

fn lost(step: Step, now: UnixTime) -> Result<Grant, Failure> {
    let Step::Send(exchange) = step else { panic!("nothing to send: {step:?}") };
    match exchange.send().1.broke(Break::new(Sent::Maybe, Broke::Closed), now) {
        Step::Failed(failure) => Err(failure),
        other => panic!("not failed: {other:?}"),
    }
}

/// Logs the session in with a token that lives `life`.
fn log_in(session: &mut Session, life: Duration, serial: u64, now: UnixTime) -> Bearer {
    let (flight, step) = lead(session.ask(Duration::ZERO, now));
    let result = granted(step, &jwt(Some(now + life), serial), None, now);
    ready(session.settle(flight, result, now))
}

#[test]
fn a_thousand_callers_make_one_login() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    for _ in 0..1000 {
        assert_eq!(follow(session.ask(MINUTE, NOW)), flight.id());
    }
    let id = flight.id();
    let result = granted(step, &jwt(Some(NOW + 10 * MINUTE), 1), None, NOW);
    let _ = session.settle(flight, result, NOW);
    for _ in 0..1000 {
        ready(session.ask_after(id, MINUTE, NOW));
    }
}

#[test]
fn it_renews_early_and_the_others_keep_the_old_token_meanwhile() {
    let mut session = session();
    let old = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let late = NOW + 9 * MINUTE + Duration::from_secs(30);
    let (flight, step) = lead(session.ask(Duration::ZERO, late));
    assert_eq!(ready(session.ask(Duration::ZERO, late)).token().expose(), old.token().expose());
    let id = follow(session.ask(MINUTE, late));
    let result = granted(step, &jwt(Some(late + 10 * MINUTE), 2), None, late);
    let _ = session.settle(flight, result, late);
    assert_ne!(ready(session.ask_after(id, MINUTE, late)).token().expose(), old.token().expose());
}

#[test]
fn a_renewal_that_fails_is_no_error_while_the_token_is_good() {
    let mut session = session();
    log_in(&mut session, 10 * MINUTE, 1, NOW);
    let late = NOW + 9 * MINUTE + Duration::from_secs(20);
    let (flight, step) = lead(session.ask(Duration::ZERO, late));
    let id = flight.id();
    let _ = session.settle(flight, lost(step, late), late);
    ready(session.ask_after(id, Duration::ZERO, late));
    ready(session.ask(Duration::ZERO, late)); // no second try at once
    assert_eq!(refused(session.ask_after(id, MINUTE, late)).kind(), Kind::Transport, "it has no minute left");
    leads(session.ask(Duration::ZERO, late + Duration::from_secs(15))); // but after a while
    lead_or_follow(&session.ask(Duration::ZERO, NOW + 10 * MINUTE)); // and it is not used once it ends
}

fn lead_or_follow(ask: &Ask) {
    assert!(matches!(ask, Ask::Lead(..) | Ask::Follow(_)), "{ask:?}");
}

#[test]
fn a_demand_above_the_whole_life_is_met_by_a_fresh_token() {
    let mut session = session();
    log_in(&mut session, 10 * MINUTE, 1, NOW);
    for _ in 0..100 {
        ready(session.ask(DAY, NOW + Duration::from_secs(1)));
    }
}

#[test]
fn a_token_without_expiry_is_used_until_it_is_rejected() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let result = granted(step, "opaque", None, NOW);
    let _ = session.settle(flight, result, NOW);
    let bearer = ready(session.ask(DAY, NOW + 1000 * DAY));
    assert_eq!(session.expires_at(), None);
    assert_eq!(session.reject(&bearer, NOW + 1000 * DAY), Rejected::Dropped);
    leads(session.ask(DAY, NOW + 1000 * DAY));
}

#[test]
fn expiry_is_on_the_issuers_clock_a_day_ahead_or_behind() {
    for (date, issuer_now) in [
        ("Fri, 10 Oct 2025 08:53:20 GMT", NOW + DAY),
        ("Wed, 08 Oct 2025 08:53:20 GMT", UnixTime::from_secs(1_759_913_600)),
    ] {
        let mut session = session();
        let (flight, step) = lead(session.ask(MINUTE, NOW));
        let result = granted(step, &jwt(Some(issuer_now + 10 * MINUTE), 1), Some(date), NOW);
        let _ = session.settle(flight, result, NOW);
        assert_eq!(session.expires_at(), Some(NOW + 10 * MINUTE), "{date}");
    }
}

#[test]
fn an_error_page_does_not_move_the_clock() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let mut page = Response::new(&b"<html>"[..]);
    *page.status_mut() = 502.try_into().unwrap();
    page.headers_mut().insert(DATE, "Thu, 01 Jan 2099 00:00:00 GMT".parse().unwrap());
    let _ = session.settle(flight, answered(step, page, NOW), NOW);
    log_in(&mut session, 10 * MINUTE, 1, NOW);
    assert_eq!(session.expires_at(), Some(NOW + 10 * MINUTE));
}

#[test]
fn a_late_rejection_does_not_evict_the_new_token() {
    let mut session = session();
    let old = log_in(&mut session, 10 * MINUTE, 1, NOW);
    assert_eq!(session.reject(&old, NOW + MINUTE), Rejected::Dropped);
    assert_eq!(session.reject(&old, NOW + MINUTE), Rejected::Outdated);
    let new = log_in(&mut session, 10 * MINUTE, 2, NOW + MINUTE);
    assert_eq!(session.reject(&old, NOW + MINUTE), Rejected::Outdated);
    assert_eq!(ready(session.ask(MINUTE, NOW + MINUTE)).token().expose(), new.token().expose());
}

#[test]
fn a_token_that_is_too_new_is_used_once_more() {
    let mut session = session();
    let bearer = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let second = Duration::from_secs(1);
    assert_eq!(session.reject(&bearer, NOW + second), Rejected::TooNew(second));
    assert_eq!(session.reject(&bearer, NOW + second), Rejected::TooNew(second), "for all who were refused together");
    ready(session.ask(MINUTE, NOW + second));
    assert_eq!(session.reject(&bearer, NOW + 2 * second), Rejected::Dropped);
}

#[test]
fn a_refused_secret_is_sent_once_until_it_changes_or_the_cool_down_ends() {
    for status in [401, 403, 400] {
        let mut session = session();
        let (flight, step) = lead(session.ask(MINUTE, NOW));
        let _ = session.settle(flight, failed(step, status, NOW), NOW);
        for n in 0..1000 {
            let failure = refused(session.ask(MINUTE, NOW + Duration::from_millis(n)));
            assert_eq!(failure.kind(), Kind::LockedOut, "{status}");
            assert_eq!(failure.retry_at(), Some(NOW + 15 * MINUTE));
        }
        session.set_account(account("dckr_pat_one"));
        refused(session.ask(MINUTE, NOW));
        session.set_account(account("dckr_pat_two"));
        let (flight, _) = lead(session.ask(MINUTE, NOW));
        session.abandon(flight);

        session.set_account(account("dckr_pat_one"));
        let (flight, step) = lead(session.ask(MINUTE, NOW));
        let _ = session.settle(flight, failed(step, status, NOW), NOW);
        refused(session.ask(MINUTE, NOW + 14 * MINUTE));
        leads(session.ask(MINUTE, NOW + 15 * MINUTE));
    }
}

#[test]
fn a_429_holds_every_caller_back() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let id = follow(session.ask(MINUTE, NOW));
    let mut answer = Response::new(&b"{}"[..]);
    *answer.status_mut() = 429.try_into().unwrap();
    answer.headers_mut().insert(RETRY_AFTER, 30.into());
    let _ = session.settle(flight, answered(step, answer, NOW), NOW);
    for ask in [session.ask_after(id, MINUTE, NOW), session.ask(MINUTE, NOW + Duration::from_secs(29))] {
        let failure = refused(ask);
        assert_eq!((failure.kind(), failure.retry_at()), (Kind::RateLimited, Some(NOW + Duration::from_secs(30))));
    }
    leads(session.ask(MINUTE, NOW + Duration::from_secs(30)));
}

#[test]
fn followers_of_a_lost_login_do_not_try_it_one_after_the_other() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let id = flight.id();
    let _ = session.settle(flight, lost(step, NOW), NOW);
    for _ in 0..1000 {
        assert_eq!(refused(session.ask_after(id, MINUTE, NOW)).kind(), Kind::Transport);
    }
    leads(session.ask(MINUTE, NOW)); // somebody new may
}

#[test]
fn an_abandoned_flight_hands_over() {
    let mut session = session();
    let (flight, _) = lead(session.ask(MINUTE, NOW));
    let id = follow(session.ask(MINUTE, NOW));
    session.abandon(flight);
    let (second, _) = lead(session.ask_after(id, MINUTE, NOW));
    assert_eq!(follow(session.ask_after(id, MINUTE, NOW)), second.id());
}

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
        assert_eq!(other.restore(&sealed, NOW), Err(BadSession::Other));
    }
    let text = sealed.expose();
    let damaged = [
        (String::new(), BadSession::NotASession),
        (text[..text.len() - 2].to_owned(), BadSession::NotASession),
        (text.replace("\"hub_auth_session\":1", "\"hub_auth_session\":2"), BadSession::UnknownVersion(2)),
        (text.replace(bearer.token().expose(), "a b"), BadSession::NotASession),
        (text.replace("\"left\":540000", "\"left\":540000000"), BadSession::NotASession),
    ];
    for (text, bad) in damaged {
        assert_eq!(session().restore(&Secret::from(text.as_str()), NOW), Err(bad), "{text}");
    }
}

#[test]
fn authorizing_marks_the_header_sensitive() {
    let mut session = session();
    let bearer = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, "Bearer stale".parse().unwrap());
    bearer.authorize(&mut headers);
    assert!(headers[AUTHORIZATION].is_sensitive());
    assert_eq!(headers.get_all(AUTHORIZATION).iter().count(), 1);
}

#[test]
fn its_debug_is_no_help_in_guessing_the_secret() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let _ = session.settle(flight, failed(step, 401, NOW), NOW);
    // The hold keeps a salted hash, 20 digits or so; the seed of the policy is the salt.
    let shown = format!("{session:?} {:?}", session.hub().policy());
    assert!(shown.contains("LockedOut") && !shown.contains("seed"), "{shown}");
    let longest = shown.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    assert!(longest <= Some(13), "{shown}");
}

#[test]
fn a_401_that_is_cut_holds_the_secret_back_for_a_while() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let Step::Send(exchange) = step else { panic!() };
    let mut head = Response::new(());
    *head.status_mut() = 401.try_into().unwrap();
    let cut = Break::new(Sent::Maybe, Broke::Closed).head(head.into_parts().0);
    let Step::Failed(failure) = exchange.send().1.broke(cut, NOW) else { panic!() };
    let _ = session.settle(flight, Err(failure), NOW);
    assert_eq!(refused(session.ask(MINUTE, NOW)).kind(), Kind::Transport);
    leads(session.ask(MINUTE, NOW + MINUTE));
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

/// The answer to a first call that asks for a second factor.
fn challenged(step: Step) -> Challenge {
    let Step::Send(exchange) = step else { panic!("nothing to send: {step:?}") };
    let mut asks = Response::new(&br#"{"login_2fa_token":"t"}"#[..]);
    *asks.status_mut() = 401.try_into().unwrap();
    match exchange.send().1.reply(asks, NOW) {
        Step::NeedCode(challenge) => challenge,
        other => panic!("no second factor: {other:?}"),
    }
}

#[test]
fn a_challenge_that_is_handed_out_holds_the_others_until_a_code_is_at_hand() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let id = follow(session.ask(MINUTE, NOW));
    let challenge = session.hand_out(flight, challenged(step), NOW).unwrap();
    assert!(session.by_hand(&challenge).is_some());
    assert_eq!(refused(session.ask_after(id, MINUTE, NOW)).kind(), Kind::SecondFactorRequired);
    assert_eq!(refused(session.ask(MINUTE, NOW)).kind(), Kind::SecondFactorRequired);
    session.code_at_hand();
    let (flight, _) = lead(session.ask(MINUTE, NOW));
    session.abandon(flight);
}

#[test]
fn codes_that_were_refused_by_hand_are_held_against_the_secret() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let mut challenge = session.hand_out(flight, challenged(step), NOW).unwrap();
    let by_hand = session.by_hand(&challenge).unwrap();
    let failure = loop {
        let Step::Send(exchange) = challenge.answer(Code::new("123456").unwrap(), NOW) else { panic!() };
        let mut no = Response::new(&b"{}"[..]);
        *no.status_mut() = 401.try_into().unwrap();
        match exchange.send().1.reply(no, NOW) {
            Step::NeedCode(next) => challenge = next,
            Step::Failed(failure) => break failure,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(session.settle(by_hand, Err(failure), NOW)).kind(), Kind::CodeRefused);
    session.code_at_hand();
    assert_eq!(refused(session.ask(MINUTE, NOW)).kind(), Kind::LockedOut);
}

#[test]
fn a_challenge_of_another_hub_is_not_its_own() {
    let other = Hub::new("https://hub.example.org".parse().unwrap(), Policy::new(7)).unwrap();
    let challenge = challenged(other.login(&account("dckr_pat_one")));
    assert!(session().by_hand(&challenge).is_none());
}

#[test]
fn the_same_account_changes_nothing() {
    let mut session = session();
    assert!(!session.set_account(account("dckr_pat_one")));
    assert!(session.set_account(account("dckr_pat_two")));
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
fn a_token_that_ended_before_it_came_is_none() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let id = flight.id();
    let result = granted(step, &jwt(Some(NOW), 1), None, NOW);
    let _ = session.settle(flight, result, NOW);
    assert_eq!(refused(session.ask_after(id, MINUTE, NOW)).kind(), Kind::MalformedAnswer);
}

#[test]
fn a_token_won_for_a_rejected_one_stays_for_a_minute() {
    let mut session = session();
    let old = log_in(&mut session, 10 * MINUTE, 1, NOW);
    let at = NOW + MINUTE;
    assert_eq!(session.reject(&old, at), Rejected::Dropped);
    let new = log_in(&mut session, 10 * MINUTE, 2, at);
    let soon = at + Duration::from_secs(10);
    assert_eq!(session.reject(&new, soon), Rejected::Kept);
    ready(session.ask(MINUTE, soon));
    assert_eq!(session.reject(&new, at + MINUTE), Rejected::Dropped);
    leads(session.ask(MINUTE, at + MINUTE));
}

#[test]
fn a_leader_whose_account_was_changed_asks_anew() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let follower = follow(session.ask(MINUTE, NOW));
    session.set_account(account("dckr_pat_two"));
    assert_eq!(follow(session.ask(MINUTE, NOW)), follower, "there is one login at a time");
    let (flight, step) = lead(session.settle(flight, failed(step, 401, NOW), NOW));
    let second = follow(session.ask_after(follower, MINUTE, NOW));
    let challenge = session.hand_out(flight, challenged(step), NOW).unwrap();
    session.set_account(account("dckr_pat_three"));
    leads(session.ask_after(second, MINUTE, NOW));
    assert!(session.by_hand(&challenge).is_some(), "the user is the same");
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
