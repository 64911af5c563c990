//! Learn here that a transport is a loop over [`Step`]: send, wait, ask, until the login is done. No runtime, no client.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use hub_auth_core::{Account, Challenge, Code, Failure, Grant, Hub, Request, Step, TransportError};
use zeroize::Zeroizing;

use crate::{http1, now};

const DEADLINE: Duration = Duration::from_secs(30);

/// Logs in on this thread. `ask` gives the one-time code; `None` gives up.
pub fn login(hub: &Hub, account: &Account, mut ask: impl FnMut(&Challenge) -> Option<Code>) -> Result<Grant, Failure> {
    let mut step = hub.login(account);
    loop {
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                match send(hub, &request) {
                    Ok(bytes) => match http1::answer(&bytes) {
                        Ok(reply) => awaiting.reply(reply, now()),
                        Err(error) => awaiting.failed(error, now()),
                    },
                    Err(error) => awaiting.failed(error, now()),
                }
            }
            Step::NeedCode(challenge) => match ask(&challenge) {
                Some(code) => challenge.answer(code, now()),
                None => return Err(challenge.give_up()),
            },
            Step::Wait(pause) => {
                thread::sleep(pause.delay(now()));
                let until = pause.until();
                pause.resume(until.max(now()))
            }
            Step::Done(grant) => return Ok(grant),
            Step::Failed(failure) => return Err(failure),
        };
    }
}

/// Sends a request on a connection of its own and reads all that comes back.
fn send(hub: &Hub, request: &Request) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let mut stream = TcpStream::connect((hub.host(), hub.port())).map_err(http1::not_connected)?;
    exchange(&mut stream, request).map_err(|error| http1::broken().with_source(error))
}

fn exchange(stream: &mut TcpStream, request: &Request) -> io::Result<Zeroizing<Vec<u8>>> {
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    stream.write_all(&http1::bytes(request))?;
    let mut answer = Zeroizing::new(Vec::new());
    stream.take(http1::LONGEST as u64).read_to_end(&mut answer)?;
    Ok(answer)
}
