//! A session for a client that openapi-generator made: `cargo run -p hub-auth-examples --example openapi_client`.
//!
//! It shows how each call of such a client gets a good token, is sent once more after a 401, and waits while a 429 holds. The
//! module `generated` stands for your own client, of which nothing has to be changed.

#[allow(dead_code, unreachable_pub, clippy::enum_variant_names, reason = "a generator writes it so")]
mod generated;

use generated::{Configuration, Error as ApiError, list_repositories};
use hub_auth_hyper::http::{Response, StatusCode};
use hub_auth_hyper::{Account, Client, Credential, Failure, Options, Session};
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};

/// Runs one call of the generated client with the session's token.
async fn call<T>(
    session: &Session,
    configuration: &Configuration,
    send: impl AsyncFn(&Configuration) -> Result<T, ApiError>,
) -> Result<Result<T, ApiError>, Failure> {
    let answer = session.call(async |bearer| {
        let bearer_access_token = Some(bearer.token().expose().to_owned());
        let answer = send(&Configuration { bearer_access_token, ..configuration.clone() }).await;
        let status = match &answer {
            Err(ApiError::ResponseError(content)) => content.status,
            _ => StatusCode::OK,
        };
        let mut answer = Response::new(answer);
        *answer.status_mut() = status;
        Ok::<_, Failure>(answer)
    });
    Ok(answer.await?.into_body())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // For Docker Hub itself leave out `sim` and `base`.
    let sim = Loopback::start(SimHub::demo())?;
    let client = Client::new(Options::new().base(sim.url()).user_agent("openapi-client/1.0"))?;
    let configuration = Configuration {
        base_path: client.hub().origin().to_owned(),
        user_agent: Some("openapi-client/1.0".to_owned()),
        // The token is for the Hub alone, so no redirect is followed with it.
        client: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?,
        bearer_access_token: None,
    };
    let session = Session::new(client, Account::new(demo::USER, Credential::personal_token(demo::PAT))?);

    let page = call(&session, &configuration, async |with| list_repositories(with, demo::USER).await).await?;
    println!("{page:?}");

    sim.hub().script(Fault::json(StatusCode::UNAUTHORIZED, r#"{"message":"token expired"}"#));
    let page = call(&session, &configuration, async |with| list_repositories(with, demo::USER).await).await?;
    println!("{page:?} after {} requests", sim.requests().len());
    Ok(())
}
