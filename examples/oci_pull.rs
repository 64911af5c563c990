//! Reads an image's manifest with oci-client and the same account: `cargo run -p hub-auth-examples --example oci_pull`.
//!
//! It shows why hub-auth gives no pull tokens: the image registry refuses the token of the Hub's API and names its own realm,
//! which gives a token for one repository and one action. `oci-client` asks that realm itself, with the user name and a
//! secret. An account with two-factor authentication needs a personal access token there, since the realm takes no code.

use hub_auth_hyper::http::{Response, StatusCode};
use hub_auth_hyper::{Account, Client, Credential, Options, Session};
use hub_auth_testkit::{Fault, Loopback, SimHub, demo};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sim = Loopback::start(SimHub::demo())?;
    let (user, secret) = (demo::USER, demo::PAT);

    // The API: tags, namespaces, analytics.
    let client = Client::new(Options::new().base(sim.url()).user_agent("oci-pull/1.0"))?;
    let session = Session::new(client, Account::new(user, Credential::personal_token(secret))?);
    println!("{}", session.get("/v2/namespaces/alice/repositories/hello/tags?page_size=1").await?.status());

    // The registry. For Docker Hub itself: `ClientProtocol::Https` and "docker.io/alice/hello:latest".
    let registry = registry(&sim)?;
    let client = oci_client::Client::new(ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() });
    let auth = RegistryAuth::Basic(user.to_owned(), secret.to_owned());
    let (manifest, _digest) =
        client.pull_manifest_raw(&format!("{registry}/alice/hello:latest").parse()?, &auth, &[MEDIA_TYPE]).await?;
    println!("{}", String::from_utf8_lossy(&manifest));
    for request in sim.requests() {
        println!("{} {}", request.method, request.target);
    }
    Ok(())
}

const MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// Lets the simulated Hub answer the next three requests as the registry and its realm do. Returns its host and port.
fn registry(sim: &Loopback) -> Result<String, Box<dyn std::error::Error>> {
    let realm = format!(r#"Bearer realm="{}token",service="registry.docker.io""#, sim.url());
    let refused = Response::builder().status(StatusCode::UNAUTHORIZED).header("www-authenticate", realm);
    sim.hub().script(Fault::Answer(refused.body(Vec::new())?));
    sim.hub().script(Fault::json(StatusCode::OK, r#"{"token":"for-one-repository"}"#));
    sim.hub().script(Fault::of_type(StatusCode::OK, MEDIA_TYPE, r#"{"schemaVersion":2}"#));
    Ok(sim.url().authority().ok_or("no authority")?.to_string())
}
