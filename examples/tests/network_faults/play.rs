//! Plays one row by one transport and compares what comes of it.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

use hub_auth_blocking::Options;
use hub_auth_core::{Code, Delivery, Policy, TransportErrorKind};
use hub_auth_host::{Proxy, Trust};
use hub_auth_testkit::tls::{Authority, Server as Tls};
use hub_auth_testkit::wire::{Act, Nowhere, Wire};

use crate::both::{Client, Transport, guarded};
use crate::bytes::TICKET;
use crate::clock;
use crate::row::{Line, Out, Row, Server};

/// Which call the fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    First,
    Code,
}

impl Call {
    pub(crate) const BOTH: [Call; 2] = [Call::First, Call::Code];
}

/// Sure to pass where nothing comes, and long enough for what comes before on a busy machine.
const SHORT: Duration = Duration::from_secs(4);
const LONG: Duration = Duration::from_secs(45);
/// For all that is not waiting for a deadline, and still less than four of them.
const MARGIN: Duration = Duration::from_secs(10);

/// What is there to talk to.
struct Scene {
    wire: Wire,
    nowhere: Option<Nowhere>,
    options: Options,
}

/// What was thrown did not come out as the row says.
pub(crate) fn play(row: &Row, transport: Transport, call: Call) -> Result<(), String> {
    let (out, arrive) = match row.but {
        Some((by, out, arrive, _)) if by == transport => (out, arrive),
        _ => (row.out, row.arrive),
    };
    let out = if call == Call::Code { row.code.unwrap_or(out) } else { out };
    let Some(Scene { mut wire, nowhere, options }) = Scene::new(row, call) else { return Ok(()) };
    let limit = if row.is_slow { SHORT } else { LONG };
    let options = options.timeout(limit).connect_timeout(limit).policy(Policy::new(1));
    let (ended, took) = guarded(move || {
        let client = Client::new(transport, options);
        // One code, and nobody to ask for a second.
        let mut code = Some(Code::new("000001").unwrap());
        let begun = clock::now();
        (client.log_in(|_| code.take()), clock::now().saturating_sub(begun))
    })?;
    drop(nowhere);
    wire.stop();

    let found = Out::of(&ended);
    if !out.allows(found) {
        let why = ended.err().and_then(|failure| failure.source().map(|cause| format!("{cause:?}")));
        return Err(format!("{found}, where {out} is expected ({})", why.unwrap_or_default()));
    }
    let posts: Vec<_> = wire.requests().into_iter().filter(|request| request.method == "POST").collect();
    let is_unsent = matches!(found, Out::Lost(.., Delivery::NotSent));
    let (before, expected) = match call {
        Call::First => (0, arrive),
        Call::Code => (1, usize::from(!is_unsent && arrive > 0)),
    };
    // The core's budgets: three sends if nothing arrived; if perhaps, two of a first call and one of a code.
    let attempts = match call {
        _ if is_unsent => 3,
        Call::First => 2,
        Call::Code => 1,
    };
    if row.is_slow && took > attempts * SHORT + MARGIN {
        return Err(format!("{attempts} attempts of at most {SHORT:?} took {took:?}"));
    }
    let arrived = posts.len() - before;
    let is_race = matches!(out, Out::Race(_));
    if arrived > expected || arrived < expected && !is_race {
        return Err(format!("{arrived} requests arrived, where {expected} are expected"));
    }
    let codes: Vec<_> = posts.iter().filter(|post| post.target.ends_with("2fa-login")).map(|post| &post.body).collect();
    if codes.iter().collect::<BTreeSet<_>>().len() != codes.len() {
        return Err("a code was sent twice".to_owned());
    }
    // Nothing proved unsent may have left a byte at the server, but what was said to a proxy.
    let bytes = wire.received().iter().skip(before).map(Vec::len).sum::<usize>();
    let is_proxy = matches!(row.line, Line::Proxy(_));
    if is_unsent && !is_proxy && !is_race && bytes > 0 {
        return Err(format!("{bytes} bytes arrived of what was not sent"));
    }
    if let Out::Lost(_, None, TransportErrorKind::Proxy, _) = found {
        let failure = ended.unwrap_err();
        let cause = failure.source().map(ToString::to_string).unwrap_or_default();
        if !cause.contains("proxy") {
            return Err(format!("the cause does not name the proxy: {cause}"));
        }
    }
    Ok(())
}

