//! A row of the table: what is thrown at a login, and what comes out.

use std::fmt;

use hub_auth_core::{Delivery, Failure, FailureKind, Grant, TransportErrorKind};
use hub_auth_testkit::wire::Act;

use crate::both::Transport;

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) line: Line,
    /// A script for each connection of the faulty call; the last is for all that follow.
    pub(crate) script: Vec<Vec<Act>>,
    /// What comes of it, on either call unless `code` says otherwise.
    pub(crate) out: Out,
    /// On the call with the code.
    pub(crate) code: Option<Out>,
    /// How many requests arrive of a first call. Of a call with a code it is one, or none if nothing was sent.
    pub(crate) arrive: usize,
    /// One transport may do otherwise.
    pub(crate) but: Option<(Transport, Out, usize, &'static str)>,
    /// Whether a deadline has to pass.
    pub(crate) is_slow: bool,
}

/// What the client talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A server of plain bytes.
    Plain,
    /// A server of TLS, good or in some way bad.
    Tls(Server),
    /// `http://` to a server of TLS.
    PlainToTls,
    /// A proxy, which is named by this scheme and plays the script.
    Proxy(&'static str),
    Refused,
    Silent,
    NoSuchName,
    RefusedProxy,
    NoSuchProxy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Good,
    Tls12,
    Expired,
    NotYetValid,
    OtherName,
    Stranger,
    WantsClients12,
    WantsClients13,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    Done,
    /// A whole answer was read, and this is what it means.
    Answer(FailureKind, u16),
    /// No whole answer; the status if the head was whole.
    Lost(FailureKind, Option<u16>, TransportErrorKind, Delivery),
    /// One of these: what is seen first is a race.
    Race(&'static [Out]),
}

/// Either cannot be told, so it may have arrived.
pub(crate) const fn lost(broke: TransportErrorKind) -> Out {
    Out::Lost(kind(broke), None, broke, Delivery::MaybeSent)
}

/// The same with the status of an answer whose head was whole.
pub(crate) const fn cut(status: u16, broke: TransportErrorKind) -> Out {
    Out::Lost(kind(broke), Some(status), broke, Delivery::MaybeSent)
}

/// Proved that nothing was sent.
pub(crate) const fn unsent(broke: TransportErrorKind) -> Out {
    Out::Lost(kind(broke), None, broke, Delivery::NotSent)
}

/// The name is not found, or a machine without a resolver takes its time.
pub(crate) const UNRESOLVED: Out =
    Out::Race(&[unsent(TransportErrorKind::Resolve), unsent(TransportErrorKind::Timeout)]);
/// Whether the request or the end was first.
pub(crate) const CLOSED_EARLY: Out = Out::Race(&[lost(TransportErrorKind::Closed), unsent(TransportErrorKind::Closed)]);
/// The same, and a reset may even come before the connection is known to be there.
pub(crate) const RESET_EARLY: Out = Out::Race(&[
    lost(TransportErrorKind::Closed),
    unsent(TransportErrorKind::Closed),
    unsent(TransportErrorKind::Connect),
]);
/// What follows the head at once may be met before the head is read.
pub(crate) const PERHAPS_CUT: Out =
    Out::Race(&[cut(200, TransportErrorKind::Closed), lost(TransportErrorKind::Closed)]);

const fn kind(broke: TransportErrorKind) -> FailureKind {
    match broke {
        TransportErrorKind::Timeout => FailureKind::TimedOut,
        TransportErrorKind::TooLarge => FailureKind::AnswerTooLarge,
        _ => FailureKind::Transport,
    }
}

impl Row {
    pub(crate) fn new(name: &'static str, line: Line, script: Vec<Act>, out: Out, arrive: usize) -> Row {
        Row { name, line, script: vec![script], out, code: None, arrive, but: None, is_slow: false }
    }

    pub(crate) fn code(self, out: Out) -> Row {
        Row { code: Some(out), ..self }
    }

    pub(crate) fn slow(self) -> Row {
        Row { is_slow: true, ..self }
    }

    pub(crate) fn but(self, transport: Transport, out: Out, arrive: usize, why: &'static str) -> Row {
        Row { but: Some((transport, out, arrive, why)), ..self }
    }
}

impl Out {
    pub(crate) fn of(ended: &Result<Grant, Failure>) -> Out {
        let Err(failure) = ended else { return Out::Done };
        let status = failure.status().map(|status| status.as_u16());
        match failure.transport() {
            Some((broke, sent)) => Out::Lost(failure.kind(), status, broke, sent),
            None => Out::Answer(failure.kind(), status.unwrap_or_default()),
        }
    }

    pub(crate) fn allows(self, found: Out) -> bool {
        match self {
            Out::Race(outs) => outs.contains(&found),
            out => out == found,
        }
    }
}

impl fmt::Display for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Out::Done => f.write_str("logged in"),
            Out::Answer(kind, status) => write!(f, "{kind} {status}"),
            Out::Lost(kind, None, broke, sent) => write!(f, "{kind}: {broke:?}, {sent:?}"),
            Out::Lost(kind, Some(status), broke, sent) => write!(f, "{kind} {status}: {broke:?}, {sent:?}"),
            Out::Race(outs) => f.write_str(&outs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", or ")),
        }
    }
}

/// The table, for people: `cargo test --test network_faults -- --nocapture`.
pub(crate) fn print(rows: &[Row]) {
    println!("| | fault | what comes out | first calls that arrive | otherwise |\n|---|---|---|---|---|");
    for (n, row) in rows.iter().enumerate() {
        let code = row.code.map(|out| format!("with the code: {out}. ")).unwrap_or_default();
        let but = row.but.map(|(by, out, arrive, why)| format!("{by:?}: {out}, {arrive}: {why}")).unwrap_or_default();
        println!("| {} | {} | {} | {} | {code}{but} |", n + 1, row.name, row.out, row.arrive);
    }
}
