//! Sends one request once, and reads its answer.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use bytes::Bytes;
use hub_auth_core::http::response::Parts;
use hub_auth_core::http::{Request, Response, Uri};
use hub_auth_core::{Delivery, Hub, ReplyBody, TransportError, TransportErrorKind};
use hub_auth_host::api::states_length;
use hub_auth_host::{BuildError, Proxy, Setup};
use log::debug;
use ureq::config::{AutoHeaderValue, Config};
use ureq::{Agent, Body, Error, ProxyProtocol};
use zeroize::Zeroize;

use crate::connect::{Connect, Resolve};
use crate::error::{NotSent, broken, late};
use crate::stop::Stop;

/// The longest body of an answer to [`Session::send`](crate::Session::send), in bytes: 16 MiB.
pub const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The longest head of an answer, in bytes.
pub(crate) const MAX_HEAD: usize = 32 * 1024;
/// Room for more than the longest head, so that one which is longer is known to be.
const INPUT: usize = MAX_HEAD + 8 * 1024;
const OUTPUT: usize = 16 * 1024;
/// As many connections are kept as callers may run side by side. With ureq's own limit, 64 threads open thousands.
const MAX_IDLE: usize = 64;
/// No deadline is further away: a sum with the clock would overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The source of every error after a shutdown.
const SHUT_DOWN: &str = "the client was shut down";

/// A ureq agent for one Hub.
pub(crate) struct Http {
    agent: Agent,
    hub: Hub,
    timeout: Duration,
    stop: Stop,
}

impl Http {
    pub(crate) fn new(setup: Setup) -> Result<Http, BuildError> {
        let (hub, timeout) = (setup.hub.clone(), setup.timeout.min(LONGEST));
        // ureq knows the proxy only if it speaks SOCKS.
        let socks = setup.proxy.as_ref().filter(|proxy| proxy.is_socks());
        // The requests bring all their headers.
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(socks.map(as_ureq_takes_it).transpose()?)
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_global(Some(timeout))
            .timeout_connect(Some(setup.connect_timeout.min(LONGEST)))
            .max_response_header_size(MAX_HEAD)
            .input_buffer_size(INPUT)
            .output_buffer_size(OUTPUT)
            .max_idle_connections(MAX_IDLE)
            .max_idle_connections_per_host(MAX_IDLE)
            .max_idle_age(Duration::from_secs(60))
            .build();
        let resolve = Resolve(setup.resolve_timeout);
        Ok(Http { agent: Agent::with_parts(config, Connect(setup), resolve), hub, timeout, stop: Stop::default() })
    }

    /// Ends everything under way and everything that comes after it.
    pub(crate) fn shut_down(&self) {
        self.stop.stop();
        self.agent.clone().shutdown();
    }

    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Sends a request of a login once and reads the whole answer, within the time of an attempt and what is `left` of the
    /// login's.
    pub(crate) fn exchange(
        &self,
        request: hub_auth_core::Request,
        left: Duration,
    ) -> Result<(Parts, ReplyBody), TransportError> {
        let limit = self.timeout.min(left);
        let (head, body) = request.into_parts();
        let mut request = Request::from_parts(head, body.as_ref());
        if left < self.timeout {
            request = self.agent.configure_request(request).timeout_global(Some(left)).build();
        }
        let sent = self.check(request.uri(), limit).and_then(|()| self.agent.run(request));
        let (head, answer) = sent.map_err(|error| self.failed(error, limit))?.into_parts();
        let mut read = ReplyBody::new(answer.content_length());
        self.read(answer, head, limit, |piece| read.push(piece)).map(|head| (head, read))
    }

