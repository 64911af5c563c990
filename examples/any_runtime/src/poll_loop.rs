//! Learn here that a login is a value: a thousand of them stand in a vector, and one thread turns to each in a loop. There
//! is no executor and no future; a program with an event loop of its own (a game, a driver) can log in this way.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use hub_auth_core::{
    Account, Awaiting, Delivery, Failure, Grant, Hub, Request, Step, TransportError, TransportErrorKind,
};
use zeroize::Zeroizing;

use crate::{http1, now};

const DEADLINE: Duration = Duration::from_secs(30);
/// How many connections are open at once, below what a system allows a process. The other logins wait for their turn.
const CONNECTIONS: usize = 200;

enum Login {
    Due(Step),
    Talking(Box<Talk>),
    Over(Result<Grant, Failure>),
}

/// A request on its way, and as much of its answer as came.
struct Talk {
    stream: TcpStream,
    unsent: Zeroizing<Vec<u8>>,
    sent: usize,
    answer: Zeroizing<Vec<u8>>,
    end: Instant,
    awaiting: Awaiting,
}

/// Logs all in, in one thread. An account with a second factor fails: nobody is there to ask.
#[must_use]
pub fn login_all(hub: &Hub, accounts: &[Account]) -> Vec<Result<Grant, Failure>> {
    let mut logins: Vec<_> = accounts.iter().map(|account| Login::Due(hub.login(account))).collect();
    while logins.iter().any(|login| !matches!(login, Login::Over(_))) {
        let mut talking = logins.iter().filter(|login| matches!(login, Login::Talking(_))).count();
        logins = logins.into_iter().map(|login| turn(hub, login, &mut talking)).collect();
        // A program with more to do does it here; one with less waits for its sockets (epoll, kqueue).
        thread::yield_now();
    }
    let over =
        logins.into_iter().filter_map(|login| if let Login::Over(outcome) = login { Some(outcome) } else { None });
    over.collect()
}

/// Takes one login as far as it comes without waiting.
fn turn(hub: &Hub, login: Login, talking: &mut usize) -> Login {
    match login {
        Login::Due(Step::Send(exchange)) if *talking < CONNECTIONS => {
            *talking += 1;
            let (request, awaiting) = exchange.send();
            match Talk::start(hub, &request) {
                Ok((stream, unsent)) => {
                    let (answer, end) = (Zeroizing::default(), Instant::now() + DEADLINE);
                    Login::Talking(Box::new(Talk { stream, unsent, sent: 0, answer, end, awaiting }))
                }
                Err(error) => Login::Due(awaiting.failed(error, now())),
            }
        }
        Login::Due(Step::Wait(pause)) if pause.until() <= now() => Login::Due(pause.resume(now())),
        Login::Due(Step::NeedCode(challenge)) => Login::Over(Err(challenge.give_up())),
        Login::Due(Step::Done(grant)) => Login::Over(Ok(grant)),
        Login::Due(Step::Failed(failure)) => Login::Over(Err(failure)),
        Login::Talking(talk) => talk.go_on(),
        waiting => waiting,
    }
}

impl Talk {
    /// Connects, which takes no time on loopback; a real program would not wait for it either.
    fn start(hub: &Hub, request: &Request) -> Result<(TcpStream, Zeroizing<Vec<u8>>), TransportError> {
        let stream = TcpStream::connect((hub.host(), hub.port())).map_err(http1::not_connected)?;
        stream.set_nonblocking(true).map_err(http1::not_connected)?;
        Ok((stream, http1::bytes(request)))
    }

    fn go_on(mut self: Box<Talk>) -> Login {
        match self.poll() {
            Ok(true) => Login::Due(match http1::answer(&self.answer) {
                Ok(reply) => self.awaiting.reply(reply, now()),
                Err(error) => self.awaiting.failed(error, now()),
            }),
            Ok(false) => Login::Talking(self),
            Err(error) => Login::Due(self.awaiting.failed(error, now())),
        }
    }

    /// Writes and reads what is possible now; `true` when the answer has ended.
    fn poll(&mut self) -> Result<bool, TransportError> {
        if Instant::now() > self.end {
            return Err(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Timeout));
        }
        let outcome = match self.unsent.get(self.sent..) {
            Some(rest) if !rest.is_empty() => self.stream.write(rest).map(|written| {
                self.sent += written;
                false
            }),
            _ => {
                let mut piece = Zeroizing::new([0; 4096]);
                self.stream.read(&mut *piece).map(|read| {
                    self.answer.extend_from_slice(piece.get(..read).unwrap_or_default());
                    read == 0 || self.answer.len() > http1::LONGEST
                })
            }
        };
        match outcome {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            outcome => outcome.map_err(|error| http1::broken().with_source(error)),
        }
    }
}
