//! What a token opens.

use std::time::Duration;

use super::*;
use crate::hub::demo;

#[test]
fn a_bearer_is_good_until_it_expires_or_is_revoked() {
    let mut hub = SimHub::demo();
    let first = field(&ask(&mut hub, &exchange("alice", demo::PAT)), "access_token");
    let second = field(&ask(&mut hub, &exchange("alice", demo::PAT)), "access_token");
    let read = get("/v2/user", &first);
    assert_eq!(field(&ask(&mut hub, &read), "username"), "alice");
    assert_eq!(ask_at(&mut hub, &read, NOW + Duration::from_secs(599)).status(), 200);
    assert_eq!(ask_at(&mut hub, &read, NOW + Duration::from_secs(600)).status(), 401);
    assert!(hub.revoke(&first));
    assert_eq!(ask(&mut hub, &read).status(), 401);
    assert_eq!(ask(&mut hub, &get("/v2/user", &second)).status(), 200);
    hub.revoke_all();
    assert_eq!(ask(&mut hub, &get("/v2/user", &second)).status(), 401);
}

#[test]
fn what_each_kind_of_token_may_read() {
    let mut hub = SimHub::demo();
    let password = field(&ask(&mut hub, &login("bob", demo::PASSWORD_WITHOUT_2FA)), "token");
    let personal = field(&ask(&mut hub, &exchange("alice", demo::PAT)), "access_token");
    let organization = field(&ask(&mut hub, &exchange("acme", demo::OAT)), "access_token");
    for (path, token, status) in [
        ("/v2/namespaces/acme/repositories", &organization, 200),
        ("/v2/namespaces/acme/repositories?page_size=100", &personal, 200),
        ("/v2/namespaces/nobody/repositories", &personal, 404),
        ("/api/publisher/analytics/v1/", &personal, 200),
        ("/v2/access-tokens", &password, 200),
        ("/v2/access-tokens", &personal, 403),
        ("/v2/access-tokens", &organization, 403),
        ("/v2/user", &demo::PAT.to_owned(), 401),
        ("/v2/nowhere", &password, 404),
    ] {
        assert_eq!(ask(&mut hub, &get(path, token)).status(), status, "{path}");
    }
    let mut posted = get("/v2/user", &password);
    *posted.method_mut() = http::Method::POST;
    assert_eq!(ask(&mut hub, &posted).status(), 405);
    assert_eq!(ask(&mut hub, &Request::get("/v2/user").body(Vec::new()).unwrap()).status(), 401);
}
