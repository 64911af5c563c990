//! Runs the three logins against the simulated Hub: `cargo run -p hub-auth-any-runtime`.

use std::error::Error;

use hub_auth_any_runtime::{on_smol, plain_thread, poll_loop};
use hub_auth_core::{Account, Code, Credential, Hub, Policy};
use hub_auth_testkit::{Loopback, SimHub, demo};

fn main() -> Result<(), Box<dyn Error>> {
    let alice = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;
    let bob = Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA))?;
    let start = || -> Result<_, Box<dyn Error>> {
        let mut hub = SimHub::demo();
        hub.rate_limit(10_000);
        let sim = Loopback::start(hub)?;
        let hub = Hub::new(sim.url(), Policy::new(42))?;
        Ok((sim, hub))
    };

    let (sim, hub) = start()?;
    let grant = plain_thread::login(&hub, &alice, |_| Code::new(&sim.code(demo::USER)?).ok())?;
    println!("a plain thread: logged in as {}", grant.user());

    let (sim, hub) = start()?;
    let grant = smol::block_on(on_smol::login(&hub, &alice, async |_| Code::new(&sim.code(demo::USER)?).ok()))?;
    println!("smol: logged in as {}", grant.user());

    let (sim, hub) = start()?;
    let outcomes = poll_loop::login_all(&hub, &vec![bob; 1000]);
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    println!("a loop in one thread: {done} of 1000 logins, {} requests", sim.requests().len());
    Ok(())
}
