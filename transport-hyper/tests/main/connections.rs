//! Tests the connection that a request is sent on.

use std::sync::Arc;

use hub_auth_core::{Delivery, TransportErrorKind};
use hub_auth_hyper::{LoginOutcome, Options};
use hub_auth_testkit::wire::{Act, Wire};
use hub_auth_testkit::{Loopback, SimHub};
use tokio::task::JoinSet;

use crate::common::{Scene, alice, bob, client, scene};

const TOKEN: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"token\":\"abc\"}";

#[tokio::test]
async fn an_idle_connection_closed_behind_a_stalled_runtime_is_replaced() {
    for _ in 0..50 {
        let scene = scene(SimHub::demo());
        let Ok(LoginOutcome::NeedCode(challenge)) = scene.client.login(&alice()).await else { panic!("no challenge") };
        // Nothing drives the runtime meanwhile, as when a person types on its thread.
        scene.server.hang_up();
        assert!(matches!(scene.client.answer(challenge, scene.code()).await, Ok(LoginOutcome::Done(_))));
        assert_eq!(scene.server.requests().len(), 2);
    }
}

#[tokio::test]
async fn as_many_connections_are_opened_as_there_are_callers() {
    let mut hub = SimHub::demo();
    hub.rate_limit(10_000);
    let Scene { server, client } = scene(hub);
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let client = client.clone();
        callers.spawn(async move {
            for _ in 0..30 {
                assert!(matches!(client.login(&bob()).await, Ok(LoginOutcome::Done(_))));
            }
        });
    }
    callers.join_all().await;
    assert_eq!((server.connections(), server.requests().len()), (64, 1920));
}

/// Drops a login once this much of an answer has come: its connection is closed, and nothing more is sent.
async fn cancel_after(answer: &str) {
    let (told, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let tell = Act::call(move || told.send(()).unwrap());
    let server = Arc::new(Wire::start(vec![vec![Act::Read, Act::write(answer), tell, Act::Stall]]).unwrap());
    let client = client(Options::new().base(server.url()));
    let login = tokio::spawn(async move { client.login(&bob()).await });
    arrived.recv().await.unwrap();
    assert!(!login.is_finished());
    login.abort();
    assert!(login.await.unwrap_err().is_cancelled());
    // The script ends when the client closes.
    while server.closed() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_login_that_is_dropped_sends_nothing_more() {
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"token\""] {
        cancel_after(answer).await;
    }
}

#[tokio::test]
async fn a_header_folded_over_two_lines_is_read() {
    let folded = TOKEN.replace("content-type", "x-folded: one\r\n two\r\ncontent-type");
    let server = Wire::start(vec![vec![Act::Read, Act::write(folded)]]).unwrap();
    let login = client(Options::new().base(server.url())).login(&bob()).await;
    assert!(matches!(login, Ok(LoginOutcome::Done(_))));
}

#[tokio::test]
async fn a_step_of_another_hub_is_not_sent() {
    let (scene, other) = (scene(SimHub::demo()), Loopback::start(SimHub::demo()).unwrap());
    let elsewhere = client(Options::new().base(other.url()));
    let failure = scene.client.run(elsewhere.hub().login(&bob())).await.unwrap_err();
    assert_eq!(failure.transport(), Some((TransportErrorKind::Connect, Delivery::NotSent)));
    assert_eq!(scene.server.connections() + other.connections(), 0);
}
