//! A session as one text, and back: so that a token outlives its process.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::bearer::Bearer;
use super::countdown::{Countdown, millis};
use super::current::Current;
use super::lifetime::Lifetime;
use super::state::Session;
use crate::claims::UnverifiedClaims;
use crate::error::SealError;
use crate::route::Route;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::token::Token;
use crate::wire::leak::Leak;

/// The one version there is. A new one is a new number, and the old one stays readable.
const VERSION: u64 = 1;

/// How far the clocks of processes may differ that share a sealed session.
const DRIFT: Duration = Duration::from_secs(60);

/// Version 1: JSON. Times are unix milliseconds, durations milliseconds.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    hub_auth_session: u64,
    hub: Cow<'a, str>,
    user: Cow<'a, str>,
    kind: Cow<'a, str>,
    route: Cow<'a, str>,
    token: Option<Cow<'a, str>>,
    /// The route that gave it: after a second factor, another than the first.
    granted_by: Option<Cow<'a, str>>,
    /// The whole life, and what was left of it at `seen` on the local clock.
    whole: Option<u64>,
    left: Option<u64>,
    seen: u64,
    skew: i64,
    totp_step: Option<u64>,
}

/// The version alone, so that a later one is told from nonsense.
#[derive(Deserialize)]
struct Versioned {
    hub_auth_session: u64,
}

/// What a sealed session holds.
struct Kept {
    current: Option<Current>,
    skew: i64,
    totp_step: Option<u64>,
}

impl Session {
    /// The session as one text, to be [restored](Session::restore) by another process; `None` if there is nothing to keep.
    ///
    /// It is a secret: it holds the token. It never holds the password or the TOTP secret, only the last time step used.
    pub fn seal(&mut self, now: UnixTime) -> Option<Secret> {
        let hub = self.hub.binding();
        let granted_by = self.current.as_ref().map(|current| current.bearer.route());
        let current = self.current.as_mut();
        if current.is_none() && self.totp_step.is_none() {
            return None;
        }
        let (token, whole, left) = match current {
            Some(current) => (Some(current.bearer.token().expose()), current.life.whole(), current.life.left(now)),
            None => (None, None, Duration::ZERO),
        };
        let sealed = Sealed {
            hub_auth_session: VERSION,
            hub: hub.as_str().into(),
            user: self.account.user().into(),
            kind: self.account.kind().as_str().into(),
            route: self.account.route().as_str().into(),
            token: token.map(Cow::from),
            granted_by: granted_by.map(|route| route.as_str().into()),
            whole: whole.map(millis),
            left: whole.map(|_| millis(left)),
            seen: now.as_millis(),
            skew: self.skew,
            totp_step: self.totp_step,
        };
        // Room from the start: growing would leave a copy of the token behind.
        let room = 512 + 6 * (hub.len() + self.account.user().len() + token.map_or(0, str::len));
        let mut json = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *json, &sealed).ok()?;
        String::from_utf8(std::mem::take(&mut *json)).ok().map(Secret::from)
    }

    /// Takes over the token of a sealed session of the same Hub, user, kind of credential and route. An expired one is taken
    /// too, and is not handed out. On an error nothing changes.
    pub fn restore(&mut self, sealed: &Secret, now: UnixTime) -> Result<(), SealError> {
        let kept = self.read(sealed, now)?;
        self.skew = kept.skew;
        self.totp_step = self.totp_step.max(kept.totp_step);
        if let Some(current) = kept.current {
            self.install(current);
        }
        Ok(())
    }

    /// Takes what is of use to a leader from a sealed session, left in a store by another process perhaps: the last TOTP
    /// step always, so that no code is made twice; its token if that outlasts the own one and is not the one that was
    /// rejected last. It is returned if it saves the login.
    pub fn take_over(
        &mut self,
        sealed: &Secret,
        min_left: Duration,
        now: UnixTime,
    ) -> Result<Option<Bearer>, SealError> {
        let before = self.current.as_ref().map(|current| current.bearer.clone());
        self.merge(sealed, now)?;
        let is_theirs = |bearer: &&Bearer| !before.is_some_and(|before| before.is(bearer));
        Ok(self.fresh(min_left, now).filter(is_theirs).cloned())
    }

    /// Takes what is of use from a sealed session: the last TOTP step always, its token if that outlasts the own one and is
    /// not the one that was rejected last.
    pub(super) fn merge(&mut self, sealed: &Secret, now: UnixTime) -> Result<(), SealError> {
        let kept = self.read(sealed, now)?;
        self.totp_step = self.totp_step.max(kept.totp_step);
        let known = [self.current.as_ref().map(|ours| &ours.bearer), self.rejected.as_ref()];
        let is_news = |theirs: &Current| !known.into_iter().flatten().any(|known| known.is(&theirs.bearer));
        let Some(mut theirs) = kept.current.filter(is_news) else { return Ok(()) };
        let left = self.current.as_mut().map_or(Duration::ZERO, |ours| ours.life.left(now));
        if theirs.life.left(now) > left {
            self.skew = kept.skew;
            self.install(theirs);
        }
        Ok(())
    }

    /// Reads a sealed session without taking anything over, but counts its token.
    fn read(&mut self, sealed: &Secret, now: UnixTime) -> Result<Kept, SealError> {
        let Sealed { token, granted_by, whole, left, seen, skew, totp_step, .. } = self.open(sealed)?;
        let token = token.map(|token| Zeroizing::new(token.into_owned()));
        let token = token.map(|token| Token::new(&token).ok_or(SealError::Damaged)).transpose()?;
        let seen = UnixTime::from_millis(seen);
        let life = match (whole.map(Duration::from_millis), left.map(Duration::from_millis)) {
            (Some(whole), Some(left)) if left <= whole => {
                // From the future: the clock has stepped back since, and how much of the life has passed cannot be known.
                let left = if seen.since(now) > DRIFT { Duration::ZERO } else { left };
                let mut rest = Countdown::new(left, seen);
                rest.left(now);
                self.tokens += 1;
                Lifetime::with(whole, rest, self.hub.policy(), self.tokens)
            }
            (None, None) => Lifetime::endless(),
            _ => return Err(SealError::Damaged),
        };
        let by_second_factor = granted_by.is_some_and(|route| route == Route::TwoFactor.as_str());
        let route = if by_second_factor { Route::TwoFactor } else { self.account.route() };
        let secret = Leak::of(self.account.secret().expose());
        let is_clean = |text: &str| !secret.is_in(text);
        let current = token.map(|token| {
            let claims = UnverifiedClaims::read(token.expose(), is_clean);
            Current::new(Bearer::new(token, route, claims), life, seen)
        });
        Ok(Kept { current, skew, totp_step })
    }

    /// Reads a sealed session, if it is of this one's account at its Hub.
    fn open<'a>(&self, sealed: &'a Secret) -> Result<Sealed<'a>, SealError> {
        let text = sealed.expose();
        let Versioned { hub_auth_session: version } = serde_json::from_str(text).map_err(|_| SealError::Damaged)?;
        if version != VERSION {
            return Err(SealError::UnknownVersion(version));
        }
        let sealed: Sealed<'a> = serde_json::from_str(text).map_err(|_| SealError::Damaged)?;
        let account = &self.account;
        let is_own = sealed.hub == self.hub.binding()
            && sealed.user == account.user()
            && sealed.kind == account.kind().as_str()
            && sealed.route == account.route().as_str();
        if is_own { Ok(sealed) } else { Err(SealError::Other) }
    }
}
