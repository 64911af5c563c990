//! An API call, with the token.

use std::time::Duration;
use std::{error, fmt};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use hub_auth_core::session::{Bearer, Rejected};
use hub_auth_core::{Failure, TransportError, TransportErrorKind};

use super::Session;
use crate::clock::{now, sleep};

impl Session {
    /// Sends a request to the Hub with the token in it, and returns its answer, whatever the status. A redirect is
    /// returned as it is, not followed.
    ///
    /// - The URL is absolute and of the Hub's own origin; for any other nothing is sent, so that the token never gets
    ///   there.
    /// - `Authorization`, `Host` and `Content-Length` are set, in place of what the request has; `User-Agent` if it has
    ///   none.
    /// - A 401 is answered by one new login and one replay, and no more. Where the token is only seconds old, it is
    ///   first sent once more after a second; where it was won less than a minute ago for the same reason, the 401 is
    ///   returned.
    /// - Nothing else is sent twice. An attempt ends within [`Options::timeout`](crate::Options::timeout), its answer's
    ///   body at [`MAX_ANSWER`](crate::MAX_ANSWER) bytes.
    pub async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if !self.0.client.hub().is_origin_of(request.uri()) {
            return Err(SendError::OtherOrigin);
        }
        let mut bearer = self.token(Duration::ZERO).await?;
        // hyper leaves the length of an empty body out, and servers answer a POST without one by 411.
        let has_length =
            !request.body().is_empty() || matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
        request.headers_mut().remove(TRANSFER_ENCODING);
        request.headers_mut().remove(CONTENT_LENGTH);
        if has_length {
            let length = request.body().len();
            request.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        if let Some(user_agent) = &self.0.user_agent {
            request.headers_mut().entry(USER_AGENT).or_insert_with(|| user_agent.clone());
        }
        let mut answer = self.call(&request, &bearer).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let mut rejected = self.invalidate(&bearer);
        if let Rejected::TooNew(wait) = rejected {
            let until = now() + wait;
            sleep(wait).await;
            answer = self.call(&request, &bearer).await?;
            if answer.status() != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            rejected = self.core().reject(&bearer, now().max(until));
        }
        if rejected == Rejected::Kept {
            return Ok(answer);
        }
        bearer = self.token(Duration::ZERO).await?;
        self.call(&request, &bearer).await
    }

    async fn call(&self, request: &Request<Bytes>, bearer: &Bearer) -> Result<Response<Bytes>, SendError> {
        let mut request = request.clone();
        bearer.authorize(request.headers_mut());
        self.0.client.call(request).await.map_err(SendError::Broken)
    }
}

/// Why an API call has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// There is no token; the request was not sent, or was answered by 401.
    LoginOutcome(Failure),
    /// No whole answer came. What is known of it, whether the Hub may have seen the request included.
    Broken(TransportError),
    /// The URL is not of the Hub's own origin. Nothing was sent.
    OtherOrigin,
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> SendError {
        SendError::LoginOutcome(failure)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::LoginOutcome(failure) => failure.fmt(f),
            SendError::Broken(broken) => f.write_str(match broken.kind {
                TransportErrorKind::Resolve => "the Hub's host name was not found",
                TransportErrorKind::Connect => "no connection to the Hub was made",
                TransportErrorKind::Tls => "no secure connection to the Hub was made",
                TransportErrorKind::Proxy => "the proxy refused or failed",
                TransportErrorKind::Timeout => "the Hub did not answer in time",
                TransportErrorKind::TooLarge => "the Hub's answer is too long",
                _ => "the connection to the Hub broke",
            }),
            SendError::OtherOrigin => {
                f.write_str("the URL is not of the Hub the session is logged in to, so nothing was sent there")
            }
        }
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
