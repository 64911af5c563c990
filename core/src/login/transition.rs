//! Holds every transition of the machine, in one place.
//!
//! ```text
//! begin ──► Send ──reply──► Done          200 with a token
//!            ▲  │
//!            │  ├──reply──► NeedCode      the second factor; or a code that did not do, and codes are left
//!            │  │             │
//!            │  │           answer ─────► Send, or Wait while the Hub wants one
//!            │  │
//!            │  ├──reply/failed──► Wait    429, 5xx or a break (but a proxy's refusal), within the policy
//!            └──resume──────────┘
//!               └──reply/failed──► Failed  all else
//! ```

use std::sync::Arc;

use super::challenge::State;
use super::{Challenge, Exchange, Pause, Step};
use crate::account::{Account, Identity};
use crate::failure::Details;
use crate::grant::Grant;
use crate::hub::Hub;
use crate::kind::FailureKind;
use crate::route::Route;
use crate::secret::{Code, Secret};
use crate::time::UnixTime;
use crate::transport::{Delivery, MAX_REPLY, Reply, Request, TransportError, TransportErrorKind};
use crate::wire::response::{self, Granted, Refusal, Verdict};
use crate::wire::{auth_token, request, retry_after, two_factor, users_login};

/// Holds a request of a login, and counts how often it was sent.
pub(super) struct Flight {
    pub(super) hub: Hub,
    pub(super) call: Call,
    /// Sends of this step so far.
    pub(super) sends: u8,
    /// Set once a request that may have arrived was sent again. That happens once a login.
    pub(super) doubted: bool,
}

/// Names the two calls of a login, each with all it needs to be sent again.
pub(super) enum Call {
    First(Account),
    Code(Challenge, Code),
}

/// Starts a login. One that has its token already sends nothing, and one without a secret fails.
pub(super) fn begin(hub: &Hub, account: &Account) -> Step {
    if let Some(token) = account.token() {
        return Step::Done(Grant::of_token(account, token));
    }
    if !account.has_secret() {
        return Step::Failed(Details::new(FailureKind::Usage, account.route(), account.identity()).into());
    }
    send(hub.clone(), Call::First(account.clone()))
}

/// Sends a code, or waits until the Hub takes one.
pub(super) fn answer(mut challenge: Challenge, code: Code, now: UnixTime) -> Step {
    let hub = challenge.0.hub.clone();
    challenge.0.codes_left = challenge.0.codes_left.saturating_sub(1);
    let not_before = challenge.0.not_before.take().map(|at| at.min(now + retry_after::LONGEST)).filter(|at| *at > now);
    let Some(until) = not_before else { return send(hub, Call::Code(challenge, code)) };
    let why = challenge.failure();
    Step::Wait(Pause { until, why, flight: Flight::new(hub, Call::Code(challenge, code)) })
}

/// Goes on after a wait, unless it is not over.
pub(super) fn resume(pause: Pause, now: UnixTime) -> Step {
    if now < pause.until { Step::Wait(pause) } else { Step::Send(Exchange(pause.flight)) }
}

/// Reads a whole answer.
pub(super) fn reply(flight: Flight, reply: &Reply<'_>, now: UnixTime) -> Step {
    if reply.body().len() > MAX_REPLY {
        let mut head = http::Response::new(());
        *head.status_mut() = reply.status();
        *head.headers_mut() = reply.headers().clone();
        let error = TransportError::new(Delivery::MaybeSent, TransportErrorKind::TooLarge);
        return failed(flight, error.with_head(head.into_parts().0), now);
    }
    match flight.reader().read(reply.status(), reply.headers(), reply.body(), now) {
        Verdict::Granted(granted) => Step::Done(flight.grant(granted, reply, now)),
        Verdict::Challenged { ticket } => flight.challenge(ticket, retry_after::skew(reply.headers(), now)),
        Verdict::Refused(refusal) => flight.refused(refusal, now),
    }
}

/// Goes on where no whole answer came. A head that came decides first: a cut 429 is a 429.
pub(super) fn failed(flight: Flight, error: TransportError, now: UnixTime) -> Step {
    let TransportError { delivery, kind: what, head, source } = error;
    // A request that was answered was sent, even if the adapter says otherwise.
    let sent = if head.is_some() { Delivery::MaybeSent } else { delivery };
    // A proxy's own answer is none of the Hub's.
    let head = head.as_ref().filter(|_| what != TransportErrorKind::Proxy).map(|head| (head.status, &head.headers));
    if let Some((status, headers)) = head {
        if let Some(mut refusal) = flight.reader().read_head(status, headers, now) {
            refusal.details.transport = Some((what, sent));
            refusal.details.source = source;
            return flight.refused(refusal, now);
        }
    }
    let kind = match what {
        TransportErrorKind::TooLarge => FailureKind::AnswerTooLarge,
        TransportErrorKind::Timeout => FailureKind::TimedOut,
        TransportErrorKind::Unreadable => FailureKind::MalformedAnswer,
        _ => FailureKind::Transport,
    };
    let mut details = flight.reader().no_answer(kind, head);
    details.transport = Some((what, sent));
    details.source = source;
    // A break counts as lost only without a head, or under a 2xx that may have held a token. Any other head is a refusal whose
    // words are missing. An answer that is too long or unreadable would be the same the next time.
    let is_answered = matches!(what, TransportErrorKind::TooLarge | TransportErrorKind::Unreadable);
    let is_lost = !is_answered && head.is_none_or(|(status, _)| status.is_success());
    flight.lost(details, what, sent, is_lost, now)
}

