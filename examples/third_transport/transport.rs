//! Sends hub-auth's requests by reqwest: copy this file. It passes the suite in `hub_auth_testkit::conformance`.
use http_body_util::BodyExt;
use hub_auth_core::http::{Response, response::Parts};
use hub_auth_core::{Delivery, ReplyBody, Request, Step, TransportError, TransportErrorKind};
use std::time::SystemTime;

/// Drives a step until a person is asked or the login is over. Build the client with a timeout and without redirects.
pub(crate) async fn run(client: &reqwest::Client, mut step: Step) -> Step {
    let now = || SystemTime::now().into();
    loop {
        step = match step {
            Step::Send(exchange) => {
                let (request, awaiting) = exchange.send();
                match send(client, request).await {
                    Ok((head, body)) => awaiting.reply(Response::from_parts(head, body.as_ref()), now()),
                    Err(broken) => awaiting.failed(broken, now()),
                }
            }
            Step::Wait(pause) => {
                let until = pause.until();
                tokio::time::sleep(pause.delay(now())).await;
                pause.resume(until)
            }
            over => return over,
        };
    }
}

async fn send(client: &reqwest::Client, request: Request) -> Result<(Parts, ReplyBody), TransportError> {
    // A runtime that stood still while a person typed first sees which connections were closed meanwhile.
    tokio::task::yield_now().await;
    let request = request.map(bytes::Bytes::from).try_into().map_err(broke)?;
    let (head, mut body) = Response::from(client.execute(request).await.map_err(broke)?).into_parts();
    let mut read = ReplyBody::default();
    while let Some(frame) = body.frame().await {
        let piece = frame.map_err(|error| broke(error).with_head(head.clone()))?.into_data().unwrap_or_default();
        read.push(&piece).map_err(|error| error.with_head(head.clone()))?;
    }
    Ok((head, read))
}

fn broke(error: reqwest::Error) -> TransportError {
    let (sent, what) = if error.is_connect() {
        (Delivery::NotSent, TransportErrorKind::Connect)
    } else {
        (Delivery::MaybeSent, TransportErrorKind::Closed)
    };
    TransportError::new(sent, if error.is_timeout() { TransportErrorKind::Timeout } else { what }).with_source(error)
}
