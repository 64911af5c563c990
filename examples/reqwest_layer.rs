//! Gives the requests of a reqwest client a session's token: `cargo run -p hub-auth-examples --example reqwest_layer`.

use hub_auth_hyper::{Account, AuthLayer, Client, Credential, Options, Session, http};
use hub_auth_testkit::{Loopback, SimHub, demo};
use tower::{Layer, ServiceExt, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For Docker Hub itself leave out `sim` and `base`.
    let sim = Loopback::start(SimHub::demo())?;
    let client = Client::new(Options::new().base(sim.url()).user_agent("reqwest-layer/1.0"))?;
    let session = Session::new(client, Account::new(demo::USER, Credential::personal_token(demo::PAT))?);

    // Redirects are returned to you, so that no token follows one.
    let inner = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let http = AuthLayer::new(session).layer(service_fn(move |request: http::Request<reqwest::Body>| {
        let inner = inner.clone();
        async move { Ok::<_, reqwest::Error>(http::Response::from(inner.execute(request.try_into()?).await?)) }
    }));

    // Clones share the session; give one to each task.
    let request = http::Request::get("/v2/user").body(reqwest::Body::default())?;
    let answer = http.clone().oneshot(request).await?;
    println!("GET /v2/user: {}", reqwest::Response::from(answer).text().await?);
    Ok(())
}
