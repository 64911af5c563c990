//! One connection of hyper, driven by a task.

use std::hint::black_box;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use hub_auth_core::Route;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpStream;

use super::super::{first, runtime, second};
use super::{Answer, json};
use crate::server;

pub(crate) fn logins(user: &'static str) -> impl FnMut() {
    let runtime = runtime();
    let host: HeaderValue = server::address().to_string().try_into().expect("a header");
    let mut sender = runtime.block_on(async {
        let socket = TcpStream::connect(server::address()).await.expect("the server");
        let (sender, connection) = handshake(TokioIo::new(socket)).await.expect("a connection");
        tokio::spawn(connection);
        sender
    });
    move || {
        runtime.block_on(async {
            let mut answer = call(&mut sender, &host, Route::UsersLogin, &first(user)).await;
            if let Some(ticket) = answer.login_2fa_token {
                answer = call(&mut sender, &host, Route::TwoFactor, &second(&ticket)).await;
            }
            black_box(answer.token.expect("a token"));
        });
    }
}

async fn call(
    sender: &mut SendRequest<Full<Bytes>>,
    host: &HeaderValue,
    to: Route,
    content: &impl Serialize,
) -> Answer {
    let request = Request::post(to.path()).header(HOST, host.clone()).header(CONTENT_TYPE, "application/json");
    sender.ready().await.expect("an open connection");
    let answer = sender.send_request(request.body(json(content).into()).expect("a request")).await.expect("an answer");
    Answer::read(&answer.into_body().collect().await.expect("a body").to_bytes())
}
