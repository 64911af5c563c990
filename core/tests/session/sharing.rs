//! Lets one caller log in, and gives its token or its failure to those who wait.

use super::*;

#[test]
fn those_who_waited_for_a_failed_login_get_its_failure_even_while_another_logs_in() {
    let mut process = process("one");
    let abandoned = process.lead(NOW);
    let first = parked(process.start(NOW));
    drop(abandoned);
    let second = process.lead(NOW);
    let parked: Vec<_> = (0..100).map(|_| super::parked(process.start(NOW))).chain([first]).collect();
    refused(process.lost(second, NOW));
    let _third = process.lead(NOW); // somebody new may
    let newcomer = super::parked(process.start(NOW));
    super::parked(newcomer.resume(&mut process.session, NOW)); // who followed no login that failed
    for park in parked {
        assert_eq!(refused(park.resume(&mut process.session, NOW)).kind(), FailureKind::Transport);
    }
}

#[test]
fn a_login_of_an_account_that_was_changed_is_for_nobody() {
    let mut process = process("one");
    let login = process.lead(NOW);
    let park = parked(process.start(NOW));
    assert!(!process.session.set_account(account("one")), "it is the same");
    assert!(process.session.set_account(account("two")));
    let park = parked(park.resume(&mut process.session, NOW));
    // Its leader logs in again at once, with the new account.
    let next = process.answered(login, response(401, b"{}"), NOW);
    assert!(process.saved.is_none(), "nothing is kept under the name of the new account");
    let sent = sent(next);
    let park = parked(park.resume(&mut process.session, NOW));
    process.granted(sent, &jwt(Some(NOW + 10 * MINUTE), 1), NOW);
    ready(park.resume(&mut process.session, NOW));
    process.session.set_account(account("one"));
    let bearer = ready(process.start(NOW));
    process.session.reject(&bearer, NOW + MINUTE);
    assert_eq!(process.refused_at(NOW + MINUTE).kind(), FailureKind::LockedOut, "what it learned is not forgotten");
}

#[test]
fn a_token_is_not_handed_out_after_the_account_was_changed() {
    let mut process = process("one");
    let login = process.lead(NOW);
    let body = format!("{{\"token\":\"{}\"}}", jwt(Some(NOW + 10 * MINUTE), 1));
    let Next::Save(save) = login.reply(response(200, body.as_bytes()), &mut process.session, NOW) else { panic!() };
    let bob = Account::new("bob", Credential::password("x")).unwrap();
    process.session.set_account(bob);
    assert!(save.sealed(&mut process.session, NOW).is_none());
    let next = save.done(&mut process.session, NOW);
    let Next::Unlock(unlock) = next else { panic!("{next:?}") };
    leads(unlock.done(&mut process.session, NOW));
}

#[test]
fn a_lock_is_waited_for_up_to_two_minutes() {
    let mut process = process("one");
    let mut now = NOW;
    let mut next = Next::Lock(lock(&mut process.session, now));
    let mut looks = 0;
    loop {
        next = match next {
            Next::Lock(lock) => lock.held(now),
            Next::Wait(wait) => {
                assert!(wait.route().is_none(), "it is not counted in the time of the login");
                let delay = wait.delay(now);
                let half = now.since(NOW) / 2 + Duration::from_millis(2);
                assert!(delay <= half.min(Duration::from_millis(250)), "{delay:?}");
                now = now + delay;
                looks += 1;
                wait.resume(&mut process.session, now)
            }
            Next::Load(load) => load.found(None, &mut process.session, now),
            Next::Send(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(now >= NOW + 2 * MINUTE && now < NOW + 2 * MINUTE + SECOND);
    assert!(looks < 500, "{looks}");
}

#[test]
fn who_waits_for_the_lock_finds_the_token_without_it() {
    let mut first = process("one");
    let bearer = first.log_in(10 * MINUTE, 1, NOW);
    let mut second = process("one");
    let Next::Wait(wait) = lock(&mut second.session, NOW).held(NOW) else { panic!() };
    let Next::Load(load) = wait.resume(&mut second.session, NOW) else { panic!() };
    let next = load.found(Some(first.store()), &mut second.session, NOW);
    assert_eq!(ready(next).token().expose(), bearer.token().expose());
}

#[test]
fn a_store_that_fails_costs_a_short_wait_different_for_each_process() {
    let waits: std::collections::BTreeSet<_> = (0..10)
        .map(|seed| {
            let mut session = Session::new(Hub::docker(Policy::new(seed)), account("one"));
            let Next::Wait(wait) = lock(&mut session, NOW).failed(&session, NOW) else { panic!() };
            let delay = wait.delay(NOW);
            let Next::Load(load) = wait.resume(&mut session, NOW) else { panic!() };
            assert!(matches!(load.found(None, &mut session, NOW), Next::Send(_)));
            delay
        })
        .collect();
    assert!(waits.len() > 5 && waits.iter().all(|wait| *wait <= SECOND), "{waits:?}");
}

#[test]
fn nobody_waits_for_the_lock_while_the_token_is_good() {
    let mut process = process("one");
    let old = process.log_in(10 * MINUTE, 1, NOW);
    let due = NOW + 9 * MINUTE + 30 * SECOND;
    let Next::Load(load) = process.session.start(Want::default(), due) else { panic!() };
    let Next::Lock(lock) = load.found(None, &mut process.session, due) else { panic!() };
    let Next::Wait(wait) = lock.held(due) else { panic!() };
    let Next::Load(load) = wait.resume(&mut process.session, due) else { panic!() };
    let bearer = ready(load.found(None, &mut process.session, due));
    assert_eq!(bearer.token().expose(), old.token().expose());
    ready(process.session.start(Want::default(), due + 9 * SECOND));
    leads(process.session.start(Want::default(), due + 10 * SECOND));
}
