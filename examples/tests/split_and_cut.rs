//! An answer that comes in two parts, split at every byte, and one that is cut at every byte: always the right end, by
//! both transports, plain and over TLS, for a password alone and with a code.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod both;

use std::fs;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use both::{Client, Transport, guarded};
use hub_auth_blocking::Options;
use hub_auth_core::{Code, Delivery, Failure, FailureKind, Grant, Policy, TransportErrorKind};
use hub_auth_host::Trust;
use hub_auth_testkit::tls::Authority;
use hub_auth_testkit::wire::{Act, Wire};

const TOKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"token\":\"opaque\"}";
const TICKET: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 28\r\n\r\n{\"login_2fa_token\":\"ticket\"}";
const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 15\r\n\r\n{\"detail\":\"no\"}";
/// What TLS 1.3 adds to a record: its header, the type within, and the tag.
const AROUND: usize = 5 + 1 + 16;

/// A server that follows these scripts, and a client that sends each call once.
fn scene(tls: bool, scripts: Vec<Vec<Act>>) -> (Wire, Options) {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(&["localhost"]).unwrap();
    let wire = if tls { Wire::start_tls(&identity, scripts) } else { Wire::start(scripts) }.unwrap();
    let trust = Trust::none().with_ca_pem(authority.pem().as_bytes()).unwrap();
    let options = Options::new().no_proxy().base(wire.url()).trust(trust);
    (wire, options.policy(Policy::new(1).with_sends(NonZeroU8::MIN)))
}

fn log_in(client: &Client) -> Result<Grant, Failure> {
    let mut code = Some(Code::new("000001").unwrap());
    client.log_in(|_| code.take())
}

fn everywhere(f: impl Fn(Transport, bool) + Sync) {
    thread::scope(|scope| {
        for transport in Transport::BOTH {
            for tls in [false, true] {
                let f = &f;
                scope.spawn(move || f(transport, tls));
            }
        }
    });
}

/// The thread of a client, as Linux sees it: whether it sleeps, and how often it went to sleep. Elsewhere nothing is
/// known of it, and the two parts of an answer may come as one.
#[derive(Default)]
struct Watched {
    status: OnceLock<PathBuf>,
    sleeps: AtomicU64,
}

impl Watched {
    fn this_thread(&self) {
        if let Ok(this) = fs::read_link("/proc/thread-self") {
            self.status.set(PathBuf::from("/proc").join(this).join("status")).unwrap();
        }
    }

    /// How often it went to sleep, if it sleeps now.
    fn asleep(&self) -> Option<u64> {
        let status = fs::read_to_string(self.status.get()?).ok()?;
        let field = |name| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        field("State:")?.starts_with('S').then(|| field("voluntary_ctxt_switches:")?.parse().ok())?
    }

    /// Returns once it sleeps, and has since the last time.
    fn sleeps_again(&self) {
        let start = Instant::now();
        while self.status.get().is_some() && start.elapsed() < Duration::from_secs(5) {
            let last = self.sleeps.load(Ordering::SeqCst);
            if let Some(sleeps) = self.asleep().filter(|sleeps| *sleeps > last) {
                self.sleeps.store(sleeps, Ordering::SeqCst);
                return;
            }
            thread::yield_now();
        }
    }
}

#[test]
fn an_answer_may_be_split_anywhere() {
    everywhere(|transport, tls| {
        for answers in [vec![TOKEN], vec![TICKET, TOKEN]] {
            let watched = Arc::new(Watched::default());
            let around = if tls { AROUND } else { 0 };
            let longest = answers.iter().map(|answer| answer.len()).max().unwrap() + around;
            let sleeps = || {
                let watched = Arc::clone(&watched);
                Act::call(move || watched.sleeps_again())
            };
            // All on one connection.
            let script: Vec<Act> = (1..longest)
                .flat_map(|at| answers.iter().map(move |answer| (at.min(answer.len() + around - 1), *answer)))
                .flat_map(|(at, answer)| {
                    [Act::Read, sleeps(), Act::Hold(at), Act::write(answer), sleeps(), Act::Release]
                })
                .collect();
            let (mut wire, options) = scene(tls, vec![script]);
            let watched = Arc::clone(&watched);
            let ended = guarded(move || {
                watched.this_thread();
                let client = Client::new(transport, options);
                (1..longest).map(|at| log_in(&client).map_err(|failure| (at, failure))).find_map(Result::err)
            });
            assert!(ended.as_ref().is_ok_and(Option::is_none), "{transport:?}, tls: {tls}: {ended:?}");
            wire.stop();
            assert_eq!((wire.connections(), wire.requests().len()), (1, (longest - 1) * answers.len()));
        }
    });
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Closed, over TLS without a goodbye.
    Closed,
    /// Closed with a goodbye of TLS.
    Goodbye,
    Reset,
    /// Closed within the one record of TLS that holds the answer.
    WithinRecord,
}

#[test]
fn a_connection_may_be_cut_anywhere() {
    everywhere(|transport, tls| {
        let ends = if tls { vec![End::Closed, End::Goodbye, End::WithinRecord] } else { vec![End::Closed, End::Reset] };
        for (before, answer, status, kind) in [
            (None, TOKEN, 200, FailureKind::Transport),
            (None, TICKET, 401, FailureKind::Transport),
            (Some(TICKET), TOKEN, 200, FailureKind::Transport),
            (Some(TICKET), REFUSED, 401, FailureKind::CodeRefused),
        ] {
            for end in &ends {
                let length = answer.len() + if *end == End::WithinRecord { AROUND } else { 0 };
                let script = |at: usize| {
                    let before = before.map(|before| vec![Act::Read, Act::write(before)]).unwrap_or_default();
                    let cut = match end {
                        End::Closed => vec![Act::Read, Act::write(&answer[..at]), Act::Cut],
                        End::Goodbye => vec![Act::Read, Act::write(&answer[..at])],
                        End::Reset => vec![Act::Read, Act::write(&answer[..at]), Act::Reset],
                        End::WithinRecord => vec![Act::Read, Act::Hold(at), Act::write(answer), Act::Cut],
                    };
                    [before, cut].concat()
                };
                let (mut wire, options) = scene(tls, (0..length).map(script).collect());
                let ended = guarded(move || {
                    let client = Client::new(transport, options);
                    (0..length).map(|_| log_in(&client).map(drop)).collect::<Vec<_>>()
                });
                wire.stop();
                let head = answer.find('{').unwrap();
                for (at, ended) in ended.unwrap().into_iter().enumerate() {
                    let what = format!("{status} cut at {at} of {length} ({end:?}), {transport:?}, tls: {tls}");
                    let failure = ended.expect_err(&what);
                    assert_eq!(failure.transport(), Some((TransportErrorKind::Closed, Delivery::MaybeSent)), "{what}");
                    let is_read = at >= head && *end != End::WithinRecord;
                    let seen = (failure.kind(), failure.status().map(|status| status.as_u16()));
                    let expected = if is_read { (kind, Some(status)) } else { (FailureKind::Transport, None) };
                    assert_eq!(seen, expected, "{what}");
                }
                // Each call once, on a connection of its own.
                let calls = 1 + usize::from(before.is_some());
                assert_eq!((wire.connections(), wire.requests().len()), (length, length * calls));
            }
        }
    });
}
