//! Faults to order, and the outcome of a request.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};

use super::answers;

/// The simulated Hub's reaction to one request, as data for the code that holds the connection.
#[derive(Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// An answer.
    Answer(Response<Vec<u8>>),
    /// An answer whose body breaks off: the head announces the full length, `sent` bytes follow, then the connection
    /// closes.
    Truncated {
        /// The whole answer.
        answer: Response<Vec<u8>>,
        /// The number of bytes of the body that are sent.
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
        /// The answer's head; its own body is not sent.
        answer: Response<Vec<u8>>,
        /// The length of the body.
        bytes: u64,
        /// True if the head states the length; otherwise the body ends with the connection.
        announced: bool,
    },
    /// These bytes; then the connection closes.
    Raw(Vec<u8>),
    /// Silence: the connection stays open.
    Stall,
    /// The connection closes without a byte.
    Drop,
}

impl Outcome {
    /// Returns the answer for code without sockets; `None` where a client would not get a complete answer at once.
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

/// Answers hold tokens, so Debug shows kinds and statuses only.
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

/// A fault that one request meets; see [`SimHub::script`](super::SimHub::script).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Handles and answers the request. Put before another fault, it lets that meet a later request.
    Pass,
    /// Closes the connection without handling the request.
    DropBefore,
    /// Handles the request and closes the connection without an answer.
    DropAfter,
    /// Sends this answer without handling the request. Adds `date` and `x-trace-id` where the answer has none; beside a
    /// `cf-ray`, only `date`.
    Answer(Response<Vec<u8>>),
    /// Sends these bytes without handling the request, then closes the connection.
    Raw(Vec<u8>),
    /// Handles the request; these headers replace those of the answer.
    Headers(HeaderMap),
    /// Handles the request, and closes the connection after this many bytes of the answer's body.
    Truncate(usize),
    /// Handles the request, and sends the answer's body one byte at a time, with this pause before each.
    Drip(Duration),
    /// Answers 200 with a body of this many bytes, without handling the request.
    Endless(u64),
    /// Does the same without a `Content-Length`: the body ends with the connection.
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
