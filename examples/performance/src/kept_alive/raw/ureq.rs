//! An agent of ureq.

use std::hint::black_box;

use hub_auth_core::Route;
use serde::Serialize;
use ureq::Agent;
use ureq::http::header::CONTENT_TYPE;

use super::super::{first, second, url};
use super::{Answer, json};

pub(crate) fn logins(user: &'static str) -> impl FnMut() {
    let agent = Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
    let (login, second_factor) = (url(Route::UsersLogin), url(Route::TwoFactor));
    move || {
        let mut answer = call(&agent, &login, &first(user));
        if let Some(ticket) = answer.login_2fa_token {
            answer = call(&agent, &second_factor, &second(&ticket));
        }
        black_box(answer.token.expect("a token"));
    }
}

fn call(agent: &Agent, url: &str, content: &impl Serialize) -> Answer {
    let request = agent.post(url).header(CONTENT_TYPE, "application/json");
    let mut answer = request.send(json(content)).expect("an answer");
    Answer::read(&answer.body_mut().read_to_vec().expect("a body"))
}
