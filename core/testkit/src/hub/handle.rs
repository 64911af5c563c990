//! Handles one request, from its arrival to its outcome.

use std::time::{Duration, UNIX_EPOCH};

use http::header::{AUTHORIZATION, DATE, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, StatusCode};

use super::answers::{self, Answer};
use super::faults::{Fault, Outcome};
use super::sim_hub::{Seen, SimHub};
use super::tokens::{self, Bearer};
use hub_auth_core::UnixTime;

static CF_RAY: HeaderName = HeaderName::from_static("cf-ray");
static TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
/// The last second an HTTP date can name: 9999-12-31T23:59:59Z.
const LAST_DATE: u64 = 253_402_300_799;

/// Holds the parts of a request.
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl SimHub {
    /// Handles a request that arrives at `now`. Ignores the host of its URI.
    pub fn handle<B: AsRef<[u8]>>(&mut self, request: &Request<B>, now: UnixTime) -> Outcome {
        let is_login = super::routes::LOGINS.iter().any(|route| request.uri().path().ends_with(route));
        let always = self.on_api_calls.as_ref().filter(|_| !is_login).unwrap_or(&self.always).clone();
        let fault = self.script.pop_front().unwrap_or(always);
        let call = Call {
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or_default(),
            headers: request.headers(),
            body: request.body().as_ref(),
        };
        let outcome = self.meet(fault, &call, now);
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        let status = outcome.answer().map(http::Response::status);
        self.seen.push(Seen { method: request.method().clone(), target, status });
        outcome
    }

    fn meet(&mut self, fault: Fault, call: &Call<'_>, now: UnixTime) -> Outcome {
        match fault {
            Fault::DropBefore => Outcome::Drop,
            Fault::Raw(bytes) => Outcome::Raw(bytes),
            Fault::Stall => Outcome::Stall,
            Fault::Answer(answer) => Outcome::Answer(self.stamp(answer, now)),
            Fault::Endless(bytes) => self.endless(bytes, true, now),
            Fault::EndlessUnannounced(bytes) => self.endless(bytes, false, now),
            Fault::Pass => Outcome::Answer(self.serve(call, now)),
            Fault::DropAfter => {
                self.serve(call, now);
                Outcome::Drop
            }
            Fault::Headers(replaced) => {
                let mut answer = self.serve(call, now);
                for name in replaced.keys() {
                    answer.headers_mut().remove(name);
                }
                for (name, value) in &replaced {
                    answer.headers_mut().append(name, value.clone());
                }
                Outcome::Answer(answer)
            }
            Fault::Truncate(sent) => Outcome::Truncated { answer: self.serve(call, now), sent },
            Fault::Drip(every) => Outcome::Drip { answer: self.serve(call, now), every },
        }
    }

    fn endless(&mut self, bytes: u64, announced: bool, now: UnixTime) -> Outcome {
        Outcome::Endless { answer: self.stamp(answers::json(StatusCode::OK, []), now), bytes, announced }
    }

    /// Answers a request without a fault: first the rate limit, then the route.
    fn serve(&mut self, call: &Call<'_>, now: UnixTime) -> Answer {
        let authorized = self.bearer(call.headers, now).is_some();
        let window = if authorized { &mut self.authorized } else { &mut self.anonymous };
        let figures = window.count(now);
        let mut answer = if figures.passed { self.below_prefix(call, now) } else { answers::rate_limited() };
        // A 429 from a route is the lockout, which comes without the headers of the rate limit.
        if !(figures.passed && answer.status() == StatusCode::TOO_MANY_REQUESTS) {
            figures.stamp(answer.headers_mut());
        }
        self.stamp(answer, now)
    }

    fn below_prefix(&mut self, call: &Call<'_>, now: UnixTime) -> Answer {
        match call.path.strip_prefix(&self.prefix) {
            Some(path) => self.route(&Call { path, ..*call }, now),
            None => answers::not_found(),
        }
    }

    /// Returns the owner of the request's bearer, if that is good.
    pub(super) fn bearer(&self, headers: &HeaderMap, now: UnixTime) -> Option<&Bearer> {
        let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| self.tokens.bearer(token, now)).flatten()
    }

    /// Returns a number that was not given before.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Adds `date` and `x-trace-id` where the answer has none. An answer of the edge has no trace id.
    fn stamp(&mut self, mut answer: Answer, now: UnixTime) -> Answer {
        let serial = self.next_serial();
        let by_edge = answer.headers().contains_key(&CF_RAY);
        let secs = Duration::from_secs(now.as_secs().min(LAST_DATE));
        let headers = [(&TRACE_ID, tokens::hex("trace", serial)), (&DATE, httpdate::fmt_http_date(UNIX_EPOCH + secs))];
        for (name, value) in headers.into_iter().skip(usize::from(by_edge)) {
            if let Ok(value) = HeaderValue::try_from(value) {
                answer.headers_mut().entry(name).or_insert(value);
            }
        }
        answer
    }
}
