//! What can be made to go wrong, and what becomes of a request.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode};

use super::answers;

/// What the simulated Hub does with one request: data for whoever holds the connection.
#[derive(Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// An answer.
    Answer(Response<Vec<u8>>),
    /// An answer whose body breaks off: its full length is announced, `sent` bytes follow, then the connection is
    /// closed.
    Truncated {
        /// The whole answer.
        answer: Response<Vec<u8>>,
        /// How many bytes of the body are sent.
        sent: usize,
    },
    /// An answer whose head comes at once and whose body comes one byte at a time.
    Drip {
        /// The whole answer.
        answer: Response<Vec<u8>>,
        /// The pause before each byte.
        every: Duration,
    },
    /// An answer whose body is `bytes` spaces, more than anyone should take in.
    Endless {
        /// The answer's head; its own body is not sent.
        answer: Response<Vec<u8>>,
        /// How many bytes the body has.
        bytes: u64,
        /// Whether the head says so; else the body ends with the connection.
        announced: bool,
    },
    /// These bytes, and then the connection is closed.
    Raw(Vec<u8>),
    /// Nothing: the connection stays open and silent.
    Stall,
    /// The connection is closed without a byte.
    Drop,
}

impl Outcome {
    /// The answer for code without sockets; `None` where a client would meet no complete answer at once.
    #[must_use]
    pub fn reply(&self) -> Option<Response<&[u8]>> {
        let Outcome::Answer(answer) = self else { return None };
        let mut reply = Response::new(answer.body().as_slice());
        *reply.status_mut() = answer.status();
        *reply.headers_mut() = answer.headers().clone();
        Some(reply)
    }

    /// The answer in it, complete or not.
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

/// Something that goes wrong with one request; see [`SimHub::script`](super::SimHub::script).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: the request is handled and answered. It lets the next fault meet a later request.
    Pass,
    /// The connection is closed; the request was not handled.
    DropBefore,
    /// The request is handled, and the answer lost.
    DropAfter,
    /// This answer, without handling the request. `date` and `x-trace-id` are added unless it brings its own; beside a
    /// `cf-ray` only `date` is.
    Answer(Response<Vec<u8>>),
    /// These bytes, without handling the request; then the connection is closed.
    Raw(Vec<u8>),
    /// The request is handled; these headers replace those of the answer.
    Headers(HeaderMap),
    /// The request is handled; the answer's body breaks off after this many bytes.
    Truncate(usize),
    /// The request is handled; the answer's body comes one byte at a time, with this pause before each.
    Drip(Duration),
    /// An answer of 200 whose body has this many bytes, without handling the request.
    Endless(u64),
    /// The same without a `Content-Length`: the body ends with the connection.
    EndlessUnannounced(u64),
    /// Silence, without handling the request.
    Stall,
}

impl Fault {
    /// An answer of JSON, without handling the request.
    #[must_use]
    pub fn json(status: StatusCode, body: &str) -> Fault {
        Fault::Answer(answers::json(status, body))
    }

    /// An answer with another `Content-Type`, without handling the request.
    #[must_use]
    pub fn of_type(status: StatusCode, content_type: &'static str, body: &str) -> Fault {
        Fault::Answer(answers::of_type(status, content_type, body))
    }
}
