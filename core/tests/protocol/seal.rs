//! Seals a challenge and takes it up again.

use hub_auth_core::{Challenge, Hub, SealError, Secret};
use serde_json::json;

use crate::common::{
    Driver, NOW, PASSWORD, TICKET, answer, assert_bounded, budget, challenge, challenged, code, hub, policy, reseal,
    sealed,
};

fn at(base: &str) -> Hub {
    Hub::new(base.parse().unwrap(), policy()).unwrap()
}

/// Returns a challenge whose first code met a 429.
fn delayed() -> Challenge {
    let step = challenge(&hub()).answer(code("111111"), NOW);
    let headers = [("retry-after", "30"), ("x-trace-id", "trace-7")];
    challenged(Driver::default().run(step, vec![answer(429, &headers, r#"{"detail":"slow down"}"#).into()]))
}

#[test]
fn it_holds_what_it_needs_and_no_password() {
    let seal = reseal(&delayed());
    assert_eq!(seal["ticket"], TICKET);
    assert_eq!(seal["hub_auth_challenge"], 1);
    assert!(!seal.to_string().contains(PASSWORD) && !seal.to_string().contains("111111"));
}

#[test]
fn only_the_same_hub_takes_it_up() {
    let seal = challenge(&hub()).seal();
    for same in ["https://hub.docker.com", "https://HUB.docker.com/", "https://hub.docker.com:443"] {
        assert!(at(same).resume(&seal).is_ok(), "{same}");
    }
    for other in [
        "https://hub.docker.com:8443",
        "https://hub.docker.com.evil.example",
        "https://hub-stage.docker.com",
        "https://hub.docker.com/prefix",
        "http://localhost",
    ] {
        assert_eq!(at(other).resume(&seal).unwrap_err(), SealError::Other, "{other}");
    }
}

#[test]
fn a_later_version_is_told_from_nonsense() {
    let mut seal = reseal(&delayed());
    for version in [0, 2, 7, u64::MAX] {
        seal["hub_auth_challenge"] = version.into();
        assert_eq!(hub().resume(&sealed(&seal)).unwrap_err(), SealError::UnknownVersion(version));
    }
    let later = json!({ "hub_auth_challenge": 2, "of": ["another", "shape"] });
    assert_eq!(hub().resume(&sealed(&later)).unwrap_err(), SealError::UnknownVersion(2));
}

#[test]
fn a_damaged_one_is_refused() {
    let whole = delayed().seal();
    let text = whole.expose();
    for cut in 0..text.len() {
        if text.is_char_boundary(cut) {
            assert_eq!(hub().resume(&Secret::from(&text[..cut])).unwrap_err(), SealError::Damaged, "cut at {cut}");
        }
    }
    for (key, value) in [
        ("ticket", json!("")),
        ("ticket", json!(7)),
        ("codes_left", json!(0)),
        ("codes_left", json!(256)),
        ("codes_left", json!(-1)),
        ("kind", json!("passport")),
        ("user", json!(null)),
        ("why", json!({ "kind": "unheard_of" })),
        ("hub_auth_challenge", json!("1")),
    ] {
        let mut seal = reseal(&delayed());
        seal[key] = value.clone();
        assert_eq!(hub().resume(&sealed(&seal)).unwrap_err(), SealError::Damaged, "{key}: {value}");
    }
    for nonsense in ["", "null", "[]", "{}", "p\u{0}", "{\"hub_auth_challenge\":1}"] {
        assert_eq!(hub().resume(&Secret::from(nonsense)).unwrap_err(), SealError::Damaged, "{nonsense}");
    }
}

#[test]
fn texts_that_were_tampered_with_are_made_printable() {
    let mut tampered = reseal(&delayed());
    tampered["why"]["said"] = "\u{1b}[2J".repeat(400).into();
    tampered["why"]["trace_id"] = "\u{1b}[2J".repeat(400).into();
    assert_bounded(hub().resume(&sealed(&tampered)).unwrap().previous_failure().unwrap());
}

#[test]
fn the_policy_is_the_hubs() {
    let mut seal = reseal(&delayed());
    seal["codes_left"] = 255.into();
    assert_eq!(Hub::docker(budget(3, 2)).resume(&sealed(&seal)).unwrap().codes_left(), 2);
}
