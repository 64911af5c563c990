//! Each way of driving the core logs in to the simulated Hub, and fails as it should.

#![allow(clippy::unwrap_used, reason = "tests")]

use hub_auth_any_runtime::{on_smol, plain_thread, poll_loop};
use hub_auth_core::{Account, Code, Credential, FailureKind, Hub, Policy};
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};

fn start(scenario: &str) -> (Loopback, Hub) {
    let mut hub = SimHub::scenario(scenario).unwrap();
    hub.rate_limit(10_000);
    let sim = Loopback::start(hub).unwrap();
    let hub = Hub::new(sim.url(), Policy::new(42)).unwrap();
    (sim, hub)
}

fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

#[test]
fn a_plain_thread_logs_in_with_a_code_after_two_faults() {
    let (sim, hub) = start("flaky");
    let grant = plain_thread::login(&hub, &alice(), |_| Code::new(&sim.code(demo::USER)?).ok()).unwrap();
    assert_eq!(grant.user(), demo::USER);
    assert_eq!(sim.requests().len(), 4);
}

#[test]
fn smol_logs_in_with_a_code_after_two_faults() {
    let (sim, hub) = start("flaky");
    let ask = async |_: &_| Code::new(&sim.code(demo::USER)?).ok();
    let grant = smol::block_on(on_smol::login(&hub, &alice(), ask)).unwrap();
    assert_eq!(grant.user(), demo::USER);
    assert_eq!(sim.requests().len(), 4);
}

#[test]
fn one_thread_without_an_executor_logs_in_a_thousand_times() {
    let (sim, hub) = start("demo");
    let outcomes = poll_loop::login_all(&hub, &vec![bob(); 1000]);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1000);
    assert_eq!(sim.requests().len(), 1000);
}

#[test]
fn each_tells_a_lost_answer_from_no_connection() {
    let no_code = |_: &_| None;
    let (sim, hub) = start("demo");
    sim.hub().always(Fault::DropAfter);
    let kinds = |hub: &Hub| {
        let alone = poll_loop::login_all(hub, &[bob()]).remove(0);
        [
            plain_thread::login(hub, &bob(), no_code).unwrap_err(),
            smol::block_on(on_smol::login(hub, &bob(), async |_| None)).unwrap_err(),
            alone.unwrap_err(),
        ]
    };
    for failure in kinds(&hub) {
        assert_eq!(failure.kind(), FailureKind::Transport);
    }
    // An answer that is lost is asked for once more, not twice.
    assert_eq!(sim.requests().len(), 3 * 2);
    drop(sim);
    for failure in kinds(&hub) {
        assert!(failure.to_string().contains("connection"), "{failure}");
    }
}
