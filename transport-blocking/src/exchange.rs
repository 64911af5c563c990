//! One request on the wire, and what came of it.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hub_auth_core::http::response::Parts;
use hub_auth_core::http::{HeaderMap, Request, Response, Uri, header};
use hub_auth_core::{BoxError, Delivery, Hub, ReplyBody, TransportError, TransportErrorKind};
use hub_auth_host::{Setup, observe};
use ureq::config::{AutoHeaderValue, Config};
use ureq::{Agent, AsSendBody, Body};
use zeroize::Zeroize;

use crate::broke;
use crate::connect::{Connect, Reach, Unresolved};
use crate::deadline::LONGEST;
use crate::stop::{Stop, Stopped};

/// The longest body of an answer to [`Session::send`](crate::Session::send), in bytes: 16 MiB.
pub const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// As many as the async adapter takes.
const MAX_HEADERS: usize = 100;
/// Room for more than the longest head, so that one which is longer is known to be.
pub(crate) const INPUT: usize = MAX_HEAD + 8 * 1024;
pub(crate) const OUTPUT: usize = 16 * 1024;

/// The way to the Hub, with the connections that are kept.
pub(crate) struct Line {
    agent: Agent,
    reach: Arc<Reach>,
    hub: Hub,
    connect_timeout: Duration,
    timeout: Duration,
    stop: Arc<Stop>,
}

impl Line {
    pub(crate) fn new(setup: &Setup, stop: Arc<Stop>) -> Line {
        let (connect_timeout, timeout) = (setup.connect_timeout.min(LONGEST), setup.timeout.min(LONGEST));
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // It is spoken to by the connector, and what ureq reads of the environment is not what others read.
            .proxy(None)
            // The core has set them all.
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_global(Some(timeout))
            .timeout_connect(Some(connect_timeout))
            .max_response_header_size(MAX_HEAD)
            // The connector keeps them.
            .max_idle_connections(0)
            .build();
        let reach = Arc::new(Reach::new(setup, Arc::clone(&stop)));
        let agent = Agent::with_parts(config, Connect(Arc::clone(&reach)), Unresolved);
        Line { agent, reach, hub: setup.hub.clone(), connect_timeout, timeout, stop }
    }

    /// Sees to it that a connection is open for the next request.
    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    pub(crate) fn warm(&self) -> Result<(), TransportError> {
        self.reach.warm(self.connect_timeout).map_err(|error| self.ended(error.into()))
    }

    /// Ends what is under way, and all that comes after it.
    pub(crate) fn shut_down(&self) {
        // First, that it may say goodbye; then what has come back meanwhile.
        self.reach.close();
        self.stop.stop();
        self.reach.close();
    }

    /// What ends when it does.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Sends a request of a login once and reads the whole answer, in the time of an attempt or in this, if it is less.
    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    pub(crate) fn exchange(
        &self,
        request: hub_auth_core::Request,
        time: Duration,
    ) -> Result<(Parts, ReplyBody), TransportError> {
        if self.timeout.min(time).is_zero() {
            // To ureq this would be a request that may have been sent.
            return Err(self.ended(TransportError::new(Delivery::NotSent, TransportErrorKind::Timeout)));
        }
        let (parts, body) = request.into_parts();
        let mut request = Request::from_parts(parts, body.as_ref());
        if time < self.timeout {
            request = self.agent.configure_request(request).timeout_global(Some(time)).build();
        }
        let (head, mut answer) = self.run(request)?;
        drop(body);
        let mut body = ReplyBody::new(announced(&head.headers));
        match read(&mut answer.as_reader(), |piece| Ok(body.push(piece)?)) {
            Ok(()) => {
                observe::answered(head.status, body.as_ref().len());
                Ok((head, body))
            }
            Err(broken) => Err(self.ended(broken.with_head(head))),
        }
    }

    /// Sends a request to the API once and reads the whole answer.
    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    pub(crate) fn call(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let _span = observe::call().enter();
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.headers_mut() = request.headers().clone();
        let (head, mut answer) = match &**request.body() {
            [] => self.run(head)?,
            body => self.run(head.map(|()| body))?,
        };
        let mut body = Vec::new();
        let read = read(&mut answer.as_reader(), |piece| {
            if body.len() + piece.len() > MAX_ANSWER {
                return Err(format!("the answer is longer than {MAX_ANSWER} bytes").into());
            }
            body.extend_from_slice(piece);
            Ok(())
        });
        match read {
            Ok(()) => {
                observe::answered(head.status, body.len());
                Ok(Response::from_parts(head, body.into()))
            }
            Err(broken) => Err(self.ended(broken.with_head(head))),
        }
    }

    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    fn run(&self, request: Request<impl AsSendBody>) -> Result<(Parts, Body), TransportError> {
        let sent = self.check(request.uri()).and_then(|()| self.agent.run(request).map_err(broke::without_head));
        let (head, body) = sent.map_err(|broken| self.ended(broken))?.into_parts();
        if head.headers.len() > MAX_HEADERS {
            let broken = TransportError::new(Delivery::MaybeSent, TransportErrorKind::TooLarge);
            return Err(self.ended(broken.with_source(format!("the answer has more than {MAX_HEADERS} headers"))));
        }
        Ok((head, body))
    }

    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    fn check(&self, uri: &Uri) -> Result<(), TransportError> {
        if self.stop.is_stopped() {
            return Err(TransportError::new(Delivery::NotSent, TransportErrorKind::Closed));
        }
        if !self.hub.is_origin_of(uri) {
            return Err(TransportError::new(Delivery::NotSent, TransportErrorKind::Connect)
                .with_source("the request is for another Hub than the client's"));
        }
        Ok(())
    }

    /// After a shutdown it is no matter what broke.
    fn ended(&self, mut broken: TransportError) -> TransportError {
        if self.stop.is_stopped() {
            broken.kind = TransportErrorKind::Closed;
            broken.source = Some(Stopped.into());
        }
        observe::broke(&broken);
        broken
    }
}

/// Reads a body to its end, so that its connection can be used again. An error of `push` says that it is too large.
#[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
fn read(from: &mut impl Read, mut push: impl FnMut(&[u8]) -> Result<(), BoxError>) -> Result<(), TransportError> {
    // Filled for every answer, of which few are longer.
    let mut piece = [0; 2 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                let piece = piece.get_mut(..n).unwrap_or_default();
                let pushed = push(piece);
                piece.zeroize();
                pushed.map_err(|error| {
                    TransportError::new(Delivery::MaybeSent, TransportErrorKind::TooLarge).with_source(error)
                })?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(broke::without_head(error.into())),
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
