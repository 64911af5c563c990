//! Starts `hub-auth login` and takes down what it writes.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::SimHub;
use serde_json::Value;

pub(crate) mod adapters;
pub(crate) mod outside;

pub(crate) fn hub_auth() -> PathBuf {
    let program = programs().join("hub-auth");
    assert!(program.exists(), "first `cargo build -p hub-auth-cli`");
    program
}

/// The folder of the programs that cargo built. `hub-auth` is of another package, so this one's tests do not build it.
pub(crate) fn programs() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

pub(crate) const TRANSPORTS: [&str; 2] = ["hyper", "blocking"];

/// A run of `hub-auth login`, without a terminal and without any variable of whoever runs the tests.
#[derive(Clone)]
#[must_use]
pub(crate) struct Run {
    args: Vec<String>,
    variables: Vec<(String, String)>,
    stdin: Vec<u8>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn login(args: &[&str]) -> Run {
    Run { args: Vec::new(), variables: Vec::new(), stdin: Vec::new() }.args(args)
}

/// The same against a server, with the secret on standard input.
pub(crate) fn login_at(server: &Loopback, transport: &str, secret: &str, args: &[&str]) -> Run {
    login(args).args(&["--hub", &server.url().to_string(), "--transport", transport]).secret(secret)
}

impl Run {
    pub(crate) fn args(mut self, args: &[&str]) -> Run {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Run {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn secret(self, secret: &str) -> Run {
        self.args(&["--secret-stdin"]).stdin(secret)
    }

    pub(crate) fn stdin(mut self, text: &str) -> Run {
        text.as_bytes().clone_into(&mut self.stdin);
        self
    }

    pub(crate) fn run(self) -> Done {
        let mut command = Command::new(hub_auth());
        command.arg("login").args(&self.args).env_clear().envs(self.variables);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        // It may refuse its arguments and end without reading.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        let output = child.wait_with_output().unwrap();
        Done {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            // Unwrapped, so that a test can look for a sentence.
            err: String::from_utf8(output.stderr).unwrap().replace("\n            ", " "),
        }
    }
}

impl Done {
    /// Standard output, which has to be one JSON object on one line.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.matches('\n').count(), 1, "{self:?}");
        let object: Value = serde_json::from_str(&self.out).unwrap();
        assert!(object.is_object(), "{self:?}");
        object
    }

    /// The fields of a failure in JSON, complete, with the code and the kind that are expected.
    pub(crate) fn fails(&self, code: i32, kind: &str) -> Value {
        let object = self.json();
        assert_eq!((self.code, &object["error"]), (code, &Value::from(kind)), "{self:?}");
        let names: Vec<_> = object.as_object().unwrap().keys().collect();
        assert_eq!(names, ["advice", "error", "retry_at", "status", "trace_id"], "{self:?}");
        assert!(object["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{self:?}");
        object
    }
}

/// A server of the demo accounts with something changed.
pub(crate) fn serve(change: impl FnOnce(&mut SimHub)) -> Loopback {
    let mut hub = SimHub::demo();
    change(&mut hub);
    Loopback::start(hub).unwrap()
}

/// An empty folder of this test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
