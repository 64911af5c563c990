//! A server, a client of it, and a runtime for one test.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error;
use std::num::NonZeroU8;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use hub_auth_core::session::Ask;
use hub_auth_core::{Account, Code, Credential, Policy, Secret, UnixTime};
use hub_auth_hyper::{Client, LoginOutcome, Options, Session, core};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};

/// Ends a test that hangs; nothing is measured by it.
pub const GUARD: Duration = Duration::from_secs(60);

/// Runs a test on a runtime of one thread.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(guarded(test))
}

pub async fn guarded<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(GUARD, test).await.expect("the test hangs")
}

/// A server and a client of it.
pub struct Scene {
    pub server: Loopback,
    pub client: Client,
}

pub fn plain(hub: SimHub) -> Scene {
    let server = Loopback::start(hub).unwrap();
    let client = client(Options::new().base(server.url()));
    Scene { server, client }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub fn tls(hub: SimHub) -> Scene {
    let authority = hub_auth_testkit::tls::Authority::new().unwrap();
    let server = Loopback::start_tls(hub, &authority.issue(&["localhost"]).unwrap()).unwrap();
    let client = client(Options::new().base(server.url()).trust(trusting(&authority)));
    Scene { server, client }
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub fn trusting(authority: &hub_auth_testkit::tls::Authority) -> hub_auth_hyper::Trust {
    hub_auth_hyper::Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap()
}

/// For a server of one's own that shows this identity.
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub fn server_config(identity: &hub_auth_testkit::tls::Identity) -> std::sync::Arc<tokio_rustls::rustls::ServerConfig> {
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};
    let certificate = CertificateDer::from_pem_slice(identity.certificate_pem().as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem().as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    builder.with_single_cert(vec![certificate], key).unwrap().into()
}

/// The same scene, plain and over TLS where that was built.
pub fn both(hub: impl Fn() -> SimHub) -> Vec<Scene> {
    vec![
        plain(hub()),
        #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
        tls(hub()),
    ]
}

pub fn client(options: Options) -> Client {
    Client::new(options).unwrap()
}

/// No second try, so that a test sees the first.
pub fn once(options: Options) -> Options {
    options.policy(Policy::new(1).with_sends(NonZeroU8::MIN))
}

pub fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

pub fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

impl Scene {
    /// The code that alice's authenticator shows.
    pub fn code(&self) -> Code {
        Code::new(&self.server.code(demo::USER).unwrap()).unwrap()
    }

    /// How many connections were opened, and how many requests came in.
    pub fn counts(&self) -> (usize, usize) {
        (self.server.connections(), self.server.requests().len())
    }
}

/// An error and all beneath it, as people see it.
pub fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The session of an account, sealed `age` ago: its token was fresh then.
pub async fn aged(client: &Client, account: Account, age: Duration) -> Secret {
    let now = hub_auth_host::now();
    let mut session = core::session::Session::new(client.hub().clone(), account);
    let Ask::Lead(flight, step) = session.ask(Duration::ZERO, now) else { panic!("no lead") };
    let Ok(LoginOutcome::Done(grant)) = client.run(step).await else { panic!("no grant") };
    let _ready = session.settle(flight, Ok(grant), now);
    let millis = now.as_millis() - u64::try_from(age.as_millis()).unwrap();
    session.seal(UnixTime::from_millis(millis)).unwrap()
}

/// alice by her personal token, which is exchanged for ten minutes.
pub fn alice_by_token() -> Account {
    Account::new(demo::USER, Credential::personal_token(demo::PAT)).unwrap()
}

/// A session with that token, which came `age` ago.
pub async fn aged_session(client: &Client, age: Duration) -> Session {
    let session = Session::new(client.clone(), alice_by_token());
    session.restore(&aged(client, alice_by_token(), age).await).unwrap();
    session
}

pub fn get(server: &Loopback, path: &str) -> Request<Bytes> {
    Request::get(format!("{}{}", server.url(), path.trim_start_matches('/'))).body(Bytes::new()).unwrap()
}

/// How many requests came in for this path.
pub fn count(server: &Loopback, path: &str) -> usize {
    server.requests().iter().filter(|request| request.target == path).count()
}
