//! A client of reqwest as it is by default, but for proxies and what its features add.

use std::hint::black_box;

use hub_auth_core::Route;
use reqwest::Client;
use serde::Serialize;

use super::super::{first, runtime, second, url};
use super::Answer;

pub(crate) fn logins(user: &'static str) -> impl FnMut() {
    let runtime = runtime();
    let client = Client::builder().no_proxy().build().expect("a client");
    let (login, second_factor) = (url(Route::UsersLogin), url(Route::TwoFactor));
    move || {
        runtime.block_on(async {
            let mut answer = call(&client, &login, &first(user)).await;
            if let Some(ticket) = answer.login_2fa_token {
                answer = call(&client, &second_factor, &second(&ticket)).await;
            }
            black_box(answer.token.expect("a token"));
        });
    }
}

async fn call(client: &Client, url: &str, content: &impl Serialize) -> Answer {
    let answer = client.post(url).json(content).send().await.expect("an answer");
    answer.json().await.expect("an answer")
}
