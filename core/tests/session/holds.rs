//! What is held back after a refusal, and by hand.

use super::*;

#[test]
fn a_refused_secret_is_sent_once_until_it_changes_or_the_cool_down_ends() {
    for status in [401, 403, 400] {
        let mut session = session();
        let (flight, step) = lead(session.ask(MINUTE, NOW));
        let _ = session.settle(flight, failed(step, status, NOW), NOW);
        for n in 0..1000 {
            let failure = refused(session.ask(MINUTE, NOW + Duration::from_millis(n)));
            assert_eq!(failure.kind(), FailureKind::LockedOut, "{status}");
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
        assert_eq!(
            (failure.kind(), failure.retry_at()),
            (FailureKind::RateLimited, Some(NOW + Duration::from_secs(30)))
        );
    }
    leads(session.ask(MINUTE, NOW + Duration::from_secs(30)));
}

#[test]
fn a_401_that_is_cut_holds_the_secret_back_for_a_while() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let Step::Send(exchange) = step else { panic!() };
    let mut head = Response::new(());
    *head.status_mut() = 401.try_into().unwrap();
    let cut = TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed).with_head(head.into_parts().0);
    let Step::Failed(failure) = exchange.send().1.failed(cut, NOW) else { panic!() };
    let _ = session.settle(flight, Err(failure), NOW);
    assert_eq!(refused(session.ask(MINUTE, NOW)).kind(), FailureKind::Transport);
    leads(session.ask(MINUTE, NOW + MINUTE));
}

#[test]
fn a_challenge_that_is_handed_out_holds_the_others_until_a_code_is_at_hand() {
    let mut session = session();
    let (flight, step) = lead(session.ask(MINUTE, NOW));
    let id = follow(session.ask(MINUTE, NOW));
    let challenge = session.hand_out(flight, challenged(step), NOW).unwrap();
    assert!(session.by_hand(&challenge).is_some());
    assert_eq!(refused(session.ask_after(id, MINUTE, NOW)).kind(), FailureKind::SecondFactorRequired);
    assert_eq!(refused(session.ask(MINUTE, NOW)).kind(), FailureKind::SecondFactorRequired);
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
    assert_eq!(refused(session.settle(by_hand, Err(failure), NOW)).kind(), FailureKind::CodeRefused);
    session.code_at_hand();
    assert_eq!(refused(session.ask(MINUTE, NOW)).kind(), FailureKind::LockedOut);
}

#[test]
fn a_challenge_of_another_hub_is_not_its_own() {
    let other = Hub::new("https://hub.example.org".parse().unwrap(), Policy::new(7)).unwrap();
    let challenge = challenged(other.login(&account("dckr_pat_one")));
    assert!(session().by_hand(&challenge).is_none());
}
