//! Writes a challenge as one text, and reads it back.

use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::challenge::{Challenge, State};
use crate::account::{self, Identity};
use crate::credential::CredentialKind;
use crate::error::SealError;
use crate::failure::{Details, Failure};
use crate::hub::Hub;
use crate::kind::FailureKind;
use crate::route::Route;
use crate::sanitize;
use crate::seal::{self, Text};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::wire::trace;

/// The field that names the form.
const NAME: &str = "hub_auth_challenge";
const VERSION: u64 = 1;

/// Version 1. Times are unix milliseconds.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    hub_auth_challenge: u64,
    hub: Cow<'a, str>,
    user: Cow<'a, str>,
    kind: Cow<'a, str>,
    had_capitals: bool,
    ticket: Text,
    codes_left: u8,
    not_before: Option<u64>,
    /// The Hub's clock minus ours, in milliseconds.
    #[serde(default)]
    skew: i64,
    why: Option<SealedWhy<'a>>,
}

/// Keeps the failure of the last code, as far as people and exit codes need it.
#[derive(Serialize, Deserialize)]
struct SealedWhy<'a> {
    kind: Cow<'a, str>,
    status: Option<u16>,
    trace_id: Option<Cow<'a, str>>,
    said: Option<Cow<'a, str>>,
}

pub(super) fn seal(state: &State) -> Secret {
    seal::seal(&Sealed {
        hub_auth_challenge: VERSION,
        hub: state.hub.binding().into(),
        user: (&*state.identity.user).into(),
        kind: state.identity.kind.as_str().into(),
        had_capitals: state.identity.had_capitals,
        ticket: Text::of(state.ticket.expose()),
        codes_left: state.codes_left,
        not_before: state.not_before.map(UnixTime::as_millis),
        skew: state.skew,
        why: state.why.as_ref().map(|why| SealedWhy {
            kind: why.kind().as_str().into(),
            status: why.status().map(|status| status.as_u16()),
            trace_id: why.trace_id().map(Cow::from),
            said: why.server_message().map(Cow::from),
        }),
    })
}

pub(super) fn resume(hub: &Hub, sealed: &Secret) -> Result<Challenge, SealError> {
    seal::version(sealed, NAME, VERSION..=VERSION, hub)?;
    let sealed: Sealed<'_> = seal::read(sealed)?;
    // An access token is never asked for a code.
    let kind = [CredentialKind::Password, CredentialKind::PersonalToken, CredentialKind::OrganizationToken]
        .into_iter()
        .find(|kind| kind.as_str() == sealed.kind)
        .ok_or(SealError::Damaged)?;
    account::check_user(&sealed.user).map_err(|_| SealError::Damaged)?;
    let identity = Identity {
        user: sealed.user.into_owned().into_boxed_str(),
        kind,
        route: Route::TwoFactor,
        had_capitals: sealed.had_capitals,
    };
    let not_before = sealed.not_before.map(UnixTime::from_millis);
    let why = sealed.why.map(|why| why.open(&identity, not_before)).transpose()?;
    let codes_left = sealed.codes_left.min(hub.policy().codes().get());
    let ticket = Secret::from(sealed.ticket);
    if ticket.expose().is_empty() || codes_left == 0 {
        return Err(SealError::Damaged);
    }
    let (hub, identity, skew) = (hub.clone(), Arc::new(identity), sealed.skew);
    Ok(Challenge(Box::new(State { hub, identity, ticket, codes_left, not_before, skew, why })))
}

impl SealedWhy<'_> {
    fn open(self, identity: &Identity, retry_at: Option<UnixTime>) -> Result<Failure, SealError> {
        let kind = FailureKind::ALL.into_iter().find(|kind| kind.as_str() == self.kind).ok_or(SealError::Damaged)?;
        let mut details = Details::new(kind, Route::TwoFactor, identity);
        details.status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        details.retry_at = retry_at;
        details.trace_id = self.trace_id.and_then(|id| trace::visible(&id));
        details.server_message = self.said.map(|said| sanitize::printable(&said));
        Ok(details.into())
    }
}
