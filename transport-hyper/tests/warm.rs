//! Connections that are opened before they are needed, and closed when they no longer are.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod common;

use common::{alice, both, chain, client, run};
use hub_auth_core::sim::SimHub;
use hub_auth_core::{Broke, Sent};
use hub_auth_hyper::Options;
use hub_auth_testkit::wire::Nowhere;

#[test]
fn a_warm_connection_serves_both_calls() {
    for scene in both(SimHub::demo) {
        run(async {
            scene.client.warm().await.unwrap();
            scene.client.warm().await.unwrap();
            scene.client.login_with(&alice(), async |_| Some(scene.code())).await.unwrap();
            assert_eq!(scene.counts(), (1, 2));
            scene.client.warm().await.unwrap();
            assert_eq!(scene.counts(), (1, 2));
        });
    }
}

#[test]
fn what_keeps_it_cold_is_told() {
    let nowhere = Nowhere::refused().unwrap();
    let refused = client(Options::new().base(nowhere.url().unwrap()));
    let broken = run(refused.warm()).unwrap_err();
    assert_eq!((broken.what, broken.sent), (Broke::Connect, Sent::No));
    assert!(chain(&*broken.cause.unwrap()).contains("refused"));
}

#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tls {
    use std::io::{ErrorKind, Read};
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use hub_auth_hyper::Client;
    use hub_auth_testkit::tls::Authority;
    use tokio_rustls::rustls::{ServerConnection, StreamOwned};

    use super::*;

    /// How a connection ends that was made for nothing: in order, `Ok(0)`, or torn off.
    fn end(drop_it: impl FnOnce(Client)) -> Result<usize, ErrorKind> {
        let authority = Authority::new().unwrap();
        let config = common::server_config(&authority.issue(&["localhost"]).unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port()).parse().unwrap();
        let server = thread::spawn(move || {
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), listener.accept().unwrap().0);
            stream.read(&mut [0; 100])
        });
        drop_it(client(Options::new().base(base).trust(common::trusting(&authority))));
        server.join().unwrap().map_err(|error| error.kind())
    }

    #[test]
    fn an_idle_connection_ends_with_a_close_notify() {
        let on_its_runtime = end(|client| {
            run(async {
                client.warm().await.unwrap();
                drop(client);
            });
        });
        assert_eq!(on_its_runtime, Ok(0));
    }

    #[test]
    fn without_a_runtime_it_is_at_least_closed() {
        let afterwards = end(|client| run(client.warm()).unwrap());
        assert_eq!(afterwards, Err(ErrorKind::UnexpectedEof));
    }
}
