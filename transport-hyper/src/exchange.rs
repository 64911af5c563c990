//! Sends one request and reads its answer, by hyper-util's client and its connection pool.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use http_body_util::{BodyExt, Full, Limited};
use hub_auth_core::{Delivery, Hub, ReplyBody, TransportError, TransportErrorKind};
use hub_auth_host::Setup;
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};
use tracing::debug;

use crate::connect::Connector;
use crate::stage_error::StageError;

/// The longest body of an answer that [`Session::send`](crate::Session::send) reads, in bytes: 16 MiB.
pub const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The longest head of an answer, in bytes; the Hub's have about 1 KiB.
pub(crate) const MAX_HEAD: usize = 32 * 1024;
/// The target of all events of `tracing`: routes, numbers and kinds, never a body, a header's value or a name.
pub(crate) const TARGET: &str = "hub_auth";
/// The pool keeps as many idle connections as a busy program has callers.
const IDLE: usize = 64;
const IDLE_TIME: Duration = Duration::from_secs(60);

/// Sends requests to one Hub.
pub(crate) struct Http {
    client: Client<Connector, Full<Bytes>>,
    hub: Hub,
    timeout: Duration,
}

impl Http {
    pub(crate) fn new(setup: &Setup) -> Http {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE)
            .http1_max_buf_size(MAX_HEAD)
            // RFC 9112 section 5.2: a proxy on the way may still fold a header over lines.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .build(Connector::new(setup));
        Http { client, hub: setup.hub.clone(), timeout: setup.timeout }
    }

    /// Sends one request and `read`s the body of its answer, within the deadline of an attempt and the time `left` for the
    /// login.
    pub(crate) async fn exchange<T, R>(
        &self,
        request: Request<impl Into<Bytes>>,
        left: Duration,
        read: impl FnOnce(Incoming) -> R,
    ) -> Result<(Parts, T), TransportError>
    where
        R: Future<Output = Result<T, StageError>>,
    {
        let mut request = request.map(|body| Full::new(body.into()));
        let connection = capture_connection(&mut request);
        let failed = |error: StageError, head: Option<Parts>| {
            // Nothing is written before hyper-util's client has a connection for the request.
            let has_connection = connection.connection_metadata().is_some();
            let delivery = if has_connection { Delivery::MaybeSent } else { Delivery::NotSent };
            let status = head.as_ref().map(|head| head.status.as_u16());
            debug!(target: TARGET, status, kind = ?error.kind, ?delivery, "failed");
            TransportError { delivery, kind: error.kind, head: head.map(Box::new), source: Some(error.into()) }
        };
        let (start, limit) = (Instant::now(), self.timeout.min(left));
        let late = || {
            let missing = if left < self.timeout { "the login was not done" } else { "no whole answer" };
            StageError::late(missing, limit)
        };
        if !self.hub.is_origin_of(request.uri()) {
            let what = "the request is for another Hub than the client's";
            return Err(failed(StageError::new(TransportErrorKind::Connect, what), None));
        }
        let answer = async {
            // Lets a runtime that stood still see which idle connections the Hub has closed, before one is chosen.
            yield_now().await;
            self.client.request(request).await.map_err(StageError::of_request)
        };
        let answer = within(limit, answer).await.unwrap_or_else(|| Err(late()));
        let (head, body) = answer.map_err(|error| failed(error, None))?.into_parts();
        match within(limit.saturating_sub(start.elapsed()), read(body)).await.unwrap_or_else(|| Err(late())) {
            Ok(body) => {
                debug!(target: TARGET, status = head.status.as_u16(), "answered");
                Ok((head, body))
            }
            Err(error) => Err(failed(error, Some(head))),
        }
    }
}

/// Reads the answer to a login, which is wiped when it is dropped, up to [`MAX_REPLY`](hub_auth_core::MAX_REPLY).
pub(crate) async fn reply(mut body: Incoming) -> Result<ReplyBody, StageError> {
    let mut read = ReplyBody::new(body.size_hint().exact());
    while let Some(frame) = body.frame().await {
        if let Some(piece) = frame.map_err(StageError::on_the_wire)?.data_ref() {
            let too_large = |error| StageError::new(TransportErrorKind::TooLarge, "the answer is too long").with(error);
            read.push(piece).map_err(too_large)?;
        }
    }
    Ok(read)
}

/// Reads the answer to an API call, up to [`MAX_ANSWER`].
pub(crate) async fn answer(body: Incoming) -> Result<Bytes, StageError> {
    let read = Limited::new(body, MAX_ANSWER).collect().await;
    Ok(read.map_err(StageError::on_the_wire)?.to_bytes())
}

/// Ends `work` after `limit`, and returns `None` then. Begins nothing if the limit is zero.
pub(crate) async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    if limit.is_zero() { None } else { timeout(limit, work).await.ok() }
}
