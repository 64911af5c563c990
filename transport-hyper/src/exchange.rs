//! One exchange: a request out, and its whole answer back or what is known of why there is none.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::response::Parts;
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;
use hub_auth_core::{Delivery, Hub, TransportError, TransportErrorKind};
use hub_auth_host::{Setup, observe};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use crate::broken::Broken;
use crate::collect::Collect;
use crate::connect::Connector;
use crate::connection::{self, Connection};
use crate::idle::Idle;

/// The way to the one origin of a client, and its limits.
pub(crate) struct Line {
    connector: Connector,
    host: HeaderValue,
    idle: Idle,
    timeout: Duration,
    hub: Hub,
}

/// What is known of an attempt while it is under way; a deadline that passes ends it with this.
struct Known {
    sent: Delivery,
    head: Option<Parts>,
}

impl Line {
    pub(crate) fn new(setup: &Setup) -> Line {
        Line {
            connector: Connector::new(setup),
            host: host(&setup.hub),
            idle: Idle::default(),
            timeout: setup.timeout,
            hub: setup.hub.clone(),
        }
    }

    /// Sees to it that a connection is open for the next exchange.
    pub(crate) async fn warm(&self) -> Result<(), TransportError> {
        let warm = match self.idle.take() {
            Some(connection) => Ok(connection),
            None => self.connector.connect().await,
        };
        self.idle.put(warm.map_err(|broken| ended(broken, Known { sent: Delivery::NotSent, head: None }))?);
        Ok(())
    }

    /// One attempt, within its deadline and this one.
    #[expect(clippy::expect_used, reason = "set before a body is read")]
    pub(crate) async fn exchange<B: Collect>(
        &self,
        request: Request<impl Into<Bytes>>,
        left: Duration,
    ) -> Result<(Parts, B), TransportError> {
        let limit = self.timeout.min(left);
        let is_ours = self.hub.is_origin_of(request.uri());
        let mut request = self.on_the_wire(request);
        let mut known = Known { sent: Delivery::NotSent, head: None };
        let late = |()| {
            let missing = if left < self.timeout { "the login was not done" } else { "no whole answer" };
            Err(Broken::late(missing, limit))
        };
        // Nothing is begun, and perhaps sent, where there is no time.
        let answer = match limit {
            _ if !is_ours => {
                Err(Broken::new(TransportErrorKind::Connect, "the request is for another Hub than the client's"))
            }
            Duration::ZERO => late(()),
            _ => timeout(limit, pin!(self.attempt::<B>(&mut request, &mut known))).await.unwrap_or_else(|_| late(())),
        };
        match answer {
            Ok(body) => {
                let head = known.head.expect("a body comes after its head");
                observe::answered(head.status, body.as_ref().len());
                Ok((head, body))
            }
            Err(broken) => Err(ended(broken, known)),
        }
    }

    /// Leaves the request where it is, unless it may have been sent.
    async fn attempt<B: Collect>(&self, request: &mut Request<Full<Bytes>>, known: &mut Known) -> Result<B, Broken> {
        let mut kept = self.idle.take();
        loop {
            let reused = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                // Boxed, since an exchange is small without it and seldom needs it.
                None => Box::pin(self.connector.connect()).await?,
            };
            observe::connection(reused);
            known.sent = Delivery::MaybeSent;
            match connection.send(request).await {
                Ok(response) => {
                    let (head, incoming) = response.into_parts();
                    known.head = Some(head);
                    return self.read(connection, incoming).await;
                }
                // An idle connection had been closed by the other side: a fresh one, once.
                Err(connection::Error { sent: Delivery::NotSent, .. }) if reused => known.sent = Delivery::NotSent,
                Err(connection::Error { sent, cause }) => {
                    known.sent = sent;
                    return Err(Broken::on_the_wire(cause));
                }
            }
        }
    }

    async fn read<B: Collect>(&self, mut connection: Connection, mut incoming: Incoming) -> Result<B, Broken> {
        let mut body = B::new(incoming.size_hint().exact());
        while !incoming.is_end_stream() {
            let Some(frame) = connection.next(&mut incoming).await else { break };
            if let Some(piece) = frame.map_err(Broken::on_the_wire)?.data_ref() {
                body.push(piece).map_err(|too_large| Broken::new(TransportErrorKind::TooLarge, too_large))?;
            }
        }
        if connection.is_reusable() {
            self.idle.put(connection);
        }
        Ok(body)
    }

    /// As it was made, but with the target in origin form and its host in the header, as HTTP/1.1 wants it.
    fn on_the_wire(&self, request: Request<impl Into<Bytes>>) -> Request<Full<Bytes>> {
        let mut request = request.map(|body| Full::new(body.into()));
        // Taken, since a first clone of its text would allocate.
        let target = std::mem::take(request.uri_mut()).into_parts().path_and_query;
        *request.uri_mut() = target.map(Uri::from).unwrap_or_default();
        request.headers_mut().insert(HOST, self.host.clone());
        request
    }
}

/// All that is known of why there is no answer.
fn ended(Broken { what, cause }: Broken, Known { sent, head }: Known) -> TransportError {
    let broken = TransportError { delivery: sent, kind: what, head, source: Some(cause) };
    observe::broke(&broken);
    broken
}

/// The value of `Host`.
#[expect(clippy::expect_used, reason = "core checked it")]
fn host(hub: &Hub) -> HeaderValue {
    let origin: Uri = hub.origin().parse().expect("a hub's origin is a URI");
    let authority = origin.authority().expect("a hub's origin has a host");
    HeaderValue::from_str(authority.as_str()).expect("an authority is a header value")
}

#[cfg(test)]
mod tests {
    use hub_auth_core::{Account, Credential, ReplyBody, Step};
    use hub_auth_host::Options;
    use hub_auth_testkit::Loopback;
    use hub_auth_testkit::hub::{SimHub, demo};

    use super::*;
    use crate::connection::tests::EndsUnseen;

    #[tokio::test]
    async fn a_request_that_was_never_written_goes_out_on_a_fresh_connection() {
        let server = Loopback::start(SimHub::demo()).unwrap();
        let setup = Options::new().base(server.url()).build().unwrap();
        let line = Line::new(&setup);
        let closed = Connection::start(EndsUnseen::orderly()).await.unwrap();
        line.idle.put(closed);

        let password = Credential::password(demo::PASSWORD_WITHOUT_2FA);
        let account = Account::new(demo::USER_WITHOUT_2FA, password).unwrap();
        let Step::Send(exchange) = setup.hub.login(&account) else { panic!("nothing to send") };
        let (head, _) = line.exchange::<ReplyBody>(exchange.send().0, Duration::MAX).await.unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(server.requests().len(), 1);
    }
}
