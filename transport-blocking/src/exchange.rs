//! One request, sent once, and its answer.

use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hub_auth_core::http::response::Parts;
use hub_auth_core::http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use hub_auth_core::{BoxError, Delivery, Hub, ReplyBody, TransportError, TransportErrorKind};
use hub_auth_host::api::states_length;
use hub_auth_host::{BuildError, Proxy, Setup};
use log::debug;
use ureq::config::{AutoHeaderValue, Config};
use ureq::{Agent, Body, Error, ProxyProtocol};
use zeroize::Zeroize;

use crate::connect::{Connect, Resolve};
use crate::error::broken;
use crate::stop::{Stop, Stopped};

/// The longest body of an answer to [`Session::send`](crate::Session::send), in bytes: 16 MiB.
pub const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// Room for more than the longest head, so that one which is longer is known to be.
const INPUT: usize = MAX_HEAD + 8 * 1024;
const OUTPUT: usize = 16 * 1024;
/// As many connections are kept as callers may run side by side. With ureq's own limit, 64 threads open thousands.
const MAX_IDLE: usize = 64;
/// No deadline is further away: a sum with the clock would overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A ureq agent for one Hub.
pub(crate) struct Http {
    agent: Agent,
    hub: Hub,
    timeout: Duration,
    stop: Arc<Stop>,
}

impl Http {
    pub(crate) fn new(setup: &Setup) -> Result<Http, BuildError> {
        let timeout = setup.timeout.min(LONGEST);
        // The core has set the headers of its requests. This one is for the proxy.
        let user_agent = setup.hub.user_agent_header().to_str().map(str::to_owned).unwrap_or_default();
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(setup.proxy.as_ref().map(proxy).transpose()?)
            .user_agent(AutoHeaderValue::Provided(Arc::new(user_agent)))
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
        let agent = Agent::with_parts(config, Connect::new(setup), Resolve { timeout: setup.resolve_timeout });
        Ok(Http { agent, hub: setup.hub.clone(), timeout, stop: Arc::default() })
    }

    /// Ends everything under way and everything that comes after it.
    pub(crate) fn shut_down(&self) {
        self.stop.stop();
        self.agent.clone().shutdown();
    }

    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Sends a request of a login once and reads the whole answer, within the time of an attempt and within `time`.
    pub(crate) fn exchange(
        &self,
        request: hub_auth_core::Request,
        time: Duration,
    ) -> Result<(Parts, ReplyBody), TransportError> {
        if self.timeout.min(time).is_zero() {
            // ureq would report a request that may have been sent.
            return Err(self.ended(TransportError::new(Delivery::NotSent, TransportErrorKind::Timeout)));
        }
        let (parts, body) = request.into_parts();
        let mut request = Request::from_parts(parts, body.as_ref());
        if time < self.timeout {
            request = self.agent.configure_request(request).timeout_global(Some(time)).build();
        }
        let sent = self.check(request.uri()).and_then(|()| self.agent.run(request).map_err(broken));
        let (head, answer) = sent.map_err(|error| self.ended(error))?.into_parts();
        drop(body);
        let mut body = ReplyBody::new(announced(&head.headers));
        self.read(answer, head, |piece| Ok(body.push(piece)?)).map(|head| (head, body))
    }

    /// Sends a request to the API once and reads the whole answer.
    pub(crate) fn call(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let sent = self.check(request.uri()).and_then(|()| self.send(request).map_err(broken));
        let (head, answer) = sent.map_err(|error| self.ended(error))?.into_parts();
        let mut body = Vec::new();
        let push = |piece: &[u8]| {
            if body.len() + piece.len() > MAX_ANSWER {
                return Err(format!("the answer is longer than {MAX_ANSWER} bytes").into());
            }
            body.extend_from_slice(piece);
            Ok(())
        };
        let head = self.read(answer, head, push)?;
        Ok(Response::from_parts(head, body.into()))
    }

    /// Sends a request to the API once. The body of the answer is still to be read.
    pub(crate) fn send(&self, request: &Request<impl AsRef<[u8]>>) -> Result<Response<Body>, Error> {
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.headers_mut() = request.headers().clone();
        match request.body().as_ref() {
            body if states_length(request.method(), body) => self.agent.run(head.map(|()| body)),
            _ => self.agent.run(head),
        }
    }

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

    /// Reads a body to its end, so that its connection can be used again. An error of `push` says that it is too large.
    fn read(
        &self,
        mut answer: Body,
        head: Parts,
        mut push: impl FnMut(&[u8]) -> Result<(), BoxError>,
    ) -> Result<Parts, TransportError> {
        let mut from = answer.as_reader();
        let mut piece = [0; 2 * 1024];
        let mut length = 0;
        let error = loop {
            match from.read(&mut piece) {
                // A shutdown closes the socket, which ends a body that has no length.
                Ok(0) if self.stop.is_stopped() => {
                    break TransportError::new(Delivery::MaybeSent, TransportErrorKind::Closed);
                }
                Ok(0) => {
                    debug!(target: "hub_auth", "answered {} with {length} bytes", head.status.as_u16());
                    return Ok(head);
                }
                Ok(amount) => {
                    let piece = piece.get_mut(..amount).unwrap_or_default();
                    let pushed = push(piece);
                    piece.zeroize();
                    length += amount;
                    if let Err(error) = pushed {
                        break TransportError::new(Delivery::MaybeSent, TransportErrorKind::TooLarge)
                            .with_source(error);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break broken(error.into()),
            }
        };
        Err(self.ended(error.with_head(head)))
    }

    /// After a shutdown nothing else matters.
    fn ended(&self, mut error: TransportError) -> TransportError {
        if self.stop.is_stopped() {
            error.kind = TransportErrorKind::Closed;
            error.source = Some(Stopped.into());
        }
        debug!(target: "hub_auth", "no answer: {error}");
        error
    }
}

/// Returns the proxy as ureq takes it.
fn proxy(proxy: &Proxy) -> Result<ureq::Proxy, BuildError> {
    let bad = |why| BuildError::Proxy { variable: None, why };
    let protocol = match (proxy.is_socks(), proxy.is_tls(), proxy.looks_up_here()) {
        (false, false, _) => ProxyProtocol::Http,
        (false, true, _) => ProxyProtocol::Https,
        (true, _, true) => ProxyProtocol::Socks5,
        (true, _, false) => ProxyProtocol::Socks5h,
    };
    let host = if proxy.host().contains(':') { format!("[{}]", proxy.host()) } else { proxy.host().to_owned() };
    let mut builder = ureq::Proxy::builder(protocol).host(&host).port(proxy.port());
    if let Some((user, password)) = proxy.credentials() {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| bad("the proxy's credentials are not UTF-8 text"));
        builder = builder.username(text(user)?).password(text(password)?);
    }
    builder.build().map_err(|_| bad("the proxy's host cannot be used"))
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH).map(HeaderValue::to_str)?.ok()?.parse().ok()
}
