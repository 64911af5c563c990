//! Models a login by the few numbers that decide it: budgets, codes, doubts. It has no request, no text and no clock.

/// The meaning of the answer to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A 200 with a token.
    Token,
    /// A 401 with a ticket.
    Ticket,
    /// A 401 without one.
    Refused,
    /// 429 or 5xx that asks for so many seconds; `None` leaves the wait, never over the policy's, to the machine.
    Later(Option<u64>),
    /// Nothing that another try can change.
    Final,
    /// The request provably was not sent.
    NotSent,
    /// The request provably was not sent, since a proxy refused.
    Proxy,
    /// The request may have arrived; the answer is lost.
    Lost,
}

/// The next step of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Done,
    /// Ask for a code.
    Ask,
    /// Wait, then send the same again.
    Again,
    Failed,
}

#[derive(Debug)]
pub(crate) struct Model {
    /// Sends a step may have, codes that may be sent, seconds a login may wait.
    pub(crate) sends: u8,
    pub(crate) codes: u8,
    pub(crate) longest_wait: u64,
    /// Of this step.
    sent: u8,
    is_code: bool,
    doubted: bool,
}

impl Model {
    pub(crate) fn new(sends: u8, codes: u8, longest_wait: u64) -> Model {
        Model { sends, codes, longest_wait, sent: 0, is_code: false, doubted: false }
    }

    /// Takes a code, which starts a new step.
    pub(crate) fn answer(&mut self) {
        assert!(self.codes > 0, "asked for a code too many");
        self.codes -= 1;
        self.sent = 0;
        self.is_code = true;
        self.doubted = false;
    }

    /// Counts a request.
    pub(crate) fn send(&mut self) {
        self.sent += 1;
        assert!(self.sent <= self.sends, "sent beyond the budget");
        assert!(!(self.is_code && self.doubted), "a code that may have arrived was sent again");
    }

    /// Returns the step that has to follow.
    pub(crate) fn meet(&mut self, meaning: Meaning) -> Next {
        let again = |is_allowed| if is_allowed { Next::Again } else { Next::Failed };
        let is_left = self.sent < self.sends;
        let was_doubted = self.doubted;
        // An answer leaves no doubt, but it uses a code up.
        self.doubted |=
            meaning == Meaning::Lost || (self.is_code && !matches!(meaning, Meaning::NotSent | Meaning::Proxy));
        match (meaning, self.is_code) {
            (Meaning::Token, _) => Next::Done,
            (Meaning::Ticket, false) => Next::Ask,
            (Meaning::NotSent, false) => again(is_left),
            (Meaning::Lost, false) => again(is_left && !was_doubted),
            (Meaning::Later(secs), false) => again(is_left && secs.is_none_or(|secs| secs <= self.longest_wait)),
            (Meaning::NotSent, true) if is_left => Next::Again,
            (Meaning::Refused, false) | (Meaning::Final | Meaning::Proxy, _) => Next::Failed,
            (_, true) if self.codes > 0 => Next::Ask,
            (_, true) => Next::Failed,
        }
    }
}
