//! The simulated Hub: `login --sim` without a terminal, and `hub-auth sim` for a program in another language.

use std::process::Command;

use crate::common::{HUB_AUTH, TRANSPORTS, folder, hub_auth, installed, login};
use hub_auth_testkit::{Scenario, demo};

#[test]
fn it_knows_what_its_accounts_log_in_with() {
    for transport in TRANSPORTS {
        for (args, user, kind, route) in [
            (&["--no-prompt"][..], "alice", "password", "users/2fa-login"),
            (&["bob"], "bob", "password", "users/login"),
            (&["--kind", "pat"], "alice", "pat", "auth/token"),
            (&["--kind", "oat"], "acme", "oat", "auth/token"),
            (&["acme"], "acme", "oat", "auth/token"),
        ] {
            let told = login(&["--sim", "--json", "--transport", transport]).args(args).run().json();
            assert_eq!([&told["user"], &told["kind"], &told["route"]], [user, kind, route], "{args:?}");
        }
    }
}

#[test]
fn a_secret_is_used_if_a_user_is_given() {
    let with = |args: &[&str]| {
        let real = login(args).env("DOCKER_USERNAME", "Alice").env("DOCKER_PASSWORD", "of the real Hub");
        real.args(&["--sim", "--json"]).run()
    };
    assert_eq!(with(&[]).code, 0);
    with(&["alice"]).fails(3, "credentials_refused");
    let done = login(&["--sim", "bob", "--json"]).secret("wrong").run();
    done.fails(3, "credentials_refused");
    let done = login(&["--sim", "bob"]).secret(&format!("{}\r\n", demo::PASSWORD_WITHOUT_2FA)).run();
    assert_eq!(done.code, 0, "{done:?}");
    login(&["--sim", "nobody", "--json"]).run().fails(2, "usage");
}

/// The authenticator shows the same code for half a minute; what was refused once is not sent again.
#[test]
fn its_own_code_is_sent_once() {
    for transport in TRANSPORTS {
        let done = login(&["--sim=wrong-code", "--transport", transport]).env("RUST_LOG", "hub_auth=info").run();
        assert!(done.code == 4 && done.err.contains("2 left") && !done.err.contains("1 left"), "{done:?}");
    }
}

#[test]
fn the_list_names_every_scenario() {
    let (text, told) = (hub_auth(&["sim", "--list"]).run(), hub_auth(&["sim", "--list", "--json"]).run().json());
    for scenario in Scenario::all() {
        assert!(text.out.contains(&format!("  {}\n", scenario.name)), "{scenario:?}");
    }
    assert_eq!(told["scenarios"].as_array().unwrap().len(), Scenario::all().count());
}

/// Scripts of the standard library alone: two Hubs at once, plain and TLS, with accounts of their own.
#[test]
fn scripts_of_other_languages_test_against_it() {
    for (program, script) in [("python3", "sim.py"), ("node", "sim.mjs")] {
        let folder = folder(&format!("sim-{program}"));
        let script = format!("{}/tests/{script}", env!("CARGO_MANIFEST_DIR"));
        let done = Command::new(program).args([&script, HUB_AUTH]).current_dir(&folder).output();
        let Some(done) = installed(program, done) else { continue };
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn accounts_that_cannot_be_read_are_named_and_not_repeated() {
    let folder = folder("sim-accounts");
    let file = folder.join("accounts.toml");
    for (text, named) in [
        ("[[user]]\nname = 'carol'\npassword = canary", "accounts.toml"),
        ("[[user]]\nname = 'carol'\npassword = 'x'\ntotp = 'canary!'", "carol"),
        ("[[user]]\nname = 'carol'\npasword = 'canary'", "password"),
    ] {
        std::fs::write(&file, text).unwrap();
        let done = hub_auth(&["sim", "--json", "--accounts", file.to_str().unwrap()]).run();
        done.fails(2, "usage");
        assert!(done.err.contains(named) && !done.err.contains("canary"), "{done:?}");
    }
}
