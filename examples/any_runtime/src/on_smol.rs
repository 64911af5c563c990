//! Learn here that another async runtime changes three lines: its stream, its timer, its deadline.

use std::time::Duration;

use hub_auth_core::{
    Account, Challenge, Code, Delivery, Failure, Grant, Hub, Request, Step, TransportError, TransportErrorKind,
};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use smol::net::TcpStream;
use zeroize::Zeroizing;

use crate::{http1, now};

const DEADLINE: Duration = Duration::from_secs(30);

/// Logs in. `ask` gives the one-time code; `None` gives up. Dropping the future cancels the login.
pub async fn login(
    hub: &Hub,
    account: &Account,
    mut ask: impl AsyncFnMut(&Challenge) -> Option<Code>,
) -> Result<Grant, Failure> {
    let mut step = hub.login(account);
    loop {
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                match send(hub, &request).or(deadline()).await {
                    Ok(bytes) => match http1::answer(&bytes) {
                        Ok(reply) => awaiting.reply(reply, now()),
                        Err(error) => awaiting.failed(error, now()),
                    },
                    Err(error) => awaiting.failed(error, now()),
                }
            }
            Step::NeedCode(challenge) => match ask(&challenge).await {
                Some(code) => challenge.answer(code, now()),
                None => return Err(challenge.give_up()),
            },
            Step::Wait(pause) => {
                Timer::after(pause.delay(now())).await;
                let until = pause.until();
                pause.resume(until.max(now()))
            }
            Step::Done(grant) => return Ok(grant),
            Step::Failed(failure) => return Err(failure),
        };
    }
}

/// Sends a request on a connection of its own and reads all that comes back.
async fn send(hub: &Hub, request: &Request) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    let mut stream = TcpStream::connect((hub.host(), hub.port())).await.map_err(http1::not_connected)?;
    let mut answer = Zeroizing::new(Vec::new());
    let exchange = async {
        stream.write_all(&http1::bytes(request)).await?;
        stream.take(http1::LONGEST as u64).read_to_end(&mut answer).await
    };
    exchange.await.map_err(|error| http1::broken().with_source(error))?;
    Ok(answer)
}

async fn deadline<T>() -> Result<T, TransportError> {
    Timer::after(DEADLINE).await;
    Err(TransportError::new(Delivery::MaybeSent, TransportErrorKind::Timeout))
}
