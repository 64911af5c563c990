//! Log in from a program without a runtime, here to the simulated Hub: `cargo run --example minimal_blocking`.

use hub_auth_blocking::{Account, Client, Code, Credential, Options};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For Docker Hub itself leave out `sim` and `base`.
    let sim = Loopback::start(SimHub::demo())?;
    let client = Client::new(Options::new().base(sim.url()).user_agent("minimal-blocking/1.0"))?;
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;

    // Ask a person here; `None` gives up.
    let grant = client.login_with(&account, |_| Code::new(&sim.code(demo::USER)?).ok())?;

    println!("logged in as {} by {}", grant.user(), grant.route());
    Ok(())
}
