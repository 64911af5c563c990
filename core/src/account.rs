//! Checks user and credential before anything is sent.

use std::sync::Arc;

use crate::credential::{Credential, CredentialKind, is_prefixed};
use crate::error::{Field, InvalidInput, Reason};
use crate::route::Route;
use crate::sanitize;
use crate::secret::Secret;
use crate::token::Token;

/// The longest user name accepted, in bytes: room for an e-mail address, no more.
const LONGEST_USER: usize = 255;
/// The longest secret accepted, in bytes.
const LONGEST_SECRET: usize = 64 * 1024;

/// Holds a user and a credential that can be sent. Clones share one allocation; the last one dropped wipes the secret.
///
/// ```
/// use hub_auth_core::{Account, Credential};
///
/// let account = Account::new("Alice", Credential::password("hunter2"))?;
/// assert_eq!(account.user(), "alice");
///
/// let quoted = Account::new("alice", Credential::detect("'dckr_pat_0a1b'")).unwrap_err();
/// assert!(quoted.to_string().contains("(U+0027), which no such token has"));
/// # Ok::<(), hub_auth_core::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
pub struct Account(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Arc<Identity>,
    secret: Secret,
}

/// Names an account without its secret: all that outlives the first call.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) user: Box<str>,
    pub(crate) kind: CredentialKind,
    pub(crate) route: Route,
    /// The name was given with capitals, which the Hub does not have.
    pub(crate) had_capitals: bool,
}

impl Account {
    /// Checks user and secret before anything is sent: neither is empty, too long or has control characters, and a token has
    /// none but its own characters. A name without `@` is lower-cased (ASCII), as all Docker IDs are; nothing else is
    /// changed, the secret never.
    pub fn new(user: &str, credential: Credential) -> Result<Account, InvalidInput> {
        let Credential { kind, route, secret } = credential;
        check_user(user)?;
        check_secret(secret.expose(), kind)?;
        Ok(Account::build(user, kind, route, secret))
    }

    /// Names an account whose secret is not known, for a session that has a kept token: enough to read and to use that
    /// token. A login of it fails with [`FailureKind::Usage`](crate::FailureKind::Usage), and nothing is sent.
    pub fn without_secret(user: &str, kind: CredentialKind, route: Route) -> Result<Account, InvalidInput> {
        check_user(user)?;
        Ok(Account::build(user, kind, route, Secret::from("")))
    }

    fn build(user: &str, kind: CredentialKind, route: Route, secret: Secret) -> Account {
        let had_capitals = !user.contains('@') && user.bytes().any(|b| b.is_ascii_uppercase());
        let user = if had_capitals { user.to_ascii_lowercase() } else { user.to_owned() };
        let identity = Identity { user: user.into_boxed_str(), kind, route, had_capitals };
        Account(Arc::new(Inner { identity: Arc::new(identity), secret }))
    }

    /// Returns the user (or organization) name as it will be sent.
    pub fn user(&self) -> &str {
        &self.0.identity.user
    }

    /// Returns the kind of the credential.
    pub fn kind(&self) -> CredentialKind {
        self.0.identity.kind
    }

    /// Returns the route that a login takes first. A login with an access token takes none.
    pub fn route(&self) -> Route {
        self.0.identity.route
    }

    /// Returns the token that makes a login unnecessary.
    pub(crate) fn token(&self) -> Option<Token> {
        let is_token = self.kind() == CredentialKind::AccessToken;
        is_token.then(|| Token::new(self.secret().expose())).flatten()
    }

    /// Returns whether this is the same user with the same credential, for the same route.
    pub(crate) fn is(&self, other: &Account) -> bool {
        let (ours, theirs) = (&self.0.identity, &other.0.identity);
        (&ours.user, ours.kind, ours.route) == (&theirs.user, theirs.kind, theirs.route)
            && self.0.secret.expose() == other.0.secret.expose()
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.0.identity
    }

    /// Returns whether the account has a secret; one [without a secret](Account::without_secret) has an empty one.
    pub(crate) fn has_secret(&self) -> bool {
        !self.secret().expose().is_empty()
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0.secret
    }
}

pub(crate) fn check_user(user: &str) -> Result<(), InvalidInput> {
    let reason = if user.trim().is_empty() {
        Reason::Empty
    } else if user.chars().any(|c| !sanitize::is_printable(c) && !c.is_whitespace() || c.is_control()) {
        Reason::ControlCharacter
    } else if user.chars().any(char::is_whitespace) {
        Reason::WhiteSpace
    } else if user.len() > LONGEST_USER {
        Reason::TooLong
    } else {
        return Ok(());
    };
    Err(InvalidInput::new(Field::User, reason))
}

fn check_secret(secret: &str, kind: CredentialKind) -> Result<(), InvalidInput> {
    let is_prefixed = is_prefixed(secret);
    let is_foreign = |c: &char| match kind {
        _ if is_prefixed => !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'),
        CredentialKind::Password => is_stray(*c),
        CredentialKind::AccessToken => !c.is_ascii_graphic(),
        CredentialKind::PersonalToken | CredentialKind::OrganizationToken => !sanitize::is_printable(*c),
    };
    let reason = if secret.trim().is_empty() {
        Reason::Empty
    } else if secret.chars().any(char::is_control) {
        Reason::ControlCharacter
    } else if secret.len() > LONGEST_SECRET {
        Reason::TooLong
    } else if let Some(foreign) = secret.chars().find(is_foreign) {
        Reason::ForeignCharacter(foreign)
    } else {
        return Ok(());
    };
    Err(InvalidInput::new(kind.field(), reason))
}

