//! By hand, with one connection of hyper.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hub_auth_core::Route;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{first, runtime, second};
use crate::floor::{self, Wiped};
use crate::server;

const TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn logins(user: &'static str) -> impl FnMut() {
    let runtime = runtime();
    let mut line = runtime.block_on(Line::open());
    move || {
        runtime.block_on(async {
            let mut answer = line.call(floor::request(&line.login, &first(user))).await;
            if answer.status() == 401 {
                let ticket = floor::ticket(&answer);
                answer = line.call(floor::request(&line.second_factor, &second(ticket.text()))).await;
            }
            black_box(&floor::bearer(&answer));
        });
    }
}

struct Line {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    login: Uri,
    second_factor: Uri,
}

impl Line {
    async fn open() -> Line {
        let address = server::address();
        let socket = TcpStream::connect(address).await.expect("the server");
        socket.set_nodelay(true).expect("a socket");
        let (sender, connection) = handshake(TokioIo::new(socket)).await.expect("a connection");
        tokio::spawn(connection);
        let uri = |route: Route| Uri::from_static(route.path());
        let host = address.to_string().try_into().expect("a header");
        Line { sender, host, login: uri(Route::UsersLogin), second_factor: uri(Route::TwoFactor) }
    }

    async fn call(&mut self, mut request: Request<Wiped>) -> Response<Wiped> {
        request.headers_mut().insert(HOST, self.host.clone());
        let request = request.map(|body| Full::new(Bytes::from_owner(body)));
        let whole = async {
            self.sender.ready().await.expect("an open connection");
            let (head, mut incoming) = self.sender.send_request(request).await.expect("an answer").into_parts();
            let mut body = Wiped::with_room(floor::room(&head.headers));
            while let Some(frame) = incoming.frame().await {
                let piece = frame.expect("a body").into_data().unwrap_or_default();
                assert!(body.len() + piece.len() <= body.capacity());
                body.extend_from_slice(&piece);
            }
            Response::from_parts(head, body)
        };
        timeout(TIMEOUT, whole).await.expect("an answer in time")
    }
}
