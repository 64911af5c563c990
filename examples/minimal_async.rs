//! An async program that logs in and calls the API, here of the simulated Hub:
//! `cargo run -p hub-auth-examples --example minimal_async`.

use std::sync::Arc;

use hub_auth_hyper::{Account, Client, Code, Credential, Options, Session};
use hub_auth_testkit::{Loopback, SimHub, demo};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For Docker Hub itself leave out `sim` and `base`.
    let sim = Arc::new(Loopback::start(SimHub::demo())?);
    let client = Client::new(Options::new().base(sim.url()).user_agent("minimal-async/1.0"))?;
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;

    // Ask a person here; `None` gives up. The session logs in when a token is first needed, and keeps it good.
    let authenticator = Arc::clone(&sim);
    let session = Session::new(client, account)
        .ask(async move |_| authenticator.code(demo::USER).and_then(|code| Code::new(&code).ok()));

    let answer = session.get("/v2/user").await?;
    println!("GET /v2/user: {}", String::from_utf8_lossy(answer.body()));
    Ok(())
}