    /// Sends a request to the API once and reads the whole answer.
    pub(crate) fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let sent = self.check(request.uri(), self.timeout).and_then(|()| self.send(request));
        let (head, answer) = sent.map_err(|error| self.failed(error, self.timeout))?.into_parts();
        let mut body = Vec::new();
        let push = |piece: &[u8]| {
            if body.len() + piece.len() > MAX_ANSWER {
                return Err(TransportError::new(Delivery::MaybeSent, TransportErrorKind::TooLarge)
                    .with_source(format!("the answer is longer than {MAX_ANSWER} bytes")));
            }
            body.extend_from_slice(piece);
            Ok(())
        };
        let head = self.read(answer, head, self.timeout, push)?;
        Ok(Response::from_parts(head, body.into()))
    }

    /// Sends a request to the API once. The body of the answer is still to be read.
    pub(crate) fn send(&self, request: Request<impl AsRef<[u8]>>) -> Result<Response<Body>, Error> {
        let (mut head, body) = request.into_parts();
        // They may hold settings of a caller's ureq, in place of this agent's deadlines, proxy and redirects.
        head.extensions.clear();
        match body.as_ref() {
            body if states_length(&head.method, body) => self.agent.run(Request::from_parts(head, body)),
            _ => self.agent.run(Request::from_parts(head, ())),
        }
    }

    /// Refuses a request that must not be sent.
    fn check(&self, url: &Uri, limit: Duration) -> Result<(), Error> {
        if self.stop.is_stopped() {
            return Err(NotSent::new(TransportErrorKind::Closed, SHUT_DOWN).into());
        }
        if limit.is_zero() {
            // ureq would report a request that may have been sent.
            return Err(NotSent::late(&format!("the login was not done at {}", self.hub.host()), limit).into());
        }
        if !self.hub.is_origin_of(url) {
            let what = "the request is for another Hub than the client's";
            return Err(NotSent::new(TransportErrorKind::Connect, what).into());
        }
        Ok(())
    }

    /// Reads a body to its end, so that its connection can be used again. `push` refuses one that is too long.
    fn read(
        &self,
        mut answer: Body,
        head: Parts,
        limit: Duration,
        mut push: impl FnMut(&[u8]) -> Result<(), TransportError>,
    ) -> Result<Parts, TransportError> {
        let mut from = answer.as_reader();
        let mut piece = [0; 2 * 1024];
        let error = loop {
            match from.read(&mut piece) {
                // A shutdown closes the socket, which looks like the end of a body that has no length.
                Ok(0) if self.stop.is_stopped() => break self.failed(Error::ConnectionFailed, limit),
                Ok(0) => {
                    debug!(target: "hub_auth", "answered {}", head.status.as_u16());
                    return Ok(head);
                }
                Ok(amount) => {
                    let piece = piece.get_mut(..amount).unwrap_or_default();
                    let pushed = push(piece);
                    piece.zeroize();
                    if let Err(error) = pushed {
                        break error;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break self.failed(error.into(), limit),
            }
        };
        Err(error.with_head(head))
    }

    /// Reads an error of ureq. After a shutdown no other reason counts.
    fn failed(&self, error: Error, limit: Duration) -> TransportError {
        let missing = if limit < self.timeout { "the login was not done at" } else { "no whole answer from" };
        let mut error = broken(error, || late(&format!("{missing} {}", self.hub.host()), limit));
        if self.stop.is_stopped() {
            error = TransportError { kind: TransportErrorKind::Closed, source: Some(SHUT_DOWN.into()), ..error };
        }
        debug!(target: "hub_auth", "no answer: {error}");
        error
    }
}

/// Returns a SOCKS proxy as ureq takes it. With `Socks5`, ureq would look the Hub up before every request.
fn as_ureq_takes_it(proxy: &Proxy) -> Result<ureq::Proxy, BuildError> {
    let bad = |why| BuildError::Proxy { variable: None, why };
    let host = if proxy.host().contains(':') { format!("[{}]", proxy.host()) } else { proxy.host().to_owned() };
    let mut builder = ureq::Proxy::builder(ProxyProtocol::Socks5h).host(&host).port(proxy.port());
    if let Some((user, password)) = proxy.credentials() {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| bad("the proxy's credentials are not UTF-8 text"));
        builder = builder.username(text(user)?).password(text(password)?);
    }
    builder.build().map_err(|_| bad("the proxy's host cannot be used"))
}
