//! Deadlines that pass: the error names the stage, the host and the limit.

use std::num::NonZeroU8;
use std::thread;
use std::time::Duration;

use hub_auth_blocking::{Client, Delivery, Options, Policy, Proxy, TransportErrorKind};
use hub_auth_testkit::wire::{Act, Nowhere, Wire};
use hub_auth_testkit::{Fault, SimHub};

use crate::common::{bob, chain, scene};

const SOON: Duration = Duration::from_millis(300);

/// Logs in, and returns the error of the deadline.
fn late(options: Options, delivery: Delivery) -> String {
    let once = Policy::new(1).with_sends(NonZeroU8::MIN);
    let failure = Client::new(options.policy(once)).unwrap().login(&bob()).unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Timeout, delivery)), "{failure:?}");
    chain(&failure)
}

#[test]
fn each_stage_names_the_host_and_the_limit() {
    let mut hub = SimHub::demo();
    hub.always(Fault::Stall);
    let scene = scene(hub);
    let text = late(scene.options.clone().timeout(SOON), Delivery::MaybeSent);
    assert!(text.contains("no whole answer from 127.0.0.1 within 300ms"), "{text}");
    let text = late(scene.options.clone().login_timeout(SOON), Delivery::MaybeSent);
    assert!(text.contains("the login was not done at 127.0.0.1 within "), "{text}");
    let text = late(scene.options.clone().login_timeout(Duration::ZERO), Delivery::NotSent);
    assert!(text.contains("the login was not done at 127.0.0.1 within 0ns"), "{text}");
    if cfg!(target_os = "linux") {
        let nowhere = Nowhere::silent().unwrap();
        let text = late(Options::new().base(nowhere.url().unwrap()).connect_timeout(SOON), Delivery::NotSent);
        assert!(text.contains("no connection to 127.0.0.1 within 300ms"), "{text}");
    }
}

/// ureq grants each read of a proxy's answer the whole time again.
#[test]
fn a_proxys_answer_that_drips_does_not_outlast_the_deadline() {
    // A minute in all, each byte well within the time.
    let byte = || [Act::write("a"), Act::call(|| thread::sleep(Duration::from_millis(50)))];
    let head = [Act::Read, Act::write("HTTP/1.1 200 OK\r\nx: ")];
    let wire = Wire::start(vec![head.into_iter().chain((0..1200).flat_map(|_| byte())).collect()]).unwrap();
    let proxy = Proxy::new(&wire.address().to_string()).unwrap().also_for_loopback();
    let options = Options::new().base("http://localhost:9".parse().unwrap()).proxy(proxy);
    let text = late(options.timeout(SOON), Delivery::NotSent);
    let expected = format!("no connection to localhost through the proxy {} within 300ms", wire.address());
    assert!(text.contains(&expected), "{text}");
}
