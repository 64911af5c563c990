//! Serves the three login routes.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::answers::{self, Answer};
use super::handle::Call;
use super::sim_hub::SimHub;
use super::tokens::{self, Origin};
use hub_auth_core::UnixTime;

/// Holds the members of the JSON object of a request.
type Fields = Map<String, Value>;

const USERS_LOGIN: &str = "/v2/users/login";
const TWO_FACTOR: &str = "/v2/users/2fa-login";
const AUTH_TOKEN: &str = "/v2/auth/token";
pub(super) const LOGINS: [&str; 3] = [USERS_LOGIN, TWO_FACTOR, AUTH_TOKEN];

impl SimHub {
    pub(super) fn route(&mut self, call: &Call<'_>, now: UnixTime) -> Answer {
        let login = match call.path {
            USERS_LOGIN => SimHub::users_login,
            TWO_FACTOR => SimHub::users_2fa_login,
            AUTH_TOKEN => SimHub::auth_token,
            _ => return self.resource(call, now),
        };
        if call.method != Method::POST {
            return answers::method_not_allowed("POST");
        }
        fields(call).and_then(|fields| login(self, &fields, call, now)).unwrap_or_else(|refusal| refusal)
    }

    /// Serves `POST /v2/users/login`, which takes a password, or a personal access token in its place.
    fn users_login(&mut self, fields: &Fields, call: &Call<'_>, now: UnixTime) -> Result<Answer, Answer> {
        let (name, password) = (string(fields, "username")?, string(fields, "password")?);
        if self.lockouts.is_locked(name, now) {
            return Err(answers::locked_out());
        }
        if self.accounts.is_organization(name, password) {
            return Err(answers::organization_refused());
        }
        if let Some(owner) = self.accounts.by_personal_token(password).map(str::to_owned) {
            return Ok(self.logged_in(&owner, Origin::PersonalToken, call, now));
        }
        let Some(user) = self.accounts.by_password(name, password) else {
            self.lockouts.failed(name, now);
            return Err(answers::refused());
        };
        let second_factor = user.has_second_factor();
        self.lockouts.succeeded(name);
        if second_factor {
            let serial = self.next_serial();
            return Err(answers::second_factor(&self.tickets.issue(name, serial, now)));
        }
        Ok(self.logged_in(name, Origin::Password, call, now))
    }

    /// Serves `POST /v2/users/2fa-login`, which takes the ticket of the first call and a code.
    fn users_2fa_login(&mut self, fields: &Fields, call: &Call<'_>, now: UnixTime) -> Result<Answer, Answer> {
        let (ticket, code) = (string(fields, "login_2fa_token")?, string(fields, "code")?);
        let name = self.tickets.user(ticket, now).ok_or_else(answers::refused)?.to_owned();
        if !self.accounts.user_mut(&name).is_some_and(|user| user.accept_code(code, now)) {
            self.tickets.wrong_code(ticket);
            return Err(answers::refused());
        }
        self.tickets.close(ticket);
        Ok(self.logged_in(&name, Origin::Password, call, now))
    }

    /// Serves `POST /v2/auth/token`, which takes a password without a second factor, or a personal or organization access token.
    /// Refuses the password of an account with a second factor. The Hub's own answer to that is unknown.
    fn auth_token(&mut self, fields: &Fields, _: &Call<'_>, now: UnixTime) -> Result<Answer, Answer> {
        let (name, secret) = (string(fields, "identifier")?, string(fields, "secret")?);
        if self.lockouts.is_locked(name, now) {
            return Err(answers::locked_out());
        }
        let (owner, origin) = if let Some(owner) = self.accounts.by_personal_token(secret) {
            (owner.to_owned(), Origin::PersonalToken)
        } else if self.accounts.organization_token_fits(name, secret) {
            (name.to_owned(), Origin::OrganizationToken)
        } else if self.accounts.by_password(name, secret).is_some_and(|user| !user.has_second_factor()) {
            (name.to_owned(), Origin::Password)
        } else {
            self.lockouts.failed(name, now);
            return Err(answers::refused_secret());
        };
        self.lockouts.succeeded(name);
        let serial = self.next_serial();
        Ok(answers::access_token(&self.tokens.mint(&owner, origin, tokens::SHORT, serial, now)))
    }

    /// Answers a login with a token, and with a refresh token after `?refresh_token=true` (docker/hub-tool).
    fn logged_in(&mut self, name: &str, origin: Origin, call: &Call<'_>, now: UnixTime) -> Answer {
        let serial = self.next_serial();
        let token = self.tokens.mint(name, origin, self.long_lifetime, serial, now);
        let refresh = call.query.split('&').any(|pair| pair == "refresh_token=true");
        answers::token(&token, refresh.then(|| tokens::opaque("refresh", serial)).as_deref())
    }
}

/// Reads the body of a login request. Fails with the 400 for a wrong one.
fn fields(call: &Call<'_>) -> Result<Fields, Answer> {
    if call.headers.contains_key(AUTHORIZATION) {
        return Err(answers::malformed("this route takes no Authorization header"));
    }
    if !is_json(call.headers) {
        return Err(answers::malformed("the Content-Type must be application/json"));
    }
    // A body of unknown length has been taken for an empty one since November 2021 (docker/hub-tool#191).
    if call.headers.contains_key(TRANSFER_ENCODING) || call.body.is_empty() {
        return Err(answers::malformed("EOF"));
    }
    let length = call.headers.get(CONTENT_LENGTH).map_or(Ok(call.body.len()), |length| {
        length.to_str().ok().and_then(|length| length.parse().ok()).ok_or_else(|| answers::malformed("Content-Length"))
    })?;
    if length != call.body.len() {
        return Err(answers::malformed("the Content-Length is not that of the body"));
    }
    serde_json::from_slice(call.body).map_err(|_| answers::malformed("the body is not a JSON object"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Returns a field that must be a string: a `code` as a number would have lost its leading zeros.
fn string<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, Answer> {
    fields.get(name).and_then(Value::as_str).ok_or_else(|| answers::bad_field(name))
}
