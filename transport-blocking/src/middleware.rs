//! The session as middleware of a ureq agent of one's own.

use std::io::Read;

use hub_auth_core::http::{HeaderMap, Request, Response, StatusCode};
use hub_auth_core::session::{Answered, Call};
use hub_auth_host::api::{self, MAX_KEPT};
use hub_auth_host::now;
use ureq::middleware::{Middleware, MiddlewareNext};
use ureq::{AsSendBody, Body, Error, SendBody};
use zeroize::Zeroizing;

use crate::Session;

/// Authorizes the requests of an agent of ureq 3.5.
///
/// - A request to another origin than the Hub's ends with [`SendError::OtherOrigin`](crate::SendError), as [`Error::Other`];
///   so give the session to an agent that serves the Hub alone. A redirect that ureq follows is sent without the token.
/// - A 401 causes one new login and one replay, if the body has at most 1 MiB. A longer one is streamed, and the 401 is
///   returned; the next request logs in. ureq lets a middleware send once, so the replay goes through the session's own
///   [`Client`](crate::Client).
/// - A 429 makes all calls of the session wait until its instant.
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
                let answer = self.replay(call, Request::from_parts(head, kept.as_slice()))?;
                let is_refused = answer.status().is_client_error() || answer.status().is_server_error();
                if is_error && is_refused { Err(Error::StatusCode(answer.status().as_u16())) } else { Ok(answer) }
            }
            _ => first,
        }
    }
}

impl Session {
    /// Goes on with a call that was answered by 401.
    fn replay(&self, mut call: Call, mut request: Request<&[u8]>) -> Result<Response<Body>, Error> {
        loop {
            let bearer = self.token_for_call().map_err(other)?;
            bearer.authorize(request.headers_mut());
            let answer = self.client().http().send(request.clone())?;
            let answered = call.answered(&bearer, answer.status(), answer.headers(), &mut self.core(), now());
            let Answered::Again(again, wait) = answered else { return Ok(answer) };
            self.client().sleep(wait);
            call = again;
        }
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}
