//! Authorizes the requests of a caller's own ureq agent.

use std::io::Read;

use hub_auth_core::http::header::USER_AGENT;
use hub_auth_core::http::{HeaderMap, Request, Response, StatusCode};
use hub_auth_core::session::{Answered, Bearer, Call};
use hub_auth_host::api::{self, MAX_KEPT};
use hub_auth_host::now;
use ureq::middleware::{Middleware, MiddlewareNext};
use ureq::{AsSendBody, Body, Error, SendBody};
use zeroize::Zeroizing;

use crate::Session;

/// Authorizes the requests of a ureq agent (ureq 3.5).
///
/// - Refuses a request to another origin than the Hub's, by [`SendError::OtherOrigin`](crate::SendError) in an
///   [`Error::Other`]. So give the session to an agent that serves the Hub alone. If ureq follows a redirect, it does not send
///   the token there.
/// - After a 401, logs in once and sends the request once more, if its body has at most 1 MiB. A longer body is streamed, so
///   the 401 is returned, and the next request logs in. ureq lets a middleware send once, so the session's own
///   [`Client`](crate::Client) sends the request again.
/// - After a 429, makes all calls of the session wait until its instant.
///
/// ```
/// # use hub_auth_blocking::{Account, Client, Credential, Options, Session};
/// # use hub_auth_testkit::{Loopback, SimHub, demo};
/// # let server = Loopback::start(SimHub::demo())?;
/// # let client = Client::new(Options::new().base(server.url()))?;
/// # let session = Session::new(client, Account::new(demo::USER, Credential::personal_token(demo::PAT))?);
/// # let url = format!("{}v2/user", server.url());
/// let agent = ureq::Agent::config_builder().middleware(session).build().new_agent();
/// assert_eq!(agent.get(&url).call()?.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Middleware for Session {
    fn handle(&self, request: Request<SendBody>, next: MiddlewareNext) -> Result<Response<Body>, Error> {
        api::resolve(self.client().hub(), request.uri()).map_err(other)?;
        let (mut head, body) = request.into_parts();
        let mut stream = body.into_reader();
        let mut kept = Zeroizing::new(Vec::new());
        let is_whole = (&mut stream).take(MAX_KEPT + 1).read_to_end(&mut kept)? as u64 <= MAX_KEPT;

        let bearer = self.token_for_call().map_err(other)?;
        bearer.authorize(&mut head.headers);
        let mut bytes = kept.as_slice();
        let mut streamed = bytes.chain(stream);
        let mut nothing = ();
        let body = if !is_whole {
            SendBody::from_reader(&mut streamed)
        } else if api::states_length(&head.method, &kept) {
            bytes.as_body()
        } else {
            nothing.as_body()
        };
        let first = next.handle(Request::from_parts(head.clone(), body));

        let none = HeaderMap::new();
        let (status, headers) = match &first {
            Ok(answer) => (answer.status(), answer.headers()),
            // ureq's default for an agent: every 4xx and 5xx is an error, and its headers are lost.
            Err(Error::StatusCode(status)) => (StatusCode::from_u16(*status).unwrap_or_default(), &none),
            Err(_) => return first,
        };
        let answered = Call::new().answered(&bearer, status, headers, &mut self.core(), now());
        match answered {
            Answered::Again(call, wait) if is_whole => {
                self.client().sleep(wait);
                let is_error = first.is_err();
                // ureq adds its own below the middleware.
                head.headers.entry(USER_AGENT).or_insert_with(|| self.client().hub().user_agent_header().clone());
                let mut request = Request::from_parts(head, kept.as_slice());
                let send = |bearer: &Bearer| {
                    bearer.authorize(request.headers_mut());
                    self.client().http().send(request.clone())
                };
                let answer = self.go_on(call, send, other)?;
                let is_refused = answer.status().is_client_error() || answer.status().is_server_error();
                if is_error && is_refused { Err(Error::StatusCode(answer.status().as_u16())) } else { Ok(answer) }
            }
            _ => first,
        }
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}
