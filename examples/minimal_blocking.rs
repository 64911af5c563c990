//! A program without a runtime that logs in and calls the API, here of the simulated Hub:
//! `cargo run -p hub-auth-examples --example minimal_blocking`.

use std::sync::Arc;

use hub_auth_blocking::{Account, Client, Code, Credential, Options, Session};
use hub_auth_testkit::{Loopback, SimHub, demo};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For Docker Hub itself leave out `sim` and `base`.
    let sim = Arc::new(Loopback::start(SimHub::demo())?);
    let client = Client::new(Options::new().base(sim.url()).user_agent("minimal-blocking/1.0"))?;
    let account = Account::new(demo::USER, Credential::password(demo::PASSWORD))?;

    // Ask a person here; `None` gives up. The session logs in when a token is first needed, and keeps it good.
    let authenticator = Arc::clone(&sim);
    let session = Session::new(client, account).ask(move |_| Code::new(&authenticator.code(demo::USER)?).ok());

    let answer = session.get("/v2/user")?;
    println!("GET /v2/user: {}", String::from_utf8_lossy(answer.body()));
    Ok(())
}
