//! hub-auth on reqwest, whole: copy this file. It passes the suite in `hub_auth_testkit::conformance`.
use http_body_util::BodyExt;
use hub_auth_core::http::{Response, response::Parts};
use hub_auth_core::{Break, Broke, ReplyBody, Request, Sent, Step};
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
                    Err(broken) => awaiting.broke(broken, now()),
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

async fn send(client: &reqwest::Client, request: Request) -> Result<(Parts, ReplyBody), Break> {
    // A runtime that stood still while a person typed first sees which connections were closed meanwhile.
    tokio::task::yield_now().await;
    let request = request.map(bytes::Bytes::from).try_into().map_err(broke)?;
    let (head, mut body) = Response::from(client.execute(request).await.map_err(broke)?).into_parts();
    let mut read = ReplyBody::default();
    while let Some(frame) = body.frame().await {
        let piece = frame.map_err(|error| broke(error).head(head.clone()))?.into_data().unwrap_or_default();
        read.push(&piece).map_err(|_| Break::new(Sent::Maybe, Broke::TooLarge).head(head.clone()))?;
    }
    Ok((head, read))
}

fn broke(error: reqwest::Error) -> Break {
    let (sent, what) = if error.is_connect() { (Sent::No, Broke::Connect) } else { (Sent::Maybe, Broke::Closed) };
    Break::new(sent, if error.is_timeout() { Broke::Timeout } else { what }).cause(error)
}