fn send(hub: Hub, call: Call) -> Step {
    Step::Send(Exchange(Flight::new(hub, call)))
}

impl Flight {
    fn new(hub: Hub, call: Call) -> Flight {
        Flight { hub, call, sends: 0, doubted: false }
    }

    pub(super) fn request(&self) -> Request {
        let body = match &self.call {
            Call::Code(challenge, code) => two_factor::body(&challenge.0.ticket, code),
            Call::First(account) => match account.route() {
                Route::AuthToken => auth_token::body(account.user(), account.secret()),
                _ => users_login::body(account.user(), account.secret()),
            },
        };
        request::post(self.hub.url(self.route()), self.hub.user_agent_header(), body)
    }

    fn reader(&self) -> response::Call<'_> {
        let (identity, sent) = match &self.call {
            Call::First(account) => (account.identity(), [account.secret().expose(), ""]),
            Call::Code(challenge, code) => (&challenge.0.identity, [challenge.0.ticket.expose(), code.expose()]),
        };
        response::Call { route: self.route(), identity, sent }
    }

    fn grant(self, granted: Granted, reply: &Reply<'_>, now: UnixTime) -> Grant {
        let Granted { token, claims, trace_id } = granted;
        Grant {
            route: self.route(),
            identity: self.into_identity(),
            token,
            claims,
            trace_id,
            received_at: now,
            server_time: retry_after::date(reply.headers()),
        }
    }

    fn into_identity(self) -> Arc<Identity> {
        match self.call {
            Call::First(account) => account.identity().clone(),
            Call::Code(challenge, _) => challenge.0.identity,
        }
    }

    /// Asks for the second factor. The account, and with it the secret, is dropped.
    fn challenge(self, ticket: Secret, skew: i64) -> Step {
        let hub = self.hub.clone();
        let codes_left = hub.policy().codes().get();
        let identity = self.into_identity();
        let state = State { hub, identity, ticket, codes_left, not_before: None, skew, why: None };
        Step::NeedCode(Challenge(Box::new(state)))
    }

    /// Goes on after an answer, or a head, that is not a success.
    fn refused(self, refusal: Refusal, now: UnixTime) -> Step {
        let Refusal { details, is_transient, ticket } = refusal;
        match self.call {
            Call::First(_) if is_transient => {
                // A wait of zero, or one that has passed, must not lead to a burst of requests.
                let soonest = now + self.backoff();
                let until = details.retry_at.unwrap_or(soonest).max(soonest);
                self.again(details, until, now)
            }
            Call::Code(..) if is_transient || details.kind == FailureKind::CodeRefused => {
                self.ask_again(details, ticket)
            }
            _ => Step::Failed(details.into()),
        }
    }

    /// Goes on after no answer, or too little of one.
    fn lost(
        mut self,
        details: Details,
        what: TransportErrorKind,
        sent: Delivery,
        is_lost: bool,
        now: UnixTime,
    ) -> Step {
        let until = now + self.backoff();
        let is_over = self.sends >= self.hub.policy().sends().get();
        match (&self.call, sent) {
            _ if !is_lost => Step::Failed(details.into()),
            // A proxy that refused its password would be shown it again with each new code, and company proxies lock accounts as
            // the Hub does.
            _ if what == TransportErrorKind::Proxy => Step::Failed(details.into()),
            (Call::Code(..), Delivery::MaybeSent) => self.ask_again(details, None),
            (Call::Code(..), Delivery::NotSent) if is_over => self.ask_again(details, None),
            (Call::First(_), Delivery::MaybeSent) if self.doubted => Step::Failed(details.into()),
            (_, Delivery::NotSent) => self.again(details, until, now),
            (Call::First(_), Delivery::MaybeSent) => {
                self.doubted = true;
                self.again(details, until, now)
            }
        }
    }

    /// Sends the same step once more at `until`, if the policy allows it.
    fn again(self, details: Details, until: UnixTime, now: UnixTime) -> Step {
        let policy = self.hub.policy();
        if self.sends >= policy.sends().get() || until.since(now) > policy.longest_wait() {
            return Step::Failed(details.into());
        }
        Step::Wait(Pause { until, why: details.into(), flight: self })
    }

    /// Asks for another code, if any may still be sent. The same one is never sent again.
    fn ask_again(self, details: Details, ticket: Option<Secret>) -> Step {
        let Call::Code(mut challenge, _) = self.call else {
            return Step::Failed(details.into());
        };
        if challenge.0.codes_left == 0 {
            return Step::Failed(details.into());
        }
        challenge.0.not_before = details.retry_at;
        challenge.0.why = Some(details.into());
        if let Some(ticket) = ticket {
            challenge.0.ticket = ticket;
        }
        Step::NeedCode(challenge)
    }

    fn backoff(&self) -> std::time::Duration {
        let step = match &self.call {
            Call::First(_) => 0,
            Call::Code(challenge, _) => challenge.0.codes_left.saturating_add(1),
        };
        self.hub.policy().backoff(step, self.sends)
    }
}
