#![allow(clippy::unwrap_used, reason = "a test may panic")]
use hub_auth_host::{Options, Proxy, Trust};
use hub_auth_testkit::conformance::{Claim, Suite, Target};
use std::time::Duration;
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
#[test]
fn blocking() {
    let suite = Claim::ALL.into_iter().fold(Suite::new().patience(Duration::from_secs(120)), Suite::claim);
    let report = suite.run(|target: &Target| {
        let client = hub_auth_blocking::Client::new(options(target)).unwrap();
        move |step| client.run(step)
    });
    println!("{report}");
    assert!(report.is_passed());
}