/// Returns whether a character comes from a file or a copied page, and never from a person who types a password: a soft hyphen, a
/// zero-width space, a mark of direction, a word joiner, a byte order mark. Those that join letters or emoji are part of a text.
fn is_stray(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_cased_unless_they_are_addresses() {
        let user = |name| Account::new(name, Credential::password("X")).unwrap().user().to_owned();
        assert_eq!(user("Alice"), "alice");
        assert_eq!(user("Alice@Example.org"), "Alice@Example.org");
        assert_eq!(user("ÄRGER"), "Ärger");
    }

    #[test]
    fn bad_input_names_the_field() {
        let field = |credential| Account::new("a", credential).map_err(|bad| (bad.field, bad.reason)).unwrap_err();
        assert_eq!(field(Credential::password(" ")), (Field::Password, Reason::Empty));
        assert_eq!(
            field(Credential::personal_token("dckr_pat_0a\n1b")),
            (Field::PersonalToken, Reason::ControlCharacter)
        );
        assert_eq!(field(Credential::organization_token("\0")), (Field::OrganizationToken, Reason::ControlCharacter));
        assert_eq!(field(Credential::access_token("a b")), (Field::AccessToken, Reason::ForeignCharacter(' ')));
        for (name, reason) in [("a\u{200b}", Reason::ControlCharacter), ("a\u{a0}b", Reason::WhiteSpace)] {
            assert_eq!(check_user(name).unwrap_err(), InvalidInput::new(Field::User, reason));
        }
    }

    #[test]
    fn a_token_holds_its_own_characters_only() {
        // moby/moby#46773, Huachao/vscode-restclient#942, postmanlabs/postman-app-support#11010; an ellipsis
        // nextauthjs/next-auth#8452, cloudflare/workers-sdk#13997; U+2211 google-gemini/gemini-cli#1851; U+2500
        // XiaomiMiMo/MiMo-Code#296; U+200C nhoizey/vscode-gremlins#27
        for (secret, foreign) in [
            ("\"dckr_pat_0a1b\"", '"'),
            ("'dckr_oat_0a1b'", '\''),
            ("\u{201c}dckr_pat_0a1b\u{201d}", '\u{201c}'),
            ("\u{feff}dckr_pat_0a1b", '\u{feff}'),
            ("\u{200b}dckr_pat_0a1b", '\u{200b}'),
            ("dckr_pat_0a1b\u{a0}", '\u{a0}'),
            ("dckr_pat_0a1b ", ' '),
            ("dckr_pat_0a\u{2011}1b", '\u{2011}'),
            ("dckr_pat_0a1b\\", '\\'),
            ("dckr_pat_0a1b\u{2026}", '\u{2026}'),
            ("dckr_pat_0a\u{2211}1b", '\u{2211}'),
            ("dckr_pat_\u{2500}0a1b", '\u{2500}'),
            ("dckr_pat_0a\u{200c}1b", '\u{200c}'),
            ("<dckr_pat_0a1b>", '<'),
        ] {
            for credential in [Credential::detect(secret), Credential::password(secret)] {
                let field = credential.kind().field();
                let bad = Account::new("alice", credential).unwrap_err();
                assert_eq!((bad.field, bad.reason), (field, Reason::ForeignCharacter(foreign)), "{secret}");
            }
            assert_ne!(Credential::detect(secret).kind(), CredentialKind::Password, "{secret}");
        }
        for good in [
            "two words",
            "\"quoted\"",
            "p\u{e4}ss\u{a0}word",
            "my dckr_pat_ thing",
            "\u{1f469}\u{200d}\u{1f680}\u{fe0f}",
        ] {
            assert!(Account::new("alice", Credential::detect(good)).is_ok(), "{good}");
        }
        for (stray, password) in
            [('\u{feff}', "\u{feff}hunter2"), ('\u{200b}', "hunter2\u{200b}"), ('\u{ad}', "hun\u{ad}ter2")]
        {
            let refused = Account::new("alice", Credential::detect(password)).unwrap_err();
            assert_eq!((refused.field, refused.reason), (Field::Password, Reason::ForeignCharacter(stray)));
        }
    }

    #[test]
    fn a_login_lets_the_account_go_at_the_second_factor() {
        use crate::{Hub, Policy, Step, UnixTime};
        let account = Account::new("alice", Credential::password("x")).unwrap();
        let held = Arc::downgrade(&account.0);
        let Step::Send(exchange) = Hub::docker(Policy::new(0)).login(&account) else { panic!() };
        drop(account);
        let (request, awaiting) = exchange.send();
        drop(request);
        assert!(held.upgrade().is_some(), "it may have to be sent again");
        let mut answer = http::Response::new(&br#"{"login_2fa_token":"t"}"#[..]);
        *answer.status_mut() = http::StatusCode::UNAUTHORIZED;
        let step = awaiting.reply(answer, UnixTime::default());
        assert!(matches!(step, Step::NeedCode(_)));
        assert!(held.upgrade().is_none(), "and with it the password");
    }

    #[test]
    fn an_account_without_a_secret_sends_nothing() {
        use crate::{FailureKind, Hub, Policy, Step};
        let account = Account::without_secret("Alice", CredentialKind::Password, Route::UsersLogin).unwrap();
        assert_eq!(account.user(), "alice");
        let Step::Failed(failure) = Hub::docker(Policy::new(0)).login(&account) else { panic!("it would be sent") };
        assert_eq!(failure.kind(), FailureKind::Usage);
        assert!(Account::without_secret("a b", CredentialKind::Password, Route::UsersLogin).is_err());
    }

    #[test]
    fn clones_share_the_secret() {
        let account = Account::new("alice", Credential::password("x")).unwrap();
        let place = account.secret().expose().as_ptr();
        assert_eq!(account.clone().secret().expose().as_ptr(), place);
        assert!(!format!("{account:?}").contains("\"x\""));
    }
}
