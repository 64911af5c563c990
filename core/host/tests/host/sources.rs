//! The first source that has an account is used, and a broken one ends the search.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_auth_core::session::Session;
use hub_auth_core::{Account, Credential, Grant, Hub, Policy, Secret, Step, UnixTime};
use hub_auth_host::docker_login::CredentialHelper;
use hub_auth_host::{DockerLogin, Found, MemoryStore, SourceError, Sources, StoreKey, TokenStore, now};
use hub_auth_testkit::{SimHub, demo};

use crate::common::home::{Home, PLAIN, STORE};

/// Outlives each token of the simulated Hub.
const DAYS: Duration = Duration::from_secs(60 * 24 * 3600);

pub(crate) fn log_in(hub: &Hub, account: &Account, time: UnixTime) -> Grant {
    let Step::Send(exchange) = hub.login(account) else { panic!() };
    let (request, awaiting) = exchange.send();
    match awaiting.reply(SimHub::demo().handle(&request, time).reply().unwrap(), time) {
        Step::Done(grant) => grant,
        other => panic!("{other:?}"),
    }
}

fn account(user: &str) -> Account {
    Account::new(user, Credential::password("given")).unwrap()
}

fn environment(pairs: &[(&'static str, &'static str)]) -> impl Fn(&str) -> Option<OsString> {
    move |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
}

/// Returns user, kind and origin, or the error with its cause.
fn told(found: Result<Option<Found>, SourceError>) -> String {
    match found {
        Ok(Some(found)) => format!("{} {} {}", found.account.user(), found.account.kind(), found.origin),
        Ok(None) => "none".into(),
        Err(error) => format!("{error}: {}", error.source().unwrap()),
    }
}

fn jwt(ends_in: Duration) -> String {
    let payload = format!(r#"{{"exp":{}}}"#, (now() + ends_in).as_secs());
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
}

#[test]
fn the_first_source_that_has_an_account_is_used() {
    let home = Home::new(PLAIN);
    home.program("docker-credential-own", r#"echo '{"Username":"keyring","Secret":"dckr_oat_x"}'"#);
    let helper = CredentialHelper::new("own").unwrap().path(home.0.join("bin"));
    let variables = [("DOCKER_USERNAME", "variable"), ("DOCKER_PASSWORD", "dckr_pat_x"), ("DOCKERHUB_TOKEN", "y")];
    let from = |first: usize| {
        let mut sources = Sources::new();
        if first == 0 {
            sources = sources.given(Some(account("given")));
        }
        if first <= 1 {
            sources = sources.environment(environment(&variables));
        }
        if first <= 2 {
            sources = sources.docker_login(&home.docker());
        }
        if first <= 3 {
            sources = sources.credential_helper(&helper, CredentialHelper::OWN_KEY);
        }
        told(sources.ask(|| Ok(Some(("asked".into(), Secret::from("x"))))).find())
    };
    assert_eq!(from(0), "given password the caller");
    assert_eq!(from(1), "variable pat DOCKER_PASSWORD");
    assert_eq!(from(2), format!("alice password {}", home.0.join(".docker/config.json").display()));
    assert_eq!(from(3), "keyring oat the credential helper by docker-credential-own");
    assert_eq!(from(4), "asked password the prompt");
    assert_eq!(told(Sources::new().given(None).environment(|_| None).ask(|| Ok(None)).find()), "none");
}

#[test]
fn a_broken_source_does_not_fall_through() {
    let home = Home::new(STORE);
    let after = |sources: Sources| told(sources.or("the next", || panic!("the search has ended")).find());
    for (variables, why) in [
        (&[("DOCKER_PASSWORD", "x")][..], "DOCKER_PASSWORD is set, and DOCKER_USERNAME is not"),
        (&[("DOCKER_PASSWORD", "\"dckr_pat_x\""), ("DOCKER_USERNAME", "alice")], "DOCKER_PASSWORD"),
        (&[("DOCKER_PASSWORD", "x"), ("DOCKER_USERNAME", "a b")], "the user name"),
    ] {
        let said = after(Sources::new().environment(environment(variables)));
        assert!(said.starts_with("the account from DOCKER_PASSWORD cannot be used") && said.contains(why), "{said}");
    }
    let said = after(Sources::new().docker_login(&home.docker()));
    assert!(said.contains("docker-credential-test is not in PATH"), "{said}");
    home.helper(r#"echo '{"Username":"<token>","Secret":"canary"}'"#);
    let said = after(Sources::new().docker_login(&home.docker()));
    assert!(said.contains("by docker-credential-test holds a token of the image registry"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    home.helper("exit 1");
    let helper = CredentialHelper::new("test").unwrap().path(home.0.join("bin"));
    assert!(after(Sources::new().credential_helper(&helper, "k")).contains("docker-credential-test failed"));
    assert!(after(Sources::new().ask(|| Err("no terminal".into()))).ends_with("no terminal"));
}

#[test]
fn a_source_of_another_user_is_passed_over() {
    let home = Home::new(PLAIN);
    let variables = environment(&[("DOCKER_USERNAME", "bob"), ("DOCKER_PASSWORD", "x")]);
    let found = Sources::new().for_user("Alice").environment(&variables).docker_login(&home.docker()).find();
    assert!(told(found).starts_with("alice password /"));
    let secret_alone = environment(&[("DOCKER_PASSWORD", "x")]);
    let found =
        Sources::new().for_user("alice").credential(Credential::personal_token).environment(secret_alone).find();
    assert_eq!(told(found), "alice pat DOCKER_PASSWORD");
}

#[test]
fn an_access_token_of_docker_is_used_while_it_is_good() {
    let home = Home::new(STORE);
    for (ends_in, expected) in [(600, "alice bearer"), (0, "none")] {
        let token = jwt(Duration::from_secs(ends_in));
        home.helper(&format!(r#"cat > asked; echo '{{"Username":"alice","Secret":"{token}"}}'"#));
        let said = told(Sources::new().docker_access_token(&home.docker()).find());
        assert!(said.starts_with(expected), "{said}");
        assert_eq!(fs::read_to_string(home.0.join("asked")).unwrap(), DockerLogin::ACCESS_TOKEN_KEY);
    }
}

#[test]
fn a_kept_session_is_used_while_its_token_is_good() {
    let hub = Hub::docker(Policy::new(1));
    let store = MemoryStore::new();
    let bob = Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap();
    let keys = [StoreKey::new(&hub, &bob), StoreKey::new(&hub, &account("alice"))];
    let find = |sources: Sources| sources.store(&store, &hub, keys.clone()).find();
    assert_eq!(told(find(Sources::new())), "none");

    for (since, expected) in [(Duration::ZERO, "bob bearer the kept session of bob"), (DAYS, "none")] {
        let time = UnixTime::from_millis(now().as_millis() - u64::try_from(since.as_millis()).unwrap());
        let mut session = Session::new(hub.clone(), bob.clone());
        session.adopt(&log_in(&hub, &bob, time)).unwrap();
        store.save(&keys[0], &session.seal(time).unwrap(), None).unwrap();
        assert_eq!(told(find(Sources::new())), expected);
    }
    assert_eq!(told(find(Sources::new().for_user("alice"))), "none");
    store.save(&keys[1], &Secret::from("torn"), None).unwrap();
    let said = told(find(Sources::new()));
    assert!(said.starts_with("the account from the kept session of alice cannot be used"), "{said}");
    assert_eq!(told(find(Sources::new().for_user("bob"))), "none");
}
