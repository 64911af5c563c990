//! Both adapters and the third transport pass the suite that every transport is to pass. With `--nocapture` the reports
//! are shown.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../third_transport/transport.rs"]
mod third_transport;

use std::time::Duration;

use hub_auth_core::{Failure, LoginOutcome, Step};
use hub_auth_host::{Options, Proxy, Trust};
use hub_auth_testkit::conformance::{Claim, Report, Suite, Target};
use reqwest::{Certificate, ClientBuilder, Identity, NoProxy};

/// What both adapters take.
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

/// Claims these, and lets a case take its time on a busy machine.
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

/// It says of a connection that it was not made, and not why: so it does not claim to tell the stages apart.
#[tokio::test]
async fn third_transport() {
    passes(&report_on_reqwest(careful).await, &["proxy-refuses-code", "stages", "stages-proxy"]);
}

/// The same client, told nothing but what it must be, and to trust anybody.
#[tokio::test]
async fn a_careless_client_does_not() {
    let report = report_on_reqwest(|target, builder| {
        let builder = builder.tls_danger_accept_invalid_certs(true).tls_danger_accept_invalid_hostnames(true);
        match &target.proxy {
            Some(url) => builder.proxy(reqwest::Proxy::all(url).unwrap()),
            None => builder.no_proxy(),
        }
    });
    let expected = ["redirects", "expired", "not-yet-valid", "wrong-name", "unknown-issuer", "proxy-loopback"];
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

/// With the deadlines and the certificates of the target.
fn reqwest_for(target: &Target) -> ClientBuilder {
    let mut builder = ClientBuilder::new().timeout(target.timeout).connect_timeout(target.connect_timeout);
    if let Some(pem) = &target.ca_pem {
        builder = builder.tls_certs_only([Certificate::from_pem(pem.as_bytes()).unwrap()]);
    }
    if let Some(pem) = &target.client_pem {
        builder = builder.identity(Identity::from_pem(pem.as_bytes()).unwrap());
    }
    builder
}

/// No redirects, no proxy but the one that is asked for, and none to loopback.
fn careful(target: &Target, builder: ClientBuilder) -> ClientBuilder {
    let builder = builder.redirect(reqwest::redirect::Policy::none()).no_proxy();
    let Some(url) = &target.proxy else { return builder };
    let loopback = NoProxy::from_string("localhost,127.0.0.0/8,::1");
    builder.proxy(reqwest::Proxy::all(url).unwrap().no_proxy(loopback))
}

/// Where the third transport hands a step back.
fn ended(step: Step) -> Result<LoginOutcome, Failure> {
    match step {
        Step::Done(grant) => Ok(LoginOutcome::Done(grant)),
        Step::NeedCode(challenge) => Ok(LoginOutcome::NeedCode(challenge)),
        Step::Failed(failure) => Err(failure),
        Step::Send(_) | Step::Wait(_) => panic!("it stopped half-way"),
    }
}
