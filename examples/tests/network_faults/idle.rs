//! What becomes of a connection that waits while the code is typed: a second table.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub_auth_blocking::Options;
use hub_auth_core::Broke::Closed;
use hub_auth_core::{Code, Policy};
use hub_auth_testkit::tls::Server as Tls;
use hub_auth_testkit::wire::{Act, Wire};

use crate::both::{Client, Transport, guarded};
use crate::bytes::{TICKET, token};
use crate::play::{authority, trust};
use crate::row::{Out, lost};

const GUARD: Duration = Duration::from_secs(30);

struct Row {
    name: &'static str,
    /// What the server does while the code is typed.
    meanwhile: Vec<Act>,
    /// What it does when the code comes on the same connection.
    then: Vec<Act>,
    out: Out,
    /// How many connections it takes.
    connections: usize,
}

fn rows() -> Vec<Row> {
    let row = |name, meanwhile, then, out, connections| Row { name, meanwhile, then, out, connections };
    let evil = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}";
    vec![
        row("nothing", vec![], vec![Act::Read, Act::write(token())], Out::Done, 1),
        row("it closes", vec![Act::Cut], vec![], Out::Done, 2),
        row("it says goodbye, and closes later", vec![Act::Goodbye], vec![], Out::Done, 2),
        row("it answers what nobody asked for", vec![Act::write(evil)], vec![Act::Stall], Out::Done, 2),
        row("it says one byte", vec![Act::write("H")], vec![Act::Stall], Out::Done, 2),
        row("it sends garbage beneath", vec![Act::Raw(b"garbage".to_vec())], vec![Act::Stall], Out::Done, 2),
        row("nothing, and then closes instead of an answer", vec![], vec![Act::Read], lost(Closed), 1),
        row("nothing, and then resets within the request", vec![], vec![Act::Peek(9), Act::Reset], lost(Closed), 1),
    ]
}

/// Tells when the code is about to be typed, and when it has happened.
struct Meanwhile {
    asked: Sender<()>,
    happened: Receiver<()>,
}

fn meanwhile(acts: &[Act]) -> (Vec<Act>, Meanwhile) {
    let (asked, is_asked) = channel();
    let (happens, happened) = channel();
    let is_asked = Arc::new(Mutex::new(is_asked));
    let wait = Act::call(move || is_asked.lock().unwrap().recv_timeout(GUARD).unwrap_or_default());
    let tell = Act::call(move || happens.send(()).unwrap_or_default());
    let ticket = Act::write(TICKET.replace("Connection: close\r\n", ""));
    ([vec![Act::Read, ticket, wait], acts.to_vec(), vec![tell]].concat(), Meanwhile { asked, happened })
}

#[test]
fn a_kept_connection_is_used_or_replaced_and_no_code_is_lost() {
    for row in rows() {
        for transport in Transport::BOTH {
            for tls in [false, true] {
                // Without TLS there is no goodbye and nothing beneath.
                if !tls && row.name.contains("goodbye") {
                    continue;
                }
                let what = format!("{}, {transport:?}, tls: {tls}", row.name);
                let (mut script, Meanwhile { asked, happened }) = meanwhile(&row.meanwhile);
                script.extend(row.then.clone());
                let scripts = vec![script, vec![Act::Read, Act::write(token())]];
                let identity = authority().issue(&["localhost"]).unwrap();
                let wire = if tls { Wire::start_tls(Tls::new(&identity), scripts) } else { Wire::start(scripts) };
                let mut wire = wire.unwrap();
                let options = Options::new().no_proxy().base(wire.url()).policy(Policy::new(1)).trust(trust());
                let ended = guarded(move || {
                    let mut code = Some(Code::new("000001").unwrap());
                    Client::new(transport, options).log_in(|_| {
                        let code = code.take()?;
                        asked.send(()).unwrap_or_default();
                        happened.recv_timeout(GUARD).unwrap_or_default();
                        Some(code)
                    })
                });
                wire.stop();
                assert_eq!(Out::of(&ended.unwrap()), row.out, "{what}");
                assert_eq!(wire.connections(), row.connections, "{what}");
                let is_reset = row.then.iter().any(|act| matches!(act, Act::Reset));
                assert_eq!(wire.requests().len(), 2 - usize::from(is_reset), "{what}");
            }
        }
    }
}
