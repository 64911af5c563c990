//! The core alone, driven by hand against the simulated Hub in memory: `cargo run -p hub-auth-examples --example by_hand`.
//!
//! Shows every step of a login, what an adapter does in each, and the first API call with the token. It prints each step, and
//! no secret can be among what it prints.

use hub_auth_core::api::Verdict;
use hub_auth_core::http::header::AUTHORIZATION;
use hub_auth_core::http::{Request, StatusCode};
use hub_auth_core::{Account, Code, Credential, Hub, Policy, Step, UnixTime};
use hub_auth_testkit::{SimHub, demo};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The first request ends in a 503, so that a wait is among the steps.
    let mut sim = SimHub::scenario("flaky").ok_or("no such scenario")?;
    let mut now = UnixTime::from_secs(1_760_000_000);

    let hub = Hub::docker(Policy::new(42));
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
    let mut step = hub.login(&account);
    let grant = loop {
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
            Step::Done(grant) => break grant,
            Step::Failed(failure) => return Err(failure.into()),
        };
    };
    println!("logged in as {} by {}", grant.user(), grant.route());

    let token = grant.token();
    let call = Request::get("/v2/user").header(AUTHORIZATION, token.header().clone()).body(Vec::new())?;
    let outcome = sim.handle(&call, now);
    let answer = outcome.reply().ok_or("no answer")?;
    let verdict = Verdict::of(answer.status(), answer.headers(), answer.body(), token, now);
    assert_eq!((answer.status(), matches!(verdict, Verdict::Fine)), (StatusCode::OK, true));
    println!("GET /v2/user: {}", String::from_utf8_lossy(answer.body()));
    Ok(())
}
