//! By hand, with an agent of ureq. What ureq's own buffers keep of the secrets it cannot wipe.

use std::hint::black_box;
use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, Response, Uri};
use hub_auth_core::Route;
use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::{first, second, url};
use crate::floor::{self, Wiped};
use crate::server;

pub(super) fn logins(user: &'static str) -> impl FnMut() {
    each(user, Agent::new_with_config(config()))
}

/// The same where ureq is told the address: by itself it looks that up for each call with a deadline, in a thread of its own,
/// though a connection is kept.
pub(super) fn told(user: &'static str) -> impl FnMut() {
    each(user, Agent::with_parts(config(), DefaultConnector::new(), Known(server::address())))
}

fn config() -> Config {
    Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .timeout_global(Some(Duration::from_secs(30)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .build()
}

fn each(user: &'static str, agent: Agent) -> impl FnMut() {
    let uri = |route: Route| Uri::try_from(url(route)).expect("a URL");
    let (login, second_factor) = (uri(Route::UsersLogin), uri(Route::TwoFactor));
    move || {
        let mut answer = call(&agent, floor::request(&login, &first(user)));
        if answer.status() == 401 {
            let ticket = floor::ticket(&answer);
            answer = call(&agent, floor::request(&second_factor, &second(ticket.text())));
        }
        black_box(&floor::bearer(&answer));
    }
}

fn call(agent: &Agent, request: Request<Wiped>) -> Response<Wiped> {
    let (head, body) = request.into_parts();
    let (head, body) = agent.run(Request::from_parts(head, body.as_slice())).expect("an answer").into_parts();
    // One byte more than that, so that its end is seen.
    let mut whole = Wiped::from(vec![0; floor::room(&head.headers) + 1]);
    let mut read = 0;
    let mut reader = body.into_reader();
    loop {
        match reader.read(whole.get_mut(read..).unwrap_or_default()).expect("a body") {
            0 => break,
            more => read += more,
        }
    }
    whole.truncate(read);
    Response::from_parts(head, whole)
}

/// Where the server is.
#[derive(Debug)]
struct Known(SocketAddr);

impl Resolver for Known {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(self.0);
        Ok(addresses)
    }
}
