//! Runs the program and takes down what it writes.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use hub_auth_testkit::{Loopback, SimHub};
use serde_json::Value;

pub(crate) const HUB_AUTH: &str = env!("CARGO_BIN_EXE_hub-auth");
pub(crate) const TRANSPORTS: [&str; 2] = ["hyper", "blocking"];

/// A run of the program, without a terminal and without any variable of whoever runs the tests.
#[derive(Clone)]
#[must_use]
pub(crate) struct Run {
    args: Vec<String>,
    variables: Vec<(String, String)>,
    stdin: Vec<u8>,
}

/// Holds the outcome of a run of the program.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn hub_auth(args: &[&str]) -> Run {
    Run { args: Vec::new(), variables: Vec::new(), stdin: Vec::new() }.args(args)
}

pub(crate) fn login(args: &[&str]) -> Run {
    hub_auth(&["login"]).args(args)
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
        let mut command = Command::new(HUB_AUTH);
        command.args(&self.args).env_clear().envs(self.variables);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        // It may refuse its arguments and end without reading.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        let output = child.wait_with_output().unwrap();
        Done {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
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

/// The token files of this cache.
pub(crate) fn tokens(cache: &Path) -> Vec<PathBuf> {
    let Ok(files) = std::fs::read_dir(cache.join("hub-auth")) else { return Vec::new() };
    let files = files.map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "token")).collect()
}

/// Leaves so many milliseconds to the token that this cache keeps.
pub(crate) fn leave(cache: &Path, millis: u32) {
    let file = tokens(cache).remove(0);
    let kept = std::fs::read_to_string(&file).unwrap();
    let (head, rest) = kept.split_once("\"left\":").unwrap();
    let (left, rest) = rest.split_once(',').unwrap();
    // As long as before, as the file tells its length.
    std::fs::write(&file, format!("{head}\"left\":{millis:<width$},{rest}", width = left.len())).unwrap();
}

/// Puts a shell script at this path. Another process writes it: a file this one has open for writing may be in the
/// hands of a child of another test's, and then it cannot be run.
pub(crate) fn program(path: &Path, script: &str) {
    let source = path.with_extension("source");
    std::fs::write(&source, format!("#!/bin/sh\n{script}\n")).unwrap();
    let installed = Command::new("install").args(["-m", "755"]).arg(source).arg(path).status();
    assert!(installed.unwrap().success());
}

/// Returns the output of another program. If that program is not installed, says `SKIPPED` and returns `None`; in the gate,
/// where every program must be installed, fails.
pub(crate) fn installed(name: &str, done: io::Result<Output>) -> Option<Output> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound && env::var_os("HUB_AUTH_NO_SKIP").is_none() => {
            // Not `eprintln`, which shows nothing of a test that passes.
            let _ = writeln!(io::stderr(), "SKIPPED: {name} is not installed");
            None
        }
        done => Some(done.unwrap()),
    }
}
