//! The small programs run, and the third transport is as small as is said.

use std::process::Command;

#[test]
fn the_examples_log_in() {
    for name in ["by_hand", "minimal_async", "minimal_blocking", "reqwest_layer", "third_transport"] {
        let program = programs().join("examples").join(name);
        let output = Command::new(&program).env_clear().output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}; `cargo build --examples`", program.display()));
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {:?}", output.stderr);
        let shown =
            if name == "third_transport" { "logged in as alice by users/2fa-login" } else { "\"type\":\"User\"" };
        assert!(out.contains(shown) && out.contains("alice"), "{name}: {out}");
    }
}

#[test]
fn a_transport_is_50_lines() {
    let lines = include_str!("../third_transport/transport.rs").lines().count();
    assert!(lines <= 50, "{lines}");
}

/// Returns the folder where cargo puts programs. It builds the examples of this package beside its tests.
fn programs() -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}
