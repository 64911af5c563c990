//! By hand, with an agent of ureq. What ureq's own buffers keep of the secrets it cannot wipe.

use std::hint::black_box;
use std::io::Read;
use std::time::Duration;

use http::{Request, Response, Uri};
use hub_auth_core::Route;
use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config};
use zeroize::Zeroizing;

use super::{first, second, url};
use crate::floor;

pub(super) fn logins(user: &'static str) -> impl FnMut() {
    let config = Config::builder()
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
    let uri = |route: Route| Uri::try_from(url(route)).expect("a URL");
    let (login, second_factor) = (uri(Route::UsersLogin), uri(Route::TwoFactor));
    move || {
        let mut answer = call(&agent, floor::request(&login, &first(user)));
        if answer.status() == 401 {
            let ticket = floor::ticket(&answer);
            answer = call(&agent, floor::request(&second_factor, &second(&ticket)));
        }
        black_box(&floor::bearer(&answer));
    }
}

fn call(agent: &Agent, request: Request<Zeroizing<Vec<u8>>>) -> Response<Zeroizing<Vec<u8>>> {
    let (head, body) = request.into_parts();
    let (head, body) = agent.run(Request::from_parts(head, body.as_slice())).expect("an answer").into_parts();
    // One byte more than that, so that its end is seen.
    let mut whole = Zeroizing::new(vec![0; floor::room(&head.headers) + 1]);
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
