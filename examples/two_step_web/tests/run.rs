//! A browser's requests, by hand: a wrong code first, then the right one.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn request(address: &str, head: &str, cookie: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nCookie: {cookie}\r\n").unwrap();
    write!(stream, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The cookie that an answer sets.
fn cookie(answer: &str) -> String {
    let line = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    line.split(';').next().unwrap().to_owned()
}

#[test]
fn two_pages_with_a_wrong_code_first() {
    let started =
        Command::new(env!("CARGO_BIN_EXE_two-step-web")).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut server = Server(started.unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let address = lines.next().unwrap().unwrap().replace("http://", "");
    let code_url = lines.next().unwrap().unwrap().rsplit_once("http://").unwrap().1.to_owned();
    let (hub, _) = code_url.split_once('/').unwrap();

    let wrong = request(&address, "POST /login", "", "user=alice&password=wrong");
    assert!(wrong.starts_with("HTTP/1.1 401") && wrong.contains("refused") && !wrong.contains("set-cookie"), "{wrong}");
    let asked = request(&address, "POST /login", "", "user=alice&password=correct+horse+battery+staple");
    assert!(asked.contains("name=code") && asked.contains("HttpOnly"), "{asked}");
    let again = request(&address, "POST /code", &cookie(&asked), "code=000000");
    assert!(again.contains("refused the one-time code") && cookie(&again) != cookie(&asked), "{again}");
    // A challenge is answered once.
    assert!(request(&address, "POST /code", &cookie(&asked), "code=000000").contains("has ended"));
    let code = request(hub, "GET /_sim/code/alice", "", "");
    let code = code.rsplit("\r\n\r\n").next().unwrap().trim();
    let done = request(&address, "POST /code", &cookie(&again), &format!("code={code}"));
    assert!(done.contains("Logged in as alice"), "{done}");
    for page in [&wrong, &asked, &again, &done] {
        assert!(!page.contains("staple") && !page.contains("login_2fa_token") && !page.contains("eyJ"), "{page}");
    }
}

/// The same in headless Chromium, driven by a Python script of the standard library alone.
#[test]
fn a_browser_logs_in_with_a_wrong_code_first() {
    if Command::new("chromedriver").arg("--version").output().is_err() {
        assert!(std::env::var_os("HUB_AUTH_NO_SKIP").is_none(), "chromedriver is not installed");
        return eprintln!("SKIPPED: chromedriver is not installed");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser.py");
    let screenshots = concat!(env!("CARGO_TARGET_TMPDIR"), "/two-step-web");
    let done =
        Command::new("python3").args([script, env!("CARGO_BIN_EXE_two-step-web"), screenshots]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
