//! How many connections are opened.

use hub_auth_testkit::SimHub;

use crate::common::{bob, scene, together};

#[test]
fn sixty_four_threads_share_sixty_four_connections() {
    let mut hub = SimHub::demo();
    hub.rate_limit(10_000_000);
    let scene = scene(hub);
    together(64, || {
        for _ in 0..30 {
            drop(scene.client.login(&bob()).unwrap());
        }
    });
    assert_eq!(scene.logins(), 64 * 30);
    assert!(scene.server.connections() <= 64, "{} connections", scene.server.connections());
}
