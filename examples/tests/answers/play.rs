//! Plays one row on a real socket and compares what comes of it.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::{Duration, SystemTime};

use hub_auth_blocking::Options;
use hub_auth_core::{Account, Code, Credential, Failure, Grant, UnixTime};
use hub_auth_testkit::Loopback;
use hub_auth_testkit::hub::{SimHub, demo};
use serde_json::{Value, json};

use crate::common::{Done, login_at};
use crate::exits::exit_code;
use crate::logged;
use crate::secrets::{answered, shows};
use crate::table::{End, Expires, Row, Who};

/// The `Date` of docker/hub-feedback#2459: every server's clock, so that the local one decides nothing.
pub(crate) const SERVER_TIME: UnixTime = UnixTime::from_secs(1_746_136_878);

/// A server for one play, and what to log in with.
struct Scene {
    row: &'static Row,
    transport: &'static str,
    server: Loopback,
    user: &'static str,
    secret: &'static str,
    code: String,
    started: UnixTime,
}

impl Scene {
    fn new(row: &'static Row, transport: &'static str) -> Scene {
        let server = Loopback::start(SimHub::scenario(row.name).unwrap()).unwrap();
        server.set_now(SERVER_TIME);
        let code = server.code(demo::USER).unwrap_or_else(|| "123456".to_owned());
        let (user, secret) = match row.who {
            Who::Password => (demo::USER, demo::PASSWORD),
            Who::PersonalToken => (demo::USER, demo::PAT),
            Who::OrganizationToken => (demo::ORGANIZATION, demo::OAT),
        };
        Scene { row, transport, server, user, secret, code, started: now() }
    }

    /// How many requests came, none of them twice the same code.
    fn check_requests(&self) {
        let requests = self.server.requests();
        let targets: Vec<_> = requests.iter().map(|request| &request.target).collect();
        assert_eq!(targets.len(), self.row.requests, "{targets:?}");
        let codes: Vec<_> = requests
            .iter()
            .filter_map(|request| serde_json::from_slice::<Value>(&request.body).ok()?.get("code").cloned())
            .map(|code| code.to_string())
            .collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "a code was sent twice");
    }

    /// `retry_at`, in unix seconds, against the instants before and after the login.
    fn check_wait(&self, retry_at: Option<u64>, wait: Option<(u64, u64)>) {
        let ended = now().as_secs();
        let Some((least, most)) = wait else {
            assert_eq!(retry_at, None);
            return;
        };
        let bounds = self.started.as_secs() + least..=ended + most;
        assert!(retry_at.is_some_and(|at| bounds.contains(&at)), "{retry_at:?} is not in {bounds:?}");
    }

    fn expires(expected: Expires, found: Option<u64>) {
        match expected {
            Expires::Never => assert_eq!(found, None),
            Expires::At(at) => assert_eq!(found, Some(at)),
            Expires::Later => assert!(found > Some(SERVER_TIME.as_secs()), "{found:?}"),
        }
    }

    /// Nothing that was sent or answered, and nothing a terminal would obey or an outsider should not read.
    fn check_text(&self, text: &str) {
        let mut secrets = answered(SimHub::scenario(self.row.name).unwrap(), &self.server);
        secrets.extend([self.secret.to_owned(), self.code.clone()]);
        for secret in secrets {
            assert!(!shows(text, &secret), "{secret:?} is in {text}");
        }
        let is_odd = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(is_odd), "{text:?}");
        for internal in ["10.0.0.", "10.96.", "fd00", "internal.example", "svc.cluster", "{\\\"", "{\"message\""] {
            assert!(!text.contains(internal), "{internal} is in {text}");
        }
        let said = text.lines().find_map(|line| line.split_once("Hub said: ")).map_or("", |(_, said)| said);
        assert!(said.chars().count() <= 300, "{said}");
    }
}

fn now() -> UnixTime {
    UnixTime::from(SystemTime::now())
}

