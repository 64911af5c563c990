//! The resources that a token opens.

use std::time::Duration;

use super::*;

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
fn each_kind_of_token_opens_its_own_resources() {
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

/// Reads a list to its end by its `next` links.
fn all_of(hub: &mut SimHub, path: &str, token: &str) -> Vec<Value> {
    let (mut next, mut all) = (path.to_owned(), Vec::new());
    loop {
        let mut page = value(&ask(hub, &get(&next, token)));
        all.append(page["results"].as_array_mut().unwrap());
        match page["next"].as_str() {
            Some(url) => url.clone_into(&mut next),
            None => return all,
        }
    }
}

#[test]
fn lists_come_in_pages() {
    let mut hub = SimHub::demo();
    hub.add_repository("acme", "large", 1000).rate_limit(u64::MAX);
    let token = field(&ask(&mut hub, &exchange("acme", demo::OAT)), "access_token");
    assert_eq!(all_of(&mut hub, "/v2/namespaces/acme/repositories", &token).len(), 2);
    let tags = all_of(&mut hub, "/v2/namespaces/acme/repositories/large/tags?page_size=100", &token);
    let names: std::collections::BTreeSet<_> = tags.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 1000);
    for (query, status) in
        [("page=10&page_size=100", 200), ("page=11&page_size=100", 404), ("page=0", 400), ("page=x", 400)]
    {
        let path = format!("/v2/namespaces/acme/repositories/large/tags?{query}");
        assert_eq!(ask(&mut hub, &get(&path, &token)).status(), status, "{query}");
    }
    assert_eq!(ask(&mut hub, &get("/v2/repositories/acme", &token)).status(), 403, "an organization's token");
}

#[test]
fn a_browser_token_opens_what_a_personal_token_does_not() {
    let mut hub = SimHub::demo();
    let token = hub.browser_token(demo::USER, NOW);
    assert_eq!(ask(&mut hub, &get("/v2/access-tokens", &token)).status(), 200);
    assert_eq!(ask_at(&mut hub, &get("/v2/access-tokens", &token), NOW + Duration::from_secs(3600)).status(), 401);
    assert_eq!(claims(&token)["iss"], "https://login.docker.com/");
}

#[test]
fn analytics_count_pulls_and_link_to_files_on_another_origin() {
    let mut hub = SimHub::demo();
    let token = field(&ask(&mut hub, &exchange("alice", demo::PAT)), "access_token");
    let base = "/api/publisher/analytics/v1";
    let mut read = |path: &str| value(&ask(&mut hub, &get(&format!("{base}{path}"), &token)));
    assert_eq!(read("/")["namespaces"], serde_json::json!(["alice", "acme"]));
    let pulls = read("/namespaces/acme/pulls?timespan=months&period=last-12-months");
    assert_eq!(pulls["pulls"].as_array().unwrap().len(), 24);
    assert_eq!((&pulls["pulls"][0]["start"], &pulls["pulls"][23]["end"]), (&"2025-01-01".into(), &"2025-12-31".into()));
    assert!(read("/repos/pulls?repos=acme%2Fhello&repos=alice/hello")["repos"]["acme/hello"]["pulls"].is_array());
    assert_eq!(read("/namespaces/acme/pulls/exports/years/2025/weeks")["weeks"].as_array().unwrap().len(), 51);
    let data = read("/namespaces/acme/pulls/exports/years/2025/months/6/summary");
    let (url, size) = (data["data"][0]["url"].as_str().unwrap(), data["data"][0]["size"].as_u64().unwrap());
    assert!(url.starts_with("https://downloads.example/exports/"));
    let path = url.replace("https://downloads.example", "");
    assert_eq!(ask(&mut hub, &get(&path, &token)).status(), 400, "the bearer is for the Hub alone");
    let download = |range: &str| Request::get(&path).header("range", range).body(Vec::new()).unwrap();
    let (whole, rest) = (ask(&mut hub, &download("none")), ask(&mut hub, &download("bytes=100-")));
    assert_eq!((whole.status().as_u16(), whole.body().len() as u64), (200, size));
    assert_eq!((rest.status().as_u16(), rest.body()), (206, &whole.body()[100..].to_vec()));
}

#[test]
fn a_fault_of_api_calls_lets_logins_pass() {
    let mut hub = SimHub::scenario("api-forbidden").unwrap();
    let token = field(&ask(&mut hub, &exchange("alice", demo::PAT)), "access_token");
    assert_eq!(ask(&mut hub, &get("/v2/user", &token)).status(), 403);
}
