//! Writes a session as one text and reads it back, so that what one process learns outlives it and reaches all who share
//! a store.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bearer::Bearer;
use super::countdown::{Countdown, millis};
use super::current::Current;
use super::lifetime::Lifetime;
use super::lockout::SealedHold;
use super::state::Session;
use super::steps::Sealed;
use crate::claims::UnverifiedClaims;
use crate::error::SealError;
use crate::route::Route;
use crate::seal::{self, Text};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::token::Token;
use crate::wire::leak::Leaks;

/// Names the form: the field that holds its version.
const NAME: &str = "hub_auth_session";
/// Version 1 had no holds. It was never published, and is unknown.
const VERSION: u64 = 2;

/// Bounds how far the clocks of processes that share a sealed session may differ.
const DRIFT: Duration = Duration::from_secs(60);

/// Keeps a used TOTP step: the Hub takes a code a step after its own, and clocks differ.
const CODE: Duration = Duration::from_secs(90);

/// Holds the fields of version 2. Times are unix milliseconds, durations milliseconds.
#[derive(Serialize, Deserialize)]
struct Form<'a> {
    hub_auth_session: u64,
    hub: Cow<'a, str>,
    user: Cow<'a, str>,
    kind: Cow<'a, str>,
    route: Cow<'a, str>,
    token: Option<Text>,
    /// The route that gave it: after a second factor, another than the first.
    granted_by: Option<Cow<'a, str>>,
    /// The whole life, and what was left of it at `seen` on the local clock.
    whole: Option<u64>,
    left: Option<u64>,
    seen: u64,
    skew: i64,
    totp_step: Option<u64>,
    holds: Vec<SealedHold<'a>>,
}

impl Session {
    /// Returns the session as one text, to be [restored](Session::restore) by another process; `None` if there is nothing to
    /// keep.
    ///
    /// The text is a secret: it holds the token. It does not hold the password or the TOTP secret, but the last time step
    /// that was used, and 16 bits that tell a refused password from another one.
    pub fn seal(&mut self, now: UnixTime) -> Option<Secret> {
        self.sealed(now).map(|sealed| sealed.text)
    }

    /// Returns the text of [`seal`](Session::seal), and how long it is of use.
    pub(super) fn sealed(&mut self, now: UnixTime) -> Option<Sealed> {
        let holds = self.holds.seal(&self.account, now);
        let totp_step = self.totp_step.max(self.stored_step);
        let current = self.current.as_mut();
        let life = current.map(|current| (current.life.whole(), current.life.left(now)));
        let (whole, left) = life.map_or((None, None), |(whole, left)| (whole, Some(left)));
        let held = holds.iter().map(|hold| Duration::from_millis(hold.left));
        let longest = held.chain(left).chain(totp_step.map(|_| CODE)).max()?;
        // A token that does not say when it ends is of use for ever.
        let good_until = (longest < Duration::MAX).then(|| now + longest);
        let bearer = self.current.as_ref().map(|current| &current.bearer);
        let form = Form {
            hub_auth_session: VERSION,
            hub: self.hub.binding().into(),
            user: self.account.user().into(),
            kind: self.account.kind().as_str().into(),
            route: self.account.route().as_str().into(),
            token: bearer.map(|bearer| Text::of(bearer.token().expose())),
            granted_by: bearer.map(|bearer| bearer.route().as_str().into()),
            whole: whole.map(millis),
            left: whole.and(left).map(millis),
            seen: now.as_millis(),
            skew: self.skew,
            totp_step,
            holds,
        };
        Some(Sealed { text: seal::seal(&form), good_until })
    }

    /// Takes over what is of use from a sealed session of the same Hub, user, kind of credential and route: the token, if it
    /// is good for longer than the own one and not the one that was rejected last; the last TOTP step; and what keeps it from
    /// logging in. On an error nothing changes.
    pub fn restore(&mut self, sealed: &Secret, now: UnixTime) -> Result<(), SealError> {
        let form = self.open(sealed)?;
        let theirs = self.token_of(&form, now)?;
        self.stored_step = form.totp_step.or(self.stored_step);
        self.holds.merge(&form.holds, &self.account, UnixTime::from_millis(form.seen), now);
        let Some(mut theirs) = theirs else { return Ok(()) };
        let ours = self.current.as_mut().map_or(Duration::ZERO, |ours| ours.life.left(now));
        let known = [self.current.as_ref().map(|ours| &ours.bearer), self.rejected.as_ref()];
        let is_known = known.into_iter().flatten().any(|known| known.is(&theirs.bearer));
        if !is_known && theirs.life.left(now) > ours {
            self.skew = form.skew;
            self.install(theirs);
        }
        Ok(())
    }

    /// Returns the token of a sealed session.
    fn token_of(&self, form: &Form<'_>, now: UnixTime) -> Result<Option<Current>, SealError> {
        let Some(token) = &form.token else { return Ok(None) };
        let token = Token::new(token.expose()).ok_or(SealError::Damaged)?;
        let seen = UnixTime::from_millis(form.seen);
        let life = match (form.whole.map(Duration::from_millis), form.left.map(Duration::from_millis)) {
            (Some(whole), Some(left)) if left <= whole => {
                // From the future: the clock has stepped back since, and how much of the life has passed cannot be known.
                let left = if seen.since(now) > DRIFT { Duration::ZERO } else { left };
                let mut rest = Countdown::new(left, seen);
                rest.left(now);
                Lifetime::with(whole, rest, self.hub.policy(), self.tokens)
            }
            (None, None) => Lifetime::endless(),
            _ => return Err(SealError::Damaged),
        };
        let by_second_factor = form.granted_by.as_deref() == Some(Route::TwoFactor.as_str());
        let route = if by_second_factor { Route::TwoFactor } else { self.account.route() };
        let leaks = Leaks::of([self.account.secret().expose(), token.expose()], None);
        let claims = UnverifiedClaims::read(token.expose(), |text| leaks.printable(text));
        Ok(Some(Current::new(Bearer::new(token, route, claims), life, seen, false)))
    }

    /// Reads a sealed session, if it is of this one's account at its Hub.
    fn open<'a>(&self, sealed: &'a Secret) -> Result<Form<'a>, SealError> {
        seal::version(sealed, NAME, VERSION..=VERSION, &self.hub)?;
        let form: Form<'a> = seal::read(sealed)?;
        let account = &self.account;
        let is_own = form.user == account.user()
            && form.kind == account.kind().as_str()
            && form.route == account.route().as_str();
        if is_own { Ok(form) } else { Err(SealError::Other) }
    }
}