/// By the `login` program, with everything logged.
pub(crate) fn by_program(row: &'static Row, transport: &'static str) {
    let scene = Scene::new(row, transport);
    let timeout = row.timeout.unwrap_or(60).to_string();
    let args = [scene.user, "--json", "--code", &scene.code, "--timeout", &timeout];
    let done = login_at(&scene.server, transport, scene.secret, &args).env("RUST_LOG", "trace").run();
    match row.end {
        End::Done { user, expires } => {
            let told = done.json();
            assert_eq!((done.code, &told["user"]), (0, &json!(user)), "{done:?}");
            assert_eq!(told["name_mismatch"], json!(user != scene.user), "{done:?}");
            Scene::expires(expires, told["expires_at"].as_u64());
        }
        End::Failed { kind, status, wait } => {
            let told = done.fails(exit_code(kind), kind.as_str());
            assert_eq!(told["status"], json!(status), "{done:?}");
            scene.check_wait(told["retry_at"].as_u64(), wait);
            assert_eq!(told["trace_id"].is_string(), status.is_some() && !row.name.contains("haproxy"), "{done:?}");
        }
    }
    scene.check_requests();
    assert!(done.err.contains("login::run"), "nothing was logged: {done:?}");
    let Done { out, err, .. } = done;
    scene.check_text(&out);
    scene.check_text(&err);
}

/// By the library, in this process.
pub(crate) fn by_library(row: &'static Row, transport: &'static str, job: usize) {
    logged::begin(job);
    let scene = Scene::new(row, transport);
    let ended = scene.log_in();
    let shown = match &ended {
        Ok(grant) => format!("{grant:?} {grant:#?}"),
        Err(failure) => format!("{failure} {failure:?} {}", chain(failure)),
    };
    match (row.end, &ended) {
        (End::Done { user, expires }, Ok(grant)) => {
            assert_eq!((grant.user(), grant.name_mismatch()), (user, user != scene.user), "{grant:?}");
            Scene::expires(expires, grant.expires_at().map(UnixTime::as_secs));
        }
        (End::Failed { kind, status, wait }, Err(failure)) => {
            let found = (failure.kind(), failure.status().map(|status| status.as_u16()));
            assert_eq!(found, (kind, status), "{failure:?}");
            scene.check_wait(failure.retry_at().map(UnixTime::as_secs), wait);
        }
        (_, ended) => panic!("{ended:?}"),
    }
    scene.check_requests();
    scene.check_text(&shown);
    let lines = logged::end(job);
    // hyper says nothing; without these lines the rest would prove little.
    assert!(transport != "blocking" || !lines.is_empty(), "nothing was logged");
    for line in lines {
        // What is typed is not in the dumps either.
        assert!(!shows(&line.text, scene.secret) && !shows(&line.text, &scene.code), "{}", line.text);
        if !line.is_dump {
            scene.check_text(&line.text);
        }
    }
}

impl Scene {
    fn log_in(&self) -> Result<Grant, Failure> {
        let secret = match self.row.who {
            Who::Password => Credential::password(self.secret),
            Who::PersonalToken => Credential::personal_token(self.secret),
            Who::OrganizationToken => Credential::organization_token(self.secret),
        };
        let account = Account::new(self.user, secret).unwrap();
        let timeout = Duration::from_secs(self.row.timeout.unwrap_or(60));
        let options = Options::new().base(self.server.url()).timeout(timeout);
        let mut code = Some(Code::new(&self.code).unwrap());
        log_in(self.transport, options, &account, || code.take())
    }
}

/// A login by the client of one transport, with codes for as long as there are any.
pub(crate) fn log_in(
    transport: &str,
    options: Options,
    account: &Account,
    mut codes: impl FnMut() -> Option<Code>,
) -> Result<Grant, Failure> {
    if transport == "blocking" {
        return hub_auth_blocking::Client::new(options).unwrap().login_with(account, |_| codes());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = hub_auth_hyper::Client::new(options).unwrap();
    runtime.block_on(client.login_with(account, async |_| codes()))
}

/// An error and all beneath it.
fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
