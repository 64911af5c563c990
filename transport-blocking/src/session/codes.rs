//! Where one-time codes come from.

use std::sync::{Arc, Mutex};

use hub_auth_core::{Challenge, Code};

#[cfg(feature = "totp")]
use hub_auth_host::now;

use super::{Session, lock};

#[derive(Clone)]
pub(super) enum Codes {
    Nobody,
    Person(Arc<Mutex<Ask>>),
    #[cfg(feature = "totp")]
    Totp(Arc<hub_auth_core::Totp>),
}

type Ask = dyn FnMut(&Challenge) -> Option<Code> + Send;

impl Codes {
    /// Whether a person is waited for.
    pub(super) fn are_typed(&self) -> bool {
        matches!(self, Codes::Person(_))
    }
}

impl Session {
    /// The code for this challenge; `None` if there is nobody to ask.
    #[cfg_attr(not(feature = "totp"), expect(clippy::unused_self, reason = "whose state makes the codes of TOTP"))]
    pub(super) fn code(&self, codes: &Codes, challenge: &Challenge) -> Option<Code> {
        match codes {
            Codes::Nobody => None,
            // After a panic it is asked again, by another thread.
            Codes::Person(ask) => lock(ask)(challenge),
            #[cfg(feature = "totp")]
            Codes::Totp(totp) => self.next_code(totp),
        }
    }

    /// The next code of this secret, once its time has come; `None` if the client is shut down before.
    #[cfg(feature = "totp")]
    fn next_code(&self, totp: &hub_auth_core::Totp) -> Option<Code> {
        let client = &self.0.client;
        while !client.http().stop().is_stopped() {
            let now = now();
            let next = self.0.shared.core().next_code(totp, now);
            match next {
                hub_auth_core::NextCode::Now(code, _) => {
                    // Before it is sent: the next process must not send it again, whatever becomes of this one.
                    self.save();
                    return Some(code);
                }
                hub_auth_core::NextCode::At(time) => client.http().stop().sleep(time.since(now)),
            }
        }
        None
    }
}
