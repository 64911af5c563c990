//! A challenge as one text, and back.

use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::challenge::{Challenge, State};
use crate::account::{self, CredentialKind, Identity};
use crate::error::SealError;
use crate::failure::{Details, Failure};
use crate::hub::Hub;
use crate::kind::FailureKind;
use crate::route::Route;
use crate::sanitize;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::wire::trace;

/// The one version there is. A new one is a new number, and the old one stays readable.
const VERSION: u64 = 1;

/// Version 1: JSON. Times are unix milliseconds.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    hub_auth_challenge: u64,
    hub: Cow<'a, str>,
    user: Cow<'a, str>,
    kind: Cow<'a, str>,
    had_capitals: bool,
    ticket: Cow<'a, str>,
    codes_left: u8,
    not_before: Option<u64>,
    why: Option<SealedWhy<'a>>,
}

/// What became of the last code, as far as people and exit codes need it.
#[derive(Serialize, Deserialize)]
struct SealedWhy<'a> {
    kind: Cow<'a, str>,
    status: Option<u16>,
    trace_id: Option<Cow<'a, str>>,
    said: Option<Cow<'a, str>>,
}

/// The version alone, so that a later one is told from nonsense.
#[derive(Deserialize)]
struct Versioned {
    hub_auth_challenge: u64,
}

pub(super) fn seal(state: &State) -> Secret {
    let hub = state.hub.binding();
    let sealed = Sealed {
        hub_auth_challenge: VERSION,
        hub: hub.as_str().into(),
        user: (&*state.identity.user).into(),
        kind: state.identity.kind.as_str().into(),
        had_capitals: state.identity.had_capitals,
        ticket: state.ticket.expose().into(),
        codes_left: state.codes_left,
        not_before: state.not_before.map(UnixTime::as_millis),
        why: state.why.as_ref().map(|why| SealedWhy {
            kind: why.kind().as_str().into(),
            status: why.status().map(|status| status.as_u16()),
            trace_id: why.trace_id().map(Cow::from),
            said: why.server_message().map(Cow::from),
        }),
    };
    // Room from the start for all of it, escaped at its worst: growing would leave a copy of the ticket behind.
    let texts = [&hub, &*state.identity.user, state.ticket.expose()].iter().map(|text| text.len()).sum::<usize>();
    let mut json = zeroize::Zeroizing::new(Vec::with_capacity(4096 + 6 * texts));
    #[expect(clippy::expect_used, reason = "texts and numbers become JSON, JSON is UTF-8, and memory takes every byte")]
    {
        serde_json::to_writer(&mut *json, &sealed).expect("writing to memory");
        Secret::from(String::from_utf8(std::mem::take(&mut *json)).expect("JSON is UTF-8"))
    }
}

pub(crate) fn resume(hub: &Hub, sealed: &Secret) -> Result<Challenge, SealError> {
    let text = sealed.expose();
    let Versioned { hub_auth_challenge: version } = serde_json::from_str(text).map_err(|_| SealError::Damaged)?;
    if version != VERSION {
        return Err(SealError::UnknownVersion(version));
    }
    let sealed: Sealed<'_> = serde_json::from_str(text).map_err(|_| SealError::Damaged)?;
    let ticket = Secret::from(sealed.ticket.into_owned());
    if sealed.hub != hub.binding() {
        return Err(SealError::Other);
    }
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
    if ticket.expose().is_empty() || codes_left == 0 {
        return Err(SealError::Damaged);
    }
    let state = State { hub: hub.clone(), identity: Arc::new(identity), ticket, codes_left, not_before, why };
    Ok(Challenge(Box::new(state)))
}

impl SealedWhy<'_> {
    fn open(self, identity: &Identity, retry_at: Option<UnixTime>) -> Result<Failure, SealError> {
        let kind = FailureKind::ALL.into_iter().find(|kind| kind.as_str() == self.kind).ok_or(SealError::Damaged)?;
        let mut details = Details::new(kind, Route::TwoFactor, identity);
        details.status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        details.retry_at = retry_at;
        details.trace_id = self.trace_id.and_then(|id| trace::unsealed(&id));
        details.server_message = self.said.map(|said| sanitize::printable(&said));
        Ok(details.into())
    }
}
