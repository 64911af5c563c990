//! A login by hand, with an agent of ureq. It trusts the job's authority alone: ureq takes Mozilla's roots or one's own. What its
//! own buffers keep of the secrets it cannot wipe.
#![allow(clippy::expect_used, reason = "a benchmark may stop")]

use std::io::Read;
use std::time::Duration;

use http::Response;
use hub_auth_process::{Job, by_hand};
use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use zeroize::Zeroizing;

fn main() {
    let job = Job::of_arguments();
    let root = Certificate::from_pem(&job.ca_pem).expect("a certificate");
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root])).build();
    let config = Config::builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .timeout_global(Some(Duration::from_secs(30)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .build();
    let agent = Agent::new_with_config(config);

    let (head, body) = by_hand::request(&format!("{}{}", job.base.trim_end_matches('/'), by_hand::ROUTE)).into_parts();
    let answer = agent.run(http::Request::from_parts(head, body.as_slice())).expect("an answer");
    let (head, body) = answer.into_parts();
    let mut whole = Zeroizing::new(Vec::with_capacity(by_hand::room(&head.headers)));
    let most = whole.capacity() as u64;
    body.into_reader().take(most).read_to_end(&mut whole).expect("a body");
    by_hand::finish(&job, &Response::from_parts(head, whole));
}
