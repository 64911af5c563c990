//! Which connection a request goes out on, and what becomes of it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::thread;

use common::{GUARD, Scene, alice, bob, both, client, guarded, plain, run};
use hub_auth_core::FailureKind;
use hub_auth_hyper::{Client, Code, LoginOutcome, Options};
use hub_auth_testkit::hub::{Fault, SimHub};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

const TICKET: &str = concat!(
    "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: 25\r\n\r\n",
    "{\"login_2fa_token\":\"abc\"}"
);
const TOKEN: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"token\":\"abc\"}";

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn at(port: u16) -> Client {
    client(Options::new().base(format!("http://127.0.0.1:{port}").parse().unwrap()))
}

fn code() -> Code {
    Code::new("012345").unwrap()
}

/// A server that gives each answer on a connection of its own, and closes that when told to, without having said so.
struct Closing {
    port: u16,
    close: mpsc::Sender<()>,
    /// What was received on a connection that is closed now.
    received: mpsc::Receiver<String>,
}

fn closing(answers: [&'static str; 2]) -> Closing {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (closed, received) = mpsc::channel();
    let (close, told) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut socket, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut some = [0; 1024];
                let read = socket.read(&mut some).unwrap();
                request.extend(&some[..read]);
            }
            socket.write_all(answer.as_bytes()).unwrap();
            told.recv().unwrap();
            drop(socket);
            closed.send(String::from_utf8(request).unwrap()).unwrap();
        }
    });
    Closing { port, close, received }
}

/// Logs in where the server closes the idle connection while nothing drives the runtime, as when a person types on its
/// thread.
async fn log_in_across_a_close(Closing { port, close, received }: Closing) {
    let client = at(port);
    let Ok(LoginOutcome::NeedCode(challenge)) = client.login(&bob()).await else { panic!("no challenge") };
    close.send(()).unwrap();
    assert!(received.recv_timeout(GUARD).unwrap().starts_with("POST /v2/users/login "));
    // Done at the first try: a code that might have been sent would be asked for again.
    assert!(matches!(client.answer(challenge, code()).await, Ok(LoginOutcome::Done(_))));
    close.send(()).unwrap();
    assert!(received.recv_timeout(GUARD).unwrap().starts_with("POST /v2/users/2fa-login "));
}

#[test]
fn a_stale_idle_connection_is_replaced_before_anything_is_sent() {
    run(log_in_across_a_close(closing([TICKET, TOKEN])));
    run(async { tokio::spawn(log_in_across_a_close(closing([TICKET, TOKEN]))).await.unwrap() });
    let one_worker = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    one_worker
        .block_on(guarded(async { tokio::spawn(log_in_across_a_close(closing([TICKET, TOKEN]))).await.unwrap() }));
}

#[test]
fn a_server_that_says_close_is_taken_at_its_word() {
    for scene in both(SimHub::demo) {
        let mut close = hub_auth_core::http::HeaderMap::new();
        close.insert("connection", "close".parse().unwrap());
        scene.server.hub().script(Fault::Headers(close));
        run(scene.client.login_with(&alice(), async |_| Some(scene.code()))).unwrap();
        assert_eq!(scene.counts(), (2, 2));
    }
}

#[test]
fn many_logins_share_few_connections() {
    let workers = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for scene in both(SimHub::demo) {
        scene.server.hub().rate_limit(10_000);
        workers.block_on(guarded(async {
            for _ in 0..500 {
                let login = scene.client.clone();
                let done = tokio::spawn(async move { login.login(&bob()).await }).await.unwrap();
                assert!(matches!(done, Ok(LoginOutcome::Done(_))));
            }
        }));
        assert_eq!(scene.counts(), (1, 500));
        workers.block_on(guarded(async {
            let logins: Vec<_> = (0..20)
                .map(|_| {
                    let client = scene.client.clone();
                    tokio::spawn(async move { client.login(&bob()).await })
                })
                .collect();
            for login in logins {
                assert!(matches!(login.await.unwrap(), Ok(LoginOutcome::Done(_))));
            }
        }));
        let (connections, requests) = scene.counts();
        assert!(connections <= 20 && requests == 520, "{connections} {requests}");
    }
}

/// Finishes, on another runtime, a login whose challenge came on `first`.
fn answer_elsewhere(scene: &Scene, first: Runtime, keep: bool) {
    let Ok(LoginOutcome::NeedCode(challenge)) = first.block_on(guarded(scene.client.login(&alice()))) else {
        panic!("no challenge")
    };
    let first = keep.then_some(first);
    let done = runtime().block_on(guarded(scene.client.answer(challenge, scene.code())));
    assert!(matches!(done, Ok(LoginOutcome::Done(_))));
    assert_eq!(scene.counts(), (2, 2));
    drop(first);
}

#[test]
fn a_client_outlives_its_runtime() {
    for scene in both(SimHub::demo) {
        answer_elsewhere(&scene, runtime(), false);
    }
}

#[test]
fn a_connection_of_a_runtime_that_stands_still_is_left_alone() {
    for scene in both(SimHub::demo) {
        answer_elsewhere(&scene, runtime(), true);
    }
}

/// A login that is dropped once this much of the answer has come closes its connection, and the next one opens another.
async fn cancel_after(answer: &str) {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = at(listener.local_addr().unwrap().port());
    let cancelled = client.clone();
    let login = tokio::spawn(async move { cancelled.login(&bob()).await });
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut some = [0; 4096];
    while !some.contains(&b'}') {
        assert_ne!(socket.read(&mut some).await.unwrap(), 0);
    }
    socket.write_all(answer.as_bytes()).await.unwrap();
    assert!(!login.is_finished());
    login.abort();
    assert!(login.await.unwrap_err().is_cancelled());
    // Either an end or a reset: in both cases the client has closed.
    assert!(!matches!(socket.read(&mut some).await, Ok(1..)));

    let next = tokio::spawn(async move { client.login(&bob()).await });
    let (mut socket, _) = listener.accept().await.unwrap();
    socket.write_all(TOKEN.as_bytes()).await.unwrap();
    assert!(next.await.unwrap().is_ok());
}

#[test]
fn dropping_a_login_closes_its_connection() {
    run(cancel_after(""));
    run(cancel_after("HTTP/1.1 200 OK\r\n"));
    run(cancel_after("HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"token\""));
}

#[test]
fn a_lost_code_is_asked_again_and_not_sent_again() {
    for scene in both(SimHub::demo) {
        scene.server.hub().script(Fault::Pass).script(Fault::DropAfter);
        let mut asked = 0;
        let failure = run(scene.client.login_with(&alice(), async |challenge| {
            asked += 1;
            challenge.previous_failure().is_none().then(|| scene.code())
        }));
        assert_eq!(failure.unwrap_err().kind(), FailureKind::Transport);
        assert_eq!(asked, 2);
        assert_eq!(scene.counts(), (1, 2));
    }
}

#[test]
fn a_fault_on_the_way_is_tried_again() {
    let scene = plain(SimHub::scenario("flaky").unwrap());
    assert!(run(scene.client.login(&bob())).is_ok());
    assert_eq!(scene.counts(), (1, 3));
}
