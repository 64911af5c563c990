//! What a real `docker` client writes is read back. It logs in to a daemon that says yes; without the client nothing is
//! tested here.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::common::Folder;
use hub_auth_host::DockerLogin;
use hub_auth_host::docker_login::Stored;

/// A docker daemon as far as a login needs one.
struct Daemon {
    port: u16,
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Daemon {
    fn start() -> Daemon {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, done) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let ended = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                answer(&stream.unwrap());
            }
        });
        Daemon { port, done, thread: Some(thread) }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// One request, one answer: `{"Status":"LoginOutcome Succeeded"}` will do for all of them.
fn answer(mut stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length, mut is_head) = (String::new(), 0, false);
    while reader.read_line(&mut line).unwrap_or(0) > 2 {
        is_head |= line.starts_with("HEAD ");
        if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().unwrap();
        }
        line.clear();
    }
    drop(reader.read_exact(&mut vec![0; length]));
    let body = r#"{"IdentityToken":"","Status":"LoginOutcome Succeeded"}"#;
    let head = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\nConnection: close";
    let body = if is_head { "" } else { body };
    drop(write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
}

struct Docker {
    program: PathBuf,
    folder: Folder,
    daemon: Daemon,
}

impl Docker {
    fn find() -> Option<Docker> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = std::env::split_paths(&path).map(|folder| folder.join("docker")).find(|file| file.is_file());
        if program.is_none() {
            eprintln!("SKIPPED: no docker client is installed");
        }
        Some(Docker { program: program?, folder: Folder::new(), daemon: Daemon::start() })
    }

    fn config(&self) -> PathBuf {
        self.folder.join("config.json")
    }

    fn run(&self, args: &[&str], input: &str) {
        let mut child = Command::new(&self.program)
            .arg("--config")
            .arg(&*self.folder)
            .args(args)
            .env_clear()
            .env("HOME", &*self.folder)
            // The machine's own helpers are not for it.
            .env("PATH", &*self.folder)
            .env("DOCKER_HOST", format!("tcp://127.0.0.1:{}", self.daemon.port))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn log_in(&self, secret: &str) {
        self.run(&["login", "-u", "alice", "--password-stdin"], secret);
    }

    fn stored(&self) -> Option<Stored> {
        let variable = |name: &str| match name {
            "DOCKER_CONFIG" | "PATH" => Some(self.folder.as_os_str().to_owned()),
            _ => None,
        };
        DockerLogin::from_env_with(variable).find().unwrap()
    }
}

#[test]
fn a_real_clients_file_is_read() {
    let Some(docker) = Docker::find() else { return };
    docker.log_in("hun:ter2 ä");
    let stored = docker.stored().unwrap();
    assert_eq!((&*stored.user, stored.secret.expose()), ("alice", "hun:ter2 ä"));
    assert_eq!(stored.place, docker.config().to_str().unwrap());
    docker.run(&["logout"], "");
    assert!(docker.stored().is_none());
}

#[test]
fn a_real_clients_helper_is_shared() {
    let Some(docker) = Docker::find() else { return };
    // Keeps one entry, as it is given.
    let script = format!(
        "#!/bin/sh\nPATH=/usr/bin:/bin\ncd '{}'\ncase $1 in\nstore) cat > kept ;;\nerase) rm kept ;;\nlist) echo '{{}}' ;;\n\
         get) cat kept 2>/dev/null || {{ echo credentials not found in native keychain; exit 1; }} ;;\nesac\n",
        docker.folder.display()
    );
    install(&script, &docker.folder.join("docker-credential-test"));
    for config in [r#"{"credsStore":"test"}"#, r#"{"credHelpers":{"https://index.docker.io/v1/":"test"}}"#] {
        fs::write(docker.config(), config).unwrap();
        assert!(docker.stored().is_none());
        docker.log_in("dckr_pat_\"x\\y");
        assert!(!fs::read_to_string(docker.config()).unwrap().contains("\"auth\":"), "the store has it");
        let stored = docker.stored().unwrap();
        assert_eq!((&*stored.user, stored.secret.expose()), ("alice", "dckr_pat_\"x\\y"));
        assert!(stored.place.ends_with("config.json by docker-credential-test"), "{}", stored.place);
        docker.run(&["logout"], "");
        assert!(docker.stored().is_none());
    }
}

/// Written by another process, so that no child of this one can have it open.
fn install(script: &str, place: &Path) {
    let source = place.with_extension("source");
    fs::write(&source, script).unwrap();
    assert!(Command::new("install").args(["-m", "755"]).arg(source).arg(place).status().unwrap().success());
}
