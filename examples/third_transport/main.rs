//! A transport of one's own, on another HTTP client: `cargo run --example third_transport`.

mod transport;

use std::time::Duration;

use hub_auth_core::{Account, Code, Credential, Hub, Policy, Step};
use hub_auth_testkit::{Loopback, SimHub, demo};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sim = Loopback::start(SimHub::demo())?;
    let redirect = reqwest::redirect::Policy::none();
    // Without a proxy from the environment, to which a login by plain http on loopback would go in the clear.
    let client = reqwest::Client::builder().redirect(redirect).no_proxy().timeout(Duration::from_secs(30)).build()?;

    let hub = Hub::new(sim.url(), Policy::new(42))?.user_agent("third-transport/1.0")?;
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
    let mut step = transport::run(&client, hub.login(&account)).await;
    while let Step::NeedCode(challenge) = step {
        let code = Code::new(&sim.code(challenge.user()).ok_or("no second factor")?)?; // ask a person here
        step = transport::run(&client, challenge.answer(code, sim.now())).await;
    }
    match step {
        Step::Done(grant) => println!("logged in as {} by {}", grant.user(), grant.route()),
        Step::Failed(failure) => return Err(failure.into()),
        _ => return Err("the transport stopped half-way".into()),
    }
    Ok(())
}
