//! Log in from an async program, here to the simulated Hub: `cargo run --example minimal_async`.

use hub_auth_hyper::{Account, Client, Code, Credential, Options};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For Docker Hub itself leave out `sim` and `base`.
    let sim = Loopback::start(SimHub::demo())?;
    let client = Client::new(Options::new().base(sim.url()).user_agent("minimal-async/1.0"))?;
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;

    // Ask a person here; `None` gives up.
    let ask = async |_: &_| Code::new(&sim.code(demo::USER)?).ok();
    let grant = client.login_with(&account, ask).await?;

    println!("logged in as {} by {}", grant.user(), grant.route());
    Ok(())
}
