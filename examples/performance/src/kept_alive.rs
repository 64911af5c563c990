//! Logins over one connection that is kept open, of each adapter beside code by hand on the same stack.

use std::hint::black_box;

use hub_auth_core::{Account, Challenge, Code, Credential, Grant, Policy, Route};
use hub_auth_host::Options;

use crate::case::Case;
use crate::floor::{Login, SecondFactor};
use crate::server::{self, USER_WITH_2FA};

mod hyper_floor;
mod raw;
mod ureq_floor;

const RUNS: usize = 200;
const TURNS: usize = 5;
const PASSWORD: &str = "correct horse battery staple";
const CODE: &str = "012345";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (call, user) in [("login", "bob"), ("2fa", USER_WITH_2FA)] {
        let name = |transport: &str, whose: &str| format!("kept alive, {transport}, {call}: {whose}");
        cases.push(Case::new(name("hyper", "ours"), RUNS, move |_| hyper_ours(user)));
        cases.push(Case::new(name("hyper", "floor"), RUNS, move |_| hyper_floor::logins(user)));
        cases.push(Case::new(name("hyper", "raw"), RUNS, move |_| raw::hyper::logins(user)));
        cases.push(Case::new(name("hyper-util's pool", "raw"), RUNS, move |_| raw::pool::logins(user)));
        cases.push(Case::new(name("reqwest", "raw"), RUNS, move |_| raw::reqwest::logins(user)));
        cases.push(Case::new(name("blocking", "ours"), RUNS, move |_| blocking_ours(user)));
        cases.push(Case::new(name("blocking", "floor"), RUNS, move |_| ureq_floor::logins(user)));
        cases.push(Case::new(name("blocking, address told", "floor"), RUNS, move |_| ureq_floor::told(user)));
        cases.push(Case::new(name("blocking", "raw"), RUNS, move |_| raw::ureq::logins(user)));
    }
    // When an answer comes decides how often a runtime polls, and a reader reads.
    cases.into_iter().map(|case| case.turns(TURNS)).collect()
}

fn hyper_ours(user: &'static str) -> impl FnMut() {
    let runtime = runtime();
    let client = hub_auth_hyper::Client::new(options()).expect("a client");
    let account = account(user);
    move || finish(&runtime.block_on(client.login_with(&account, async |_| code())).expect("a login"))
}

fn blocking_ours(user: &'static str) -> impl FnMut() {
    let client = hub_auth_blocking::Client::new(options()).expect("a client");
    let account = account(user);
    move || finish(&client.login_with(&account, |_: &Challenge| code()).expect("a login"))
}

fn finish(grant: &Grant) {
    black_box((grant.token().header(), grant.expires_at().expect("an expiry")));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn options() -> Options {
    Options::new().base(format!("http://{}", server::address()).parse().expect("a base")).policy(Policy::new(1))
}

fn account(user: &str) -> Account {
    Account::new(user, Credential::password(PASSWORD)).expect("an account")
}

fn code() -> Option<Code> {
    Code::new(CODE).ok()
}

fn url(route: Route) -> String {
    format!("http://{}{}", server::address(), route.path())
}

/// The first request of a login by hand.
fn first(user: &str) -> Login<'_> {
    Login { username: user, password: PASSWORD }
}

/// The second one.
fn second(ticket: &str) -> SecondFactor<'_> {
    SecondFactor { login_2fa_token: ticket, code: CODE }
}
