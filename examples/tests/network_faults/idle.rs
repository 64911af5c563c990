//! What becomes of a connection that is kept, while a code is typed or between two logins: a second table.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hub_auth_blocking::Options;
use hub_auth_core::TransportErrorKind::Closed;
use hub_auth_core::{Code, Policy};
use hub_auth_testkit::tls::Server as Tls;
use hub_auth_testkit::wire::{Act, Wire};

use crate::both::{Client, Transport, guarded};
use crate::bytes::{TICKET, token};
use crate::play::{Call, authority, trust};
use crate::row::{Out, lost};

const GUARD: Duration = Duration::from_secs(30);

struct Row {
    name: &'static str,
    /// What the server does while the connection is idle.
    meanwhile: Vec<Act>,
    /// What it does when the next call comes on the same connection.
    then: Vec<Act>,
    /// What comes of a call with a code. A first call is tried again if it must: it always succeeds.
    out: Out,
    /// How many requests arrive in all where the second call is a first one, and where it has a code.
    arrive: [usize; 2],
    /// How many connections that takes.
    connections: [usize; 2],
}

fn rows() -> Vec<Row> {
    let row = |name, meanwhile, then, out, arrive, connections| Row { name, meanwhile, then, out, arrive, connections };
    let stale = |name, act| row(name, vec![act], vec![Act::Stall], Out::Done, [2, 2], [2, 2]);
    let refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}";
    vec![
        row("it waits", vec![], vec![Act::Read, Act::write(token())], Out::Done, [2, 2], [1, 1]),
        stale("it closes", Act::Cut),
        stale("it resets", Act::Reset),
        stale("it says goodbye by TLS, and stays", Act::Goodbye),
        stale("it answers what nobody asked for", Act::write(refusal)),
        stale("it says one byte", Act::write("H")),
        stale("it sends garbage beneath TLS", Act::Raw(b"garbage".to_vec())),
        row("it waits, and closes instead of an answer", vec![], vec![Act::Read], lost(Closed), [3, 2], [2, 1]),
        row(
            "it waits, and resets within the request",
            vec![],
            vec![Act::Peek(9), Act::Reset],
            lost(Closed),
            [2, 1],
            [2, 1],
        ),
    ]
}

/// Lets the server act while the client waits.
struct Pause {
    begun: Sender<()>,
    over: Receiver<()>,
}

impl Pause {
    /// A script that answers this, and does the row's acts once the pause has begun.
    fn script(row: &Row, answer: String) -> (Vec<Act>, Pause) {
        let (begun, has_begun) = channel();
        let (ends, over) = channel();
        let has_begun = Arc::new(Mutex::new(has_begun));
        let wait = Act::call(move || has_begun.lock().unwrap().recv_timeout(GUARD).unwrap_or_default());
        let tell = Act::call(move || ends.send(()).unwrap_or_default());
        let answer = vec![Act::Read, Act::write(answer), wait];
        ([answer, row.meanwhile.clone(), vec![tell], row.then.clone()].concat(), Pause { begun, over })
    }

    /// Returns when the server has acted, or has reset the connection and with it the script.
    fn pass(&self, wire: &Wire) {
        self.begun.send(()).unwrap_or_default();
        let start = Instant::now();
        while self.over.try_recv().is_err() && wire.closed() == 0 && start.elapsed() < GUARD {
            thread::yield_now();
        }
    }
}

#[test]
fn a_kept_connection_is_used_or_replaced_and_no_code_is_lost() {
    for row in rows() {
        for transport in Transport::BOTH {
            for call in Call::BOTH {
                play(&row, transport, call, true);
                if !row.name.contains("TLS") {
                    play(&row, transport, call, false);
                }
            }
        }
    }
}

/// A second answer right behind the first is nobody's: not that to the next request.
#[test]
fn what_came_with_an_answer_answers_nothing_else() {
    for transport in Transport::BOTH {
        let ticket = TICKET.replace("Connection: close\r\n", "");
        let forged = token().replace("opaque", "forged");
        let first = vec![Act::Read, Act::write(ticket + &forged), Act::Read, Act::Stall];
        let wire = Wire::start(vec![first, vec![Act::Read, Act::write(token())]]).unwrap();
        let options = Options::new().no_proxy().base(wire.url()).policy(Policy::new(1));
        let grant = guarded(move || Client::new(transport, options).log_in(|_| Code::new("000001").ok()));
        assert_eq!(grant.unwrap().unwrap().token().expose(), "opaque", "{transport:?}");
        assert_eq!((wire.requests().len(), wire.connections()), (2, 2), "{transport:?}");
    }
}

fn play(row: &Row, transport: Transport, call: Call, tls: bool) {
    let before = if call == Call::First { token() } else { TICKET.replace("Connection: close\r\n", "") };
    let (script, pause) = Pause::script(row, before);
    let scripts = vec![script, vec![Act::Read, Act::write(token())]];
    let identity = authority().issue(&["localhost"]).unwrap();
    let wire = if tls { Wire::start_tls(Tls::new(&identity), scripts) } else { Wire::start(scripts) };
    let wire = Arc::new(wire.unwrap());
    let options = Options::new().no_proxy().base(wire.url()).policy(Policy::new(1)).trust(trust());
    let seen = Arc::clone(&wire);
    let ended = guarded(move || {
        let client = Client::new(transport, options);
        let mut code = Some(Code::new("000001").unwrap());
        let first = client.log_in(|_| {
            let code = code.take()?;
            pause.pass(&seen);
            Some(code)
        });
        if call == Call::Code || first.is_err() {
            return first;
        }
        pause.pass(&seen);
        client.log_in(|_| None)
    });
    let mut wire = Arc::into_inner(wire).unwrap();
    wire.stop();
    let what = format!("{}, {transport:?}, {call:?}, tls: {tls}", row.name);
    let out = if call == Call::First { Out::Done } else { row.out };
    assert_eq!(Out::of(&ended.unwrap()), out, "{what}");
    let nth = usize::from(call == Call::Code);
    assert_eq!((wire.requests().len(), wire.connections()), (row.arrive[nth], row.connections[nth]), "{what}");
}