impl Scene {
    /// `None` where the row makes no sense: there is no call with a code if nobody can be reached.
    fn new(row: &Row, call: Call) -> Option<Scene> {
        let mut script = row.script.clone();
        if call == Call::Code {
            script.insert(0, row.line.ticket());
        }
        let plain = |script| Wire::start(script).unwrap();
        let none = Options::new().no_proxy();
        let scene = |wire, options| Some(Scene { wire, nowhere: None, options });
        let nowhere = |nowhere: Nowhere| {
            (call == Call::First).then(|| {
                let options = Options::new().no_proxy().base(nowhere.url().unwrap());
                Scene { wire: plain(vec![]), nowhere: Some(nowhere), options }
            })
        };
        match row.line {
            Line::Plain => {
                let wire = plain(script);
                let base = wire.url();
                scene(wire, none.base(base))
            }
            Line::Tls(server) => {
                let wire = server.start(script, call)?;
                let base = wire.url();
                scene(wire, none.base(base).trust(trust()))
            }
            Line::PlainToTls => {
                let wire = (call == Call::First).then(|| Server::Good.start(script, call))??;
                let base = format!("http://{}", wire.address()).parse().unwrap();
                scene(wire, none.base(base))
            }
            Line::Proxy(scheme) => {
                let wire = plain(script);
                let proxy = Proxy::new(&format!("{scheme}://{}", wire.address())).unwrap();
                scene(wire, proxied(proxy))
            }
            Line::Refused => nowhere(Nowhere::refused().unwrap()),
            // Elsewhere a full queue refuses.
            Line::Silent if !cfg!(target_os = "linux") => None,
            Line::Silent => nowhere(Nowhere::silent().unwrap()),
            Line::NoSuchName => (call == Call::First).then(|| {
                let options = none.base("https://no-such-host.invalid".parse().unwrap()).trust(trust());
                Scene { wire: plain(vec![]), nowhere: None, options }
            }),
            Line::RefusedProxy => (call == Call::First).then(|| {
                let nowhere = Nowhere::refused().unwrap();
                let proxy = Proxy::new(&nowhere.url().unwrap().to_string()).unwrap();
                Scene { wire: plain(vec![]), nowhere: Some(nowhere), options: proxied(proxy) }
            }),
            Line::NoSuchProxy => (call == Call::First).then(|| {
                let proxy = Proxy::new("http://no-such-host.invalid:3128").unwrap();
                Scene { wire: plain(vec![]), nowhere: None, options: proxied(proxy) }
            }),
        }
    }
}

/// Nobody is at the target: what is sent to it ends at the proxy.
fn proxied(proxy: Proxy) -> Options {
    Options::new().base("http://127.0.0.1:9".parse().unwrap()).proxy(proxy.also_for_loopback())
}

impl Line {
    /// Asks for the second factor, on a connection of its own.
    fn ticket(self) -> Vec<Act> {
        let answer = vec![Act::Read, Act::write(TICKET)];
        match self {
            Line::Proxy("http") => [vec![Act::Read, Act::write("HTTP/1.1 200 OK\r\n\r\n")], answer].concat(),
            Line::Proxy(_) => {
                let granted = Act::write([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
                [vec![Act::Take(3), Act::write([5, 0]), Act::Take(10), granted], answer].concat()
            }
            _ => answer,
        }
    }
}

impl Server {
    /// Beneath TLS; `None` for a call with a code, of which a bad server sees no first.
    fn start(self, script: Vec<Vec<Act>>, call: Call) -> Option<Wire> {
        let us = authority();
        let names = &["localhost"];
        let stranger = Authority::new().unwrap();
        let good = us.issue(names).unwrap();
        let tls = match self {
            Server::Good => Tls::new(&good),
            Server::Tls12 => Tls::new(&good).only_tls12(),
            _ if call == Call::Code => return None,
            Server::Expired => Tls::new(&us.issue_expired(names).unwrap()),
            Server::NotYetValid => Tls::new(&us.issue_not_yet_valid(names).unwrap()),
            Server::OtherName => Tls::new(&us.issue(&["hub.example"]).unwrap()),
            Server::Stranger => Tls::new(&stranger.issue(names).unwrap()),
            Server::WantsClients12 => Tls::new(&good).only_tls12().only_clients_of(us),
            Server::WantsClients13 => Tls::new(&good).only_tls13().only_clients_of(us),
        };
        Some(Wire::start_tls(tls, script).unwrap())
    }
}

/// Everything the client trusts comes from here.
pub(crate) fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new().unwrap())
}

pub(crate) fn trust() -> Trust {
    Trust::none().with_ca_pem(authority().pem().as_bytes()).unwrap()
}
