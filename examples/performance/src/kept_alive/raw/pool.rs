//! The client of hyper-util, which keeps its connections itself.

use std::hint::black_box;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hub_auth_core::Route;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;

use super::super::{first, runtime, second, url};
use super::{Answer, json};

pub(crate) fn logins(user: &'static str) -> impl FnMut() {
    let runtime = runtime();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let uri = |route: Route| Uri::try_from(url(route)).expect("a URL");
    let (login, second_factor) = (uri(Route::UsersLogin), uri(Route::TwoFactor));
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

async fn call(client: &Client<HttpConnector, Full<Bytes>>, uri: &Uri, content: &impl Serialize) -> Answer {
    let request = Request::post(uri.clone()).header(CONTENT_TYPE, "application/json");
    let answer = client.request(request.body(json(content).into()).expect("a request")).await.expect("an answer");
    Answer::read(&answer.into_body().collect().await.expect("a body").to_bytes())
}
