//! What never happens: a redirect followed, a refusal repeated, a code sent twice, a fourth send.

use hub_auth_blocking::Options;
use hub_auth_core::http::{HeaderValue, Response, StatusCode};
use hub_auth_core::{Account, Code, Credential, Failure, FailureKind, Grant};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{Fault, SimHub, demo};
use serde_json::Value;

use crate::common::{TRANSPORTS, serve};
use crate::play::log_in;

fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

fn log_in_at(server: &Loopback, transport: &str, codes: impl FnMut() -> Option<Code>) -> Result<Grant, Failure> {
    log_in(transport, Options::new().base(server.url()), &alice(), codes)
}

fn answer(status: u16, location: Option<&str>) -> Fault {
    let mut answer = Response::new(b"{}".to_vec());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    if let Some(location) = location {
        answer.headers_mut().insert("location", HeaderValue::from_str(location).unwrap());
    }
    Fault::Answer(answer)
}

#[test]
fn no_redirect_is_followed_on_either_call() {
    let other = Loopback::start(SimHub::demo()).unwrap();
    let location = format!("{}v2/users/login", other.url());
    for transport in TRANSPORTS {
        for status in [300, 301, 302, 303, 305, 307, 308, 399] {
            for calls in [1, 2] {
                let server = serve(|hub| {
                    if calls == 2 {
                        hub.script(Fault::Pass);
                    }
                    hub.always(answer(status, Some(&location)));
                });
                let mut code = Some(Code::new("123456").unwrap());
                let failure = log_in_at(&server, transport, || code.take()).unwrap_err();
                assert_eq!(failure.kind(), FailureKind::Redirected, "{transport}, {status}");
                assert_eq!(failure.redirected_to(), Some("127.0.0.1"));
                assert_eq!(server.requests().len(), calls, "{transport}, {status}");
            }
        }
    }
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_refusal_is_not_repeated() {
    for transport in TRANSPORTS {
        for status in [400, 401, 403, 404, 409, 418] {
            let server = serve(|hub| {
                hub.script(answer(status, None));
            });
            log_in_at(&server, transport, || None).unwrap_err();
            assert_eq!(server.requests().len(), 1, "{transport}, {status}");
        }
    }
}

#[test]
fn two_faults_fit_the_budget_and_a_fourth_send_never_happens() {
    for transport in TRANSPORTS {
        for (faults, ends) in [(2, None), (3, Some(FailureKind::ServerFault)), (9, Some(FailureKind::ServerFault))] {
            let server = serve(|hub| {
                for _ in 0..faults {
                    hub.script(answer(503, None));
                }
            });
            let account =
                Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap();
            let ended = log_in(transport, Options::new().base(server.url()), &account, || None);
            assert_eq!(ended.err().map(|failure| failure.kind()), ends, "{transport}, {faults}");
            assert_eq!(server.requests().len(), 3, "{transport}, {faults}");
        }
    }
}

/// Whatever becomes of the call with the code: the next one holds the next code.
#[test]
fn no_code_is_sent_twice() {
    let faults = [answer(503, None), answer(401, None), Fault::DropBefore, Fault::DropAfter, Fault::Truncate(3)];
    for transport in TRANSPORTS {
        for fault in &faults {
            let server = serve(|hub| {
                hub.script(Fault::Pass).always(fault.clone());
            });
            let mut typed = (1..).map(|n| Code::new(&format!("00000{n}")).unwrap());
            log_in_at(&server, transport, || typed.next()).unwrap_err();
            let sent: Vec<_> = server.requests().iter().skip(1).map(|request| code(&request.body)).collect();
            assert_eq!(sent, ["000001", "000002", "000003"], "{transport}, {fault:?}");
        }
    }
}

fn code(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["code"].as_str().unwrap().to_owned()
}
