//! Checks kept connections.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue};
use hub_auth_core::{Code, UnixTime};

use super::super::Target;
use super::super::relay::Relay;
use super::super::setup::{ASKS_FOR_CODE, Checked, GRANTS, Setup, ensure, granted, row};
use crate::Fault;
use crate::shared::lock;
use crate::tls::{Authority, Server};
use crate::wire::Act;

/// The delay of the relay. A client computes much less between reading and sending, on a busy machine as well.
const DELAY: Duration = Duration::from_millis(100);

pub(super) async fn close(setup: &Setup<'_>) -> Checked {
    let closing = HeaderMap::from_iter([(CONNECTION, HeaderValue::from_static("close"))]);
    let server = setup.hub(|hub| {
        hub.script(Fault::Headers(closing));
    })?;
    setup.client_of(server.url())?.both_calls(&server).await?;
    ensure(server.connections() == 2, format!("there were {} connections instead of two", server.connections()))
}

pub(super) async fn reuse(setup: &Setup<'_>) -> Checked {
    let server = setup.hub(|_| {})?;
    setup.client_of(server.url())?.both_calls(&server).await?;
    ensure(server.connections() == 1, format!("there were {} connections instead of one", server.connections()))
}

pub(super) async fn stale(setup: &Setup<'_>) -> Checked {
    for (name, spoils) in [
        ("closed", Act::Cut),
        ("reset", Act::Reset),
        ("an answer that nobody asked for", Act::write(GRANTS.replace("opaque", "forged"))),
        ("a single byte", Act::write("H")),
    ] {
        row(name, spoilt(setup, spoils, false).await)?;
    }
    if setup.claims_tls() {
        for (name, spoils) in [
            ("closed without a goodbye of TLS", Act::Cut),
            ("a goodbye of TLS on an open connection", Act::Goodbye),
            ("garbage beneath TLS", Act::Raw(b"garbage".to_vec())),
        ] {
            row(name, spoilt(setup, spoils, true).await)?;
        }
    }
    Ok(())
}

/// Lets the server spoil a kept connection while a person types the code. The code has to go out once, on a new connection.
async fn spoilt(setup: &Setup<'_>, spoils: Act, tls: bool) -> Checked {
    let (wait, go) = gate();
    let (done, is_done) = channel();
    let done = Mutex::new(done);
    let tell = Act::call(move || lock(&done).send(()).unwrap_or_default());
    let first = vec![Act::Read, Act::write(ASKS_FOR_CODE), wait, spoils, tell, Act::Stall];
    let scripts = vec![first, vec![Act::Read, Act::write(GRANTS)]];
    let (mut server, target) = if tls {
        setup.tls_wire(scripts)?
    } else {
        let server = setup.wire(scripts)?;
        let target = Target::new(server.url());
        (server, target)
    };
    // Dropped before the server, which waits for its scripts.
    let go = go;
    let client = setup.client(&target)?;
    let challenge = client.challenge().await?;
    drop(go);
    // A reset ends the script, so it is seen by its connection.
    while is_done.try_recv().is_err() && server.closed() == 0 {
        std::thread::yield_now();
    }
    let grant = granted(client.run(challenge.answer(Code::new("123456")?, UnixTime::default())).await)?;
    ensure(grant.token().expose() == "opaque", "the token came from the wrong answer")?;
    let connections = server.connections();
    server.stop();
    let codes = server.requests().iter().filter(|request| request.target == "/v2/users/2fa-login").count();
    ensure((connections, codes) == (2, 1), format!("{codes} codes arrived on {connections} connections"))
}

/// Makes an act that waits until the other half is dropped.
fn gate() -> (Act, Sender<()>) {
    let (go, gone): (_, Receiver<()>) = channel();
    let gone = Mutex::new(gone);
    (Act::call(move || lock(&gone).recv().unwrap_or_default()), go)
}

pub(super) async fn unasked(setup: &Setup<'_>) -> Checked {
    let forged = GRANTS.replace("opaque", "forged");
    let first = vec![Act::Read, Act::write(ASKS_FOR_CODE.to_owned() + &forged), Act::Read, Act::Stall];
    let server = setup.wire(vec![first, vec![Act::Read, Act::write(GRANTS)]])?;
    let client = setup.client_of(server.url())?;
    let challenge = client.challenge().await?;
    let grant = granted(client.run(challenge.answer(Code::new("123456")?, UnixTime::default())).await)?;
    ensure(grant.token().expose() == "opaque", "the second call got bytes that came with the first answer")
}

pub(super) async fn round_trips(setup: &Setup<'_>) -> Checked {
    let authority = Authority::new()?;
    let tls = Server::new(&authority.issue(&["localhost"])?).only_tls13();
    let (server, _) = setup.tls_hub(&authority, tls)?;
    let relay = Relay::start(server.address(), DELAY)?;
    let url = format!("https://localhost:{}", relay.port()).parse()?;
    let client = setup.client(&Target::trusting(&authority, url))?;
    let challenge = client.challenge().await?;
    let first = relay.round_trips();
    granted(client.answer(challenge, &server).await)?;
    let second = relay.round_trips() - first;
    ensure((first, second) == (3, 1), format!("the calls took {first} and {second} round trips"))
}
