//! One request on the wire, and what came of it.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use hub_auth_core::http::response::Parts;
use hub_auth_core::http::{HeaderMap, Request, header};
use hub_auth_core::{Break, Broke, ReplyBody, Sent};
use hub_auth_host::Setup;
use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config};
use zeroize::Zeroizing;

use crate::broke;
use crate::connect::{Reach, Unresolved};

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

    /// Sends the request once and reads the whole answer.
    #[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
    pub(crate) fn exchange(&self, request: hub_auth_core::Request) -> Result<(Parts, ReplyBody), Break> {
        let (parts, body) = request.into_parts();
        let answer = self.agent.run(Request::from_parts(parts, body.as_ref())).map_err(broke::without_head)?;
        drop(body);
        let (head, mut body) = answer.into_parts();
        match read(&mut body.as_reader(), &head.headers) {
            Ok(body) => Ok((head, body)),
            Err(broken) => Err(broken.head(head)),
        }
    }
}

/// Reads a body to its end, so that its connection can be used again.
#[expect(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]
fn read(from: &mut impl Read, headers: &HeaderMap) -> Result<ReplyBody, Break> {
    let mut body = ReplyBody::new(announced(headers));
    let mut piece = Zeroizing::new([0; 8 * 1024]);
    loop {
        match from.read(&mut *piece) {
            Ok(0) => return Ok(body),
            Ok(n) => {
                let piece = piece.get(..n).unwrap_or_default();
                body.push(piece).map_err(|error| Break::new(Sent::Maybe, Broke::TooLarge).cause(error))?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(broke::without_head(error.into())),
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
