//! What is told to `tracing`: routes, numbers and kinds, and nothing secret.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use common::{alice, bob, client, once, plain};
use hub_auth_blocking::core::http::{Request, StatusCode};
use hub_auth_blocking::{Options, Session};
use hub_auth_testkit::hub::{Fault, SimHub, demo};
use hub_auth_testkit::wire::Nowhere;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes one line for each span that begins and each event.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>, Arc<AtomicU64>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            write!(self.0, " {value:?}").unwrap();
        } else {
            write!(self.0, " {}={value:?}", field.name()).unwrap();
        }
    }
}

impl Lines {
    fn add(&self, kind: &str, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        let mut line = Line(kind.to_owned());
        record(&mut line);
        // Everything that is said under any other name is another's.
        if metadata.target() == "hub_auth" {
            self.0.lock().unwrap().push(line.0);
        }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.add(span.metadata().name(), span.metadata(), |line| span.record(line));
        Id::from_u64(self.1.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn event(&self, event: &Event<'_>) {
        self.add("-", event.metadata(), |line| event.record(line));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn each_attempt_is_told_and_nothing_secret() {
    let lines = Lines::default();
    let scene = plain(SimHub::demo());
    let all = tracing::subscriber::with_default(lines.clone(), || {
        scene.server.hub().script(Fault::json(StatusCode::SERVICE_UNAVAILABLE, "{}"));
        scene.client.login_with(&alice(), |_| Some(scene.code())).unwrap();
        let login = lines.take();
        let waited = &login[3];
        assert!(waited.starts_with("- waits route=\"users/login\" waited="), "{waited}");
        let sizes: Vec<String> =
            login.iter().filter_map(|line| line.split_once(" bytes=")).map(|(_, n)| n.to_owned()).collect();
        assert_eq!(
            login,
            [
                "attempt route=\"users/login\" attempt=1".to_owned(),
                "- connection reused=false".to_owned(),
                format!("- answered status=503 bytes={}", sizes[0]),
                waited.clone(),
                "attempt route=\"users/login\" attempt=2".to_owned(),
                "- connection reused=true".to_owned(),
                format!("- answered status=401 bytes={}", sizes[1]),
                "attempt route=\"users/2fa-login\" attempt=1".to_owned(),
                "- connection reused=true".to_owned(),
                format!("- answered status=200 bytes={}", sizes[2]),
            ]
        );
        scene.server.hub().script(Fault::DropAfter);
        scene.again(once).login(&bob()).unwrap_err();
        let broken = lines.take();
        assert_eq!(broken.last().unwrap(), "- broke what=Closed sent=Maybe");
        let nowhere = Nowhere::refused().unwrap();
        client(Options::new().base(nowhere.url().unwrap())).warm().unwrap_err();
        let cold = lines.take();
        assert_eq!(cold, ["- broke what=Connect sent=No"]);
        let request = Request::get(format!("{}v2/user", scene.server.url())).body("".into()).unwrap();
        Session::new(scene.client.clone(), bob()).send(request).unwrap();
        let call = lines.take();
        assert_eq!(call[3], "call");
        [login, broken, cold, call].concat().join("\n")
    });
    for secret in [demo::USER, demo::PASSWORD, demo::USER_WITHOUT_2FA, demo::PASSWORD_WITHOUT_2FA, "eyJ", "Bearer"] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
}
