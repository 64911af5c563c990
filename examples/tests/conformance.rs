//! Both adapters and the third transport pass the conformance suite. `--nocapture` shows the reports.

mod session;
#[path = "../third_transport/transport.rs"]
mod third_transport;

use std::time::Duration;

use hub_auth_core::{Failure, LoginOutcome, Step};
use hub_auth_host::{Options, Proxy, Trust};
use hub_auth_testkit::conformance::{Claim, Report, Suite, Target};
use reqwest::{Certificate, ClientBuilder, Identity, NoProxy};

/// Translates a target into the options of both adapters.
fn options(target: &Target) -> Options {
    let mut trust = Trust::none();
    if let Some(pem) = &target.ca_pem {
        trust = trust.with_ca_pem(pem.as_bytes()).unwrap();
    }
    if let Some(pem) = &target.client_pem {
        trust = trust.with_client_cert_pem(pem.as_bytes()).unwrap();
    }
    let options = Options::new()
        .base(target.url.clone())
        .trust(trust)
        .timeout(target.timeout)
        .connect_timeout(target.connect_timeout);
    match &target.proxy {
        Some(url) => options.proxy(Proxy::new(url).unwrap()),
        None => options.no_proxy(),
    }
}

/// Makes the suite with these claims, and with time enough for a busy machine.
fn suite(claims: impl IntoIterator<Item = Claim>) -> Suite {
    claims.into_iter().fold(Suite::new().patience(Duration::from_secs(120)), Suite::claim)
}

fn passes(report: &Report, skipped: &[&str]) {
    println!("{report}");
    assert!(report.is_passed(), "{report}");
    assert_eq!(report.skipped().collect::<Vec<_>>(), skipped);
}

#[tokio::test]
async fn hyper() {
    let report = suite(Claim::ALL).run_async(|target: &Target| {
        let client = hub_auth_hyper::Client::new(options(target)).unwrap();
        async move |step| client.run(step).await
    });
    passes(&report.await, &[]);
}

#[test]
fn blocking() {
    let report = suite(Claim::ALL).run(|target: &Target| {
        let client = hub_auth_blocking::Client::new(options(target)).unwrap();
        move |step| client.run(step)
    });
    passes(&report, &[]);
}

/// reqwest tells that a connection failed, and not at which stage. So it does not claim [`Claim::Stages`].
#[tokio::test]
async fn third_transport() {
    passes(&report_on_reqwest(careful).await, &["proxy-refuses-code", "stages", "stages-proxy"]);
}

/// Builds reqwest's client with its defaults, and lets it trust any certificate.
#[tokio::test]
async fn a_careless_client_does_not() {
    let report = report_on_reqwest(|target, builder| {
        let builder = builder.tls_danger_accept_invalid_certs(true).tls_danger_accept_invalid_hostnames(true);
        match &target.proxy {
            Some(url) => builder.proxy(reqwest::Proxy::all(url).unwrap()),
            None => builder.no_proxy(),
        }
    });
    let expected = ["redirects", "secrets", "certificates", "proxy-loopback"];
    let report = report.await;
    assert_eq!(report.failed().collect::<Vec<_>>(), expected, "{report}");
}

async fn report_on_reqwest(set: impl Fn(&Target, ClientBuilder) -> ClientBuilder) -> Report {
    let claims = Claim::ALL.into_iter().filter(|claim| *claim != Claim::Stages);
    let report = suite(claims).run_async(|target: &Target| {
        let client = set(target, reqwest_for(target)).build().unwrap();
        async move |step| ended(third_transport::run(&client, step).await)
    });
    report.await
}

/// Sets the deadlines and the certificates of the target.
fn reqwest_for(target: &Target) -> ClientBuilder {
    // Proxies see this name. Each request brings its own.
    let mut builder =
        ClientBuilder::new().user_agent("reqwest").timeout(target.timeout).connect_timeout(target.connect_timeout);
    if let Some(pem) = &target.ca_pem {
        builder = builder.tls_certs_only([Certificate::from_pem(pem.as_bytes()).unwrap()]);
    }
    if let Some(pem) = &target.client_pem {
        builder = builder.identity(Identity::from_pem(pem.as_bytes()).unwrap());
    }
    builder
}

/// Follows no redirect, and uses the target's proxy only, but not to loopback.
fn careful(target: &Target, builder: ClientBuilder) -> ClientBuilder {
    let builder = builder.redirect(reqwest::redirect::Policy::none()).no_proxy();
    let Some(url) = &target.proxy else { return builder };
    let loopback = NoProxy::from_string("localhost,127.0.0.0/8,::1");
    builder.proxy(reqwest::Proxy::all(url).unwrap().no_proxy(loopback))
}

/// Reads the step with which the third transport ends.
fn ended(step: Step) -> Result<LoginOutcome, Failure> {
    match step {
        Step::Done(grant) => Ok(LoginOutcome::Done(grant)),
        Step::NeedCode(challenge) => Ok(LoginOutcome::NeedCode(challenge)),
        Step::Failed(failure) => Err(failure),
        Step::Send(_) | Step::Wait(_) => panic!("it stopped half-way"),
    }
}
