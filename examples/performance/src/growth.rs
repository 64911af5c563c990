//! How the cost of a login grows with what a server can make long. Linear, if the figure doubles with the size.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hub_auth_core::{Account, Credential, Hub, Policy, Step, UnixTime};

use crate::answers;
use crate::case::Case;

const RUNS: usize = 2;
const KIB: usize = 1024;
const NOW: UnixTime = UnixTime::from_secs(1_760_000_000);
/// A token of base64url, so that every letter of it is in every text.
const SECRET: &str = "dckr_pat_abcdefghijklmnopqrstuvwxyz0123456789";

pub(crate) fn cases() -> Vec<Case> {
    let sizes = [16, 64, 256, 1020];
    let body = sizes.map(|kib| (format!("body of {kib} KiB"), StatusCode::OK, padded(kib * KIB), HeaderMap::new()));
    let nested =
        sizes.map(|kib| (format!("{kib} KiB of small values"), StatusCode::OK, many(kib * KIB), HeaderMap::new()));
    let words = sizes.map(|kib| {
        (format!("refused in {kib} KiB of words"), StatusCode::UNAUTHORIZED, said(kib * KIB), HeaderMap::new())
    });
    // The last is longer than a token may be, and refused.
    let tokens = [4, 16, 64, 1020].map(|kib| {
        let token = answers::token(kib * KIB);
        (format!("token of {kib} KiB"), StatusCode::OK, answers::granted(&token), HeaderMap::new())
    });
    let headers = [16, 64, 256, 1024].map(|count| {
        let body = answers::granted(&answers::token(155));
        (format!("{count} headers"), StatusCode::OK, body, many_headers(count))
    });
    let trace = sizes.map(|kib| {
        let headers = std::iter::once(("x-trace-id".parse().expect("a name"), long_value(kib * KIB))).collect();
        (format!("trace id of {kib} KiB"), StatusCode::OK, answers::granted(&answers::token(155)), headers)
    });
    let all = body.into_iter().chain(nested).chain(words).chain(tokens).chain(headers).chain(trace);
    all.map(|(name, status, body, headers)| {
        Case::new(format!("growth, {name}"), RUNS, move |most| login(most, status, &body, &headers))
    })
    .collect()
}

fn login(most: usize, status: StatusCode, body: &str, headers: &HeaderMap) -> impl FnMut() + use<> {
    let mut answers = answers::stock(most, status, headers, body.to_owned());
    let hub = Hub::docker(Policy::new(1));
    let account = Account::new("alice", Credential::password(SECRET)).expect("an account");
    move || {
        let Step::Send(exchange) = hub.login(&account) else { panic!("nothing to send") };
        let (_, awaiting) = exchange.send();
        let step = awaiting.reply(answers.pop().expect("an answer"), NOW);
        assert!(matches!(step, Step::Done(_) | Step::Failed(_)));
    }
}

/// A token behind one long text.
fn padded(length: usize) -> String {
    format!(r#"{{"padding":"{}","token":"{}"}}"#, "p".repeat(length), answers::token(155))
}

/// A token behind many values.
fn many(length: usize) -> String {
    let values = r#"[1,-2.5e3,{"a":null,"b":[]},"c\n",true],"#.repeat(length / 40);
    format!(r#"{{"padding":[{values}0],"token":"{}"}}"#, answers::token(155))
}

/// Words that begin like the secret again and again.
fn said(length: usize) -> String {
    let (begun, _) = SECRET.split_at(SECRET.len() - 1);
    format!(r#"{{"detail":"{}"}}"#, format!("{begun} ").repeat(length / SECRET.len()))
}

fn many_headers(count: usize) -> HeaderMap {
    let name = |n: usize| HeaderName::try_from(format!("x-header-{n}")).expect("a name");
    (0..count).map(|n| (name(n), HeaderValue::from_static("a value of some length"))).collect()
}

fn long_value(length: usize) -> HeaderValue {
    let (begun, _) = SECRET.split_at(SECRET.len() - 1);
    HeaderValue::try_from(begun.repeat(length / begun.len())).expect("a value")
}
