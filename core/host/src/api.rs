//! Builds requests to the Hub's API for the sessions of a transport, keeps the token on the Hub's own origin, and judges the
//! answer.

use bytes::Bytes;
use hub_auth_core::api::Verdict;
use hub_auth_core::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT};
use hub_auth_core::http::{HeaderValue, Method, Request, Response, Uri};
use hub_auth_core::session::Bearer;
use hub_auth_core::{BoxError, Failure, Hub, TransportError};
use serde::Serialize;

use crate::now;

/// The longest body of a request that is kept so that it can be sent again after a 401, in bytes.
pub const MAX_KEPT: u64 = 1024 * 1024;

/// The reason why a session's API call has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no token to send it with, or the Hub's rate limit holds for longer than the
    /// [policy](hub_auth_core::Policy::longest_wait) waits.
    #[error(transparent)]
    Login(#[from] Failure),
    /// No whole answer came. Tells whether the Hub may have seen the request.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// An HTTP client of the caller's own failed, or the body that it was to send.
    #[error(transparent)]
    Client(BoxError),
    /// The URL is of another scheme, host or port than the Hub's, where the token must not go. Nothing was sent.
    #[error("the token is for {hub} only, and this request is for {url}; send it without the session")]
    OtherOrigin {
        /// The URL without its path.
        url: String,
        /// The only origin that the token is for.
        hub: String,
    },
    /// The path does not begin with a slash, or cannot stand in a URL. Nothing was sent.
    #[error("{0:?} is no path of the Hub's API; a path begins with a slash, as in /v2/user")]
    Path(String),
    /// The body cannot be written as JSON. Nothing was sent.
    #[error("the body cannot be written as JSON")]
    Json(#[source] serde_json::Error),
}

/// Builds a GET of `path`, for example `/v2/user`.
pub fn get(path: &str) -> Result<Request<Bytes>, SendError> {
    let uri = path.parse::<Uri>().ok().filter(|_| path.starts_with('/'));
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = uri.ok_or_else(|| SendError::Path(path.to_owned()))?;
    Ok(request)
}

/// Builds a POST of `body`, as JSON, to `path`.
pub fn post_json(path: &str, body: &impl Serialize) -> Result<Request<Bytes>, SendError> {
    let mut request = get(path)?;
    *request.method_mut() = Method::POST;
    *request.body_mut() = serde_json::to_vec(body).map_err(SendError::Json)?.into();
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(request)
}

/// Returns the whole URL of a call: a path behind the Hub's base, or a URL of the Hub's own origin.
pub fn resolve(hub: &Hub, uri: &Uri) -> Result<Uri, SendError> {
    hub.resolve(uri).ok_or_else(|| SendError::OtherOrigin {
        url: format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.host().unwrap_or_default()),
        hub: hub.origin().to_owned(),
    })
}

/// [Resolves](resolve) the URL, adds a `User-Agent` if the request has none, and takes out the headers that the HTTP client
/// sets: `Host`, `Content-Length` and `Transfer-Encoding`.
pub fn prepare<B>(hub: &Hub, mut request: Request<B>) -> Result<Request<B>, SendError> {
    *request.uri_mut() = resolve(hub, request.uri())?;
    let headers = request.headers_mut();
    for set_by_client in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(set_by_client);
    }
    headers.entry(USER_AGENT).or_insert_with(|| hub.user_agent_header().clone());
    Ok(request)
}

/// Returns whether a request states its length: without one, servers answer a POST by 411, and the Hub refuses a chunked body
/// (docker/hub-tool#191).
#[must_use]
pub fn states_length(method: &Method, body: &[u8]) -> bool {
    !body.is_empty() || matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// Puts the [`Verdict`] on an answer into its extensions.
pub fn judge(answer: &mut Response<Bytes>, bearer: &Bearer) {
    let verdict = Verdict::of(answer.status(), answer.headers(), answer.body(), bearer.token(), now());
    answer.extensions_mut().insert(verdict);
}
