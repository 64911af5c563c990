//! Both adapters and the third transport pass the suite that every transport is to pass. With `--nocapture` the reports
//! are shown.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../third_transport/transport.rs"]
mod third_transport;

use hub_auth_core::{Failure, Login, Step};
use hub_auth_host::{Options, Proxy, Trust};
use hub_auth_testkit::conformance::{Claim, Report, Suite, Target};
use reqwest::{Certificate, Identity, NoProxy};

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

fn passes(report: &Report, skipped: &[&str]) {
    println!("{report}");
    assert!(report.is_passed(), "{report}");
    assert_eq!(report.skipped().collect::<Vec<_>>(), skipped);
}

#[tokio::test]
async fn hyper() {
    // Its proxies are being built.
    let claims = Claim::ALL.into_iter().filter(|claim| !matches!(claim, Claim::Proxy | Claim::Socks5));
    let report = claims.fold(Suite::new(), Suite::claim).run_async(|target: &Target| {
        let client = hub_auth_hyper::Client::new(options(target)).unwrap();
        async move |step| client.run(step).await
    });
    assert!(report.await.is_passed());
}

#[test]
fn blocking() {
    let report = Suite::all().run(|target: &Target| {
        let client = hub_auth_blocking::Client::new(options(target)).unwrap();
        move |step| client.run(step)
    });
    passes(&report, &[]);
}

/// It says of a connection that it was not made, and not why: so it does not claim to tell the stages apart.
#[tokio::test]
async fn third_transport() {
    let claims = Claim::ALL.into_iter().filter(|claim| *claim != Claim::Stages);
    let report = claims.fold(Suite::new(), Suite::claim).run_async(|target: &Target| {
        let client = reqwest_client(target);
        async move |step| ended(third_transport::run(&client, step).await)
    });
    passes(&report.await, &["stages", "stages-proxy"]);
}

fn reqwest_client(target: &Target) -> reqwest::Client {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(target.timeout)
        .connect_timeout(target.connect_timeout)
        .no_proxy();
    if let Some(pem) = &target.ca_pem {
        builder = builder.tls_certs_only([Certificate::from_pem(pem.as_bytes()).unwrap()]);
    }
    if let Some(pem) = &target.client_pem {
        builder = builder.identity(Identity::from_pem(pem.as_bytes()).unwrap());
    }
    if let Some(url) = &target.proxy {
        let never = NoProxy::from_string("localhost,127.0.0.0/8,::1");
        builder = builder.proxy(reqwest::Proxy::all(url).unwrap().no_proxy(never));
    }
    builder.build().unwrap()
}

/// Where the third transport hands a step back.
fn ended(step: Step) -> Result<Login, Failure> {
    match step {
        Step::Done(grant) => Ok(Login::Done(grant)),
        Step::NeedCode(challenge) => Ok(Login::NeedCode(challenge)),
        Step::Failed(failure) => Err(failure),
        Step::Send(_) | Step::Wait(_) => panic!("it stopped half-way"),
    }
}
