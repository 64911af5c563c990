//! A proxy of HTTP, as ureq speaks to it.

use std::num::NonZeroU8;
use std::thread;
use std::time::Duration;

use hub_auth_blocking::{Client, Delivery, Failure, Options, Policy, Proxy, TransportErrorKind};
use hub_auth_testkit::wire::{Act, Wire};

use crate::common::{bob, chain};

/// Logs in through a proxy that answers so, to a Hub that is not there.
fn log_in(answer: &str, options: Options) -> (Wire, Failure) {
    let script = || vec![Act::Read, Act::write(answer), Act::Cut];
    let wire = Wire::start(vec![script(), script(), script()]).unwrap();
    let proxy = Proxy::new(&format!("http://alice:canary@{}", wire.address())).unwrap().also_for_loopback();
    let options = options.base("http://localhost:9".parse().unwrap()).proxy(proxy).user_agent("my-tool/1.2");
    let failure = Client::new(options).unwrap().login(&bob()).unwrap_err();
    (wire, failure)
}

#[test]
fn a_refusal_is_final_and_told_apart() {
    for (status, why) in [
        (403, "does not allow this connection"),
        (407, "refused its user name or password"),
        (503, "could not reach the host (status 503)"),
    ] {
        let (wire, failure) = log_in(&format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n"), Options::new());
        assert_eq!(failure.transport(), Some((TransportErrorKind::Proxy, Delivery::NotSent)), "{failure:?}");
        let text = chain(&failure);
        assert!(text.contains(&format!("the proxy {} {why}", wire.address())) && !text.contains("canary"), "{text}");
        let requests = wire.requests();
        assert_eq!(requests.len(), 1, "{status}");
        // A proxy may filter on the name of the program (psf/requests#2708).
        assert!(requests[0].header("user-agent").unwrap().starts_with("my-tool/1.2 hub-auth/"), "{requests:?}");
    }
}

/// ureq grants each read of a proxy's answer the whole time again.
#[test]
fn an_answer_that_drips_does_not_outlast_the_deadline() {
    // A minute in all, each byte well within the time.
    let byte = || [Act::write("a"), Act::call(|| thread::sleep(Duration::from_millis(50)))];
    let head = [Act::Read, Act::write("HTTP/1.1 200 OK\r\nx: ")];
    let wire = Wire::start(vec![head.into_iter().chain((0..1200).flat_map(|_| byte())).collect()]).unwrap();
    let proxy = Proxy::new(&wire.address().to_string()).unwrap().also_for_loopback();
    let once = Policy::new(1).with_sends(NonZeroU8::MIN);
    let options = Options::new().base("http://localhost:9".parse().unwrap()).proxy(proxy).policy(once);
    let failure = Client::new(options.timeout(Duration::from_millis(500))).unwrap().login(&bob()).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, Delivery::NotSent)), "{failure:?}");
}
