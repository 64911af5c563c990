//! The core alone, driven by hand against the simulated Hub in memory: `cargo run --example by_hand`.
//!
//! It prints each step, and no secret can be among what it prints.

use hub_auth_core::{Account, Code, Credential, Hub, Policy, Step, UnixTime};
use hub_auth_testkit::hub::{SimHub, demo};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The first request ends in a 503, so that a wait is among the steps.
    let mut sim = SimHub::scenario("flaky").ok_or("no such scenario")?;
    let mut now = UnixTime::from_secs(1_760_000_000);

    let hub = Hub::docker(Policy::new(42));
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
    let mut step = hub.login(&account);
    loop {
        println!("{step:?}");
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                let outcome = sim.handle(&request, now); // your HTTP client
                awaiting.reply(outcome.reply().ok_or("no answer")?, now)
            }
            Step::NeedCode(challenge) => {
                let typed = sim.code(challenge.user(), now).ok_or("no second factor")?; // your prompt
                challenge.answer(Code::new(&typed)?, now)
            }
            Step::Wait(pause) => {
                now = pause.until(); // your clock and sleep
                pause.resume(now)
            }
            Step::Done(grant) => {
                println!("logged in as {} by {}", grant.user(), grant.route());
                return Ok(());
            }
            Step::Failed(failure) => return Err(failure.into()),
        };
    }
}
