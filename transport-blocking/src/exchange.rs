//! One request on the wire, and what came of it.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use bytes::Bytes;
use hub_auth_core::http::response::Parts;
use hub_auth_core::http::{HeaderMap, Request, Response, header};
use hub_auth_core::{BoxError, Break, Broke, ReplyBody, Sent};
use hub_auth_host::Setup;
use ureq::config::{AutoHeaderValue, Config};
use ureq::{Agent, AsSendBody, Body};
use zeroize::Zeroizing;

use crate::broke;
use crate::connect::{Reach, Unresolved};

/// The longest body of an answer to [`Session::send`](crate::Session::send), in bytes: 16 MiB.
pub const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// Room for more than the longest head, so that one which is longer is known to be.
const INPUT: usize = MAX_HEAD + 8 * 1024;
const OUTPUT: usize = 16 * 1024;
/// As many as a session's calls may run side by side.
const MAX_IDLE: usize = 64;
const MAX_IDLE_AGE: Duration = Duration::from_secs(60);
/// No deadline is further away; a sum with the clock would overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The way to the Hub, with the connections that are kept.
pub(crate) struct Line {
    agent: Agent,
}

impl Line {
    pub(crate) fn new(setup: &Setup) -> Line {
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // Else it would be read from the environment, and not as others read it.
            .proxy(None)
            // The core has set them all.
            .user_agent(AutoHeaderValue::None)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_global(Some(setup.timeout.min(LONGEST)))
            .timeout_connect(Some(setup.connect_timeout.min(LONGEST)))
            .max_response_header_size(MAX_HEAD)
            .input_buffer_size(INPUT)
            .output_buffer_size(OUTPUT)
            .max_idle_connections(MAX_IDLE)
            .max_idle_connections_per_host(MAX_IDLE)
            .max_idle_age(MAX_IDLE_AGE)
            .build();
        Line { agent: Agent::with_parts(config, Reach::new(setup.tls.clone()), Unresolved) }
    }

    /// Sends a request of a login once and reads the whole answer.
    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    pub(crate) fn exchange(&self, request: hub_auth_core::Request) -> Result<(Parts, ReplyBody), Break> {
        let (parts, body) = request.into_parts();
        let (head, mut answer) = self.run(Request::from_parts(parts, body.as_ref()))?;
        drop(body);
        let mut body = ReplyBody::new(announced(&head.headers));
        match read(&mut answer.as_reader(), |piece| Ok(body.push(piece)?)) {
            Ok(()) => Ok((head, body)),
            Err(broken) => Err(broken.head(head)),
        }
    }

    /// Sends a request to the API once and reads the whole answer.
    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    pub(crate) fn call(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Break> {
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
            Ok(()) => Ok(Response::from_parts(head, body.into())),
            Err(broken) => Err(broken.head(head)),
        }
    }

    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    fn run(&self, request: Request<impl AsSendBody>) -> Result<(Parts, Body), Break> {
        Ok(self.agent.run(request).map_err(broke::without_head)?.into_parts())
    }
}

/// Reads a body to its end, so that its connection can be used again. An error of `push` says that it is too large.
#[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
fn read(from: &mut impl Read, mut push: impl FnMut(&[u8]) -> Result<(), BoxError>) -> Result<(), Break> {
    let mut piece = Zeroizing::new([0; 8 * 1024]);
    loop {
        match from.read(&mut *piece) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                let piece = piece.get(..n).unwrap_or_default();
                push(piece).map_err(|error| Break::new(Sent::Maybe, Broke::TooLarge).cause(error))?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(broke::without_head(error.into())),
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
