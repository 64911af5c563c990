//! Defines faults, and the outcomes of requests.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};

use super::answers;

/// Tells the code that holds the connection how the simulated Hub reacts to one request.
#[derive(Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// An answer.
    Answer(Response<Vec<u8>>),
    /// An answer whose body breaks off. The head announces the full length, `sent` bytes follow, and the connection closes.
    Truncated {
        /// The whole answer.
        answer: Response<Vec<u8>>,
        /// The number of bytes to send of the body.
        sent: usize,
    },
    /// An answer whose head comes at once and whose body comes one byte at a time.
    Drip {
        /// The whole answer.
        answer: Response<Vec<u8>>,
        /// The pause before each byte.
        every: Duration,
    },
    /// An answer whose body is `bytes` spaces, more than a client should read.
    Endless {
        /// The head of the answer. Its own body is not sent.
        answer: Response<Vec<u8>>,
        /// The length of the body.
        bytes: u64,
        /// True if the head states the length. Otherwise the body ends with the connection.
        announced: bool,
    },
    /// These bytes, and then the end of the connection.
    Raw(Vec<u8>),
    /// Silence on an open connection.
    Stall,
    /// The end of the connection without a byte.
    Drop,
}

impl Outcome {
    /// Returns the answer for code without sockets. `None` where a client would get no whole answer at once.
    #[must_use]
    pub fn reply(&self) -> Option<Response<&[u8]>> {
        let Outcome::Answer(answer) = self else { return None };
        let mut reply = Response::new(answer.body().as_slice());
        *reply.status_mut() = answer.status();
        *reply.headers_mut() = answer.headers().clone();
        Some(reply)
    }

    /// Returns the answer, complete or not.
    pub(super) fn answer(&self) -> Option<&Response<Vec<u8>>> {
        match self {
            Outcome::Answer(answer)
            | Outcome::Truncated { answer, .. }
            | Outcome::Drip { answer, .. }
            | Outcome::Endless { answer, .. } => Some(answer),
            Outcome::Raw(_) | Outcome::Stall | Outcome::Drop => None,
        }
    }
}

/// Hides everything but kinds and statuses, because answers hold tokens.
impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Outcome::Answer(_) => "Answer",
            Outcome::Truncated { .. } => "Truncated",
            Outcome::Drip { .. } => "Drip",
            Outcome::Endless { .. } => "Endless",
            Outcome::Raw(_) => "Raw",
            Outcome::Stall => "Stall",
            Outcome::Drop => "Drop",
        };
        let mut shown = f.debug_struct(kind);
        if let Some(answer) = self.answer() {
            shown.field("status", &answer.status().as_u16());
        }
        shown.finish_non_exhaustive()
    }
}

/// Names a fault that one request meets: see [`SimHub::script`](super::SimHub::script).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Handles and answers the request. A fault behind this one in the script meets a later request.
    Pass,
    /// Closes the connection without handling the request.
    DropBefore,
    /// Handles the request and closes the connection without an answer.
    DropAfter,
    /// Sends this answer without handling the request. Adds `date` and `x-trace-id` where the answer has none. Beside a `cf-ray` it
    /// adds only `date`.
    Answer(Response<Vec<u8>>),
    /// Sends these bytes without handling the request, then closes the connection.
    Raw(Vec<u8>),
    /// Handles the request, and replaces these headers of the answer.
    Headers(HeaderMap),
    /// Handles the request, and closes the connection after this many bytes of the answer's body.
    Truncate(usize),
    /// Handles the request, and sends the answer's body one byte at a time, with this pause before each.
    Drip(Duration),
    /// Answers 200 with a body of this many bytes, without handling the request.
    Endless(u64),
    /// Answers 200 with such a body and no `Content-Length`, without handling the request. The body ends with the connection.
    EndlessUnannounced(u64),
    /// Keeps the connection open and says nothing, without handling the request.
    Stall,
}

impl Fault {
    /// Answers in JSON without handling the request.
    #[must_use]
    pub fn json(status: StatusCode, body: &str) -> Fault {
        Fault::Answer(answers::json(status, body))
    }

    /// Answers with this `Content-Type` without handling the request.
    #[must_use]
    pub fn of_type(status: StatusCode, content_type: &'static str, body: &str) -> Fault {
        Fault::Answer(answers::of_type(status, content_type, body))
    }
}
