//! Requests to the Hub's API, as the session's user.

use std::time::Duration;
use std::{error, fmt};

use bytes::Bytes;
use hub_auth_core::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use hub_auth_core::http::{HeaderValue, Method, Request, Response, StatusCode};
use hub_auth_core::session::{Bearer, Rejected};
use hub_auth_core::{Failure, TransportError, TransportErrorKind};

use hub_auth_host::now;

use super::Session;

pub use crate::exchange::MAX_ANSWER;

/// Why [`Session::send`] has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// There is no token to send it with.
    LoginOutcome(Failure),
    /// No whole answer came. What is known of it, whether the Hub may have seen the request included.
    Broken(TransportError),
    /// It is for another scheme, host or port than the Hub's, where the token must not go. Nothing was sent.
    OtherOrigin,
}

impl Session {
    /// Sends a request to the Hub's API with the session's token, and returns the answer whatever its status.
    ///
    /// - It goes to the [Hub's own origin](hub_auth_core::Hub::is_origin_of) or nowhere. Redirects are returned, not
    ///   followed.
    /// - `Authorization`, `Host` and `Content-Length` are set, in place of what the request has; `User-Agent` if it has
    ///   none. The body is never chunked.
    /// - A 401 is answered by one new login and one replay, and no more. Where the token is only seconds old, it is
    ///   first sent once more after a second; where it was won less than a minute ago for the same reason, the 401 is
    ///   returned.
    /// - Nothing else is sent twice.
    /// - The answer is read up to [`MAX_ANSWER`], within the deadlines of the client's [`Options`](crate::Options).
    #[expect(clippy::result_large_err, reason = "a break carries the head of its answer, and comes once")]
    pub fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if !self.0.client.hub().is_origin_of(request.uri()) {
            return Err(SendError::OtherOrigin);
        }
        let bearer = self.token(Duration::ZERO)?;
        let mut request = self.prepare(request);
        let mut answer = self.call(&mut request, &bearer)?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let mut rejected = self.invalidate(&bearer);
        if let Rejected::TooNew(wait) = rejected {
            let until = now() + wait;
            self.0.client.http().stop().sleep(wait);
            answer = self.call(&mut request, &bearer)?;
            if answer.status() != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            // What was waited for is over, even on a clock that was set back meanwhile.
            rejected = self.0.shared.core().reject(&bearer, until.max(now()));
        }
        if rejected == Rejected::Kept {
            return Ok(answer);
        }
        let renewed = self.token(Duration::ZERO)?;
        Ok(self.call(&mut request, &renewed)?)
    }

    #[expect(clippy::result_large_err, reason = "a break carries the head of its answer, and comes once")]
    fn call(&self, request: &mut Request<Bytes>, bearer: &Bearer) -> Result<Response<Bytes>, TransportError> {
        bearer.authorize(request.headers_mut());
        self.0.client.http().call(request)
    }

    fn prepare(&self, request: Request<Bytes>) -> Request<Bytes> {
        let (parts, body) = request.into_parts();
        let mut request = Request::new(body);
        *request.method_mut() = parts.method;
        *request.uri_mut() = parts.uri;
        let mut headers = parts.headers;
        headers.remove(HOST);
        headers.remove(TRANSFER_ENCODING);
        headers.remove(CONTENT_LENGTH);
        // Without it these would be sent chunked, which the Hub refuses (docker/hub-tool#191).
        let has_length = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
        if has_length || !request.body().is_empty() {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body().len()));
        }
        if let Some(user_agent) = &self.0.user_agent {
            headers.entry(USER_AGENT).or_insert_with(|| user_agent.clone());
        }
        *request.headers_mut() = headers;
        request
    }
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> SendError {
        SendError::LoginOutcome(failure)
    }
}

impl From<TransportError> for SendError {
    fn from(broken: TransportError) -> SendError {
        SendError::Broken(broken)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            SendError::LoginOutcome(failure) => return failure.fmt(f),
            SendError::OtherOrigin => "the request is not for the Hub itself, and the token goes nowhere else",
            SendError::Broken(broken) => match broken.kind {
                TransportErrorKind::Resolve => "the host name has no address",
                TransportErrorKind::Connect => "no connection to the Hub",
                TransportErrorKind::Tls => "no trusted TLS connection to the Hub",
                TransportErrorKind::Timeout => "no answer in time",
                TransportErrorKind::TooLarge => "the answer is too large",
                _ => "the connection ended before the answer did",
            },
        };
        f.write_str(what)
    }
}

impl error::Error for SendError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            SendError::LoginOutcome(failure) => failure.source(),
            SendError::Broken(broken) => broken.source.as_deref().map(|cause| cause as _),
            SendError::OtherOrigin => None,
        }
    }
}
