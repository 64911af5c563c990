//! Where the body of an answer is collected, up to a limit.

use bytes::{Bytes, BytesMut};
use hub_auth_core::{BoxError, ReplyBody};

/// The longest body of an answer that [`Session::send`](crate::Session::send) reads, in bytes: 16 MiB.
pub const MAX_ANSWER: usize = 16 * 1024 * 1024;

pub(crate) trait Collect: AsRef<[u8]> {
    /// Empty, with room for what `Content-Length` announces, as far as that is believed.
    fn new(announced: Option<u64>) -> Self;

    /// Adds a piece, or refuses it if the body would pass the limit.
    fn push(&mut self, piece: &[u8]) -> Result<(), BoxError>;
}

/// What may hold a token is wiped.
impl Collect for ReplyBody {
    fn new(announced: Option<u64>) -> ReplyBody {
        ReplyBody::new(announced)
    }

    fn push(&mut self, piece: &[u8]) -> Result<(), BoxError> {
        Ok(self.push(piece)?)
    }
}

/// The body of an API call's answer.
pub(crate) struct Answer(BytesMut);

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Answer> for Bytes {
    fn from(answer: Answer) -> Bytes {
        answer.0.freeze()
    }
}

impl Collect for Answer {
    fn new(announced: Option<u64>) -> Answer {
        let room = announced.and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(64 * 1024);
        Answer(BytesMut::with_capacity(room))
    }

    fn push(&mut self, piece: &[u8]) -> Result<(), BoxError> {
        if self.0.len() + piece.len() > MAX_ANSWER {
            return Err(format!("the answer is longer than {MAX_ANSWER} bytes").into());
        }
        self.0.extend_from_slice(piece);
        Ok(())
    }
}
