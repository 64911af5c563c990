//! Where one-time codes come from while others wait.

use std::pin::Pin;
#[cfg(feature = "totp")]
use std::sync::Arc;

use hub_auth_core::{Challenge, Code, Failure, Grant, LoginOutcome};
#[cfg(feature = "totp")]
use hub_auth_core::{NextCode, Totp};
use hub_auth_host::StoreLock;

use super::{Session, lock};
use crate::budget::Budget;
#[cfg(feature = "totp")]
use crate::clock::{now, sleep};

type Typing = Pin<Box<dyn Future<Output = Option<Code>> + Send>>;

#[derive(Default)]
pub(super) enum Codes {
    #[default]
    Nowhere,
    Person(Box<dyn FnMut(&Challenge) -> Typing + Send>),
    #[cfg(feature = "totp")]
    Totp(Arc<Totp>),
}

impl Codes {
    pub(super) fn of_person<F, A>(mut provider: F) -> Codes
    where
        F: FnMut(&Challenge) -> A + Send + 'static,
        A: Future<Output = Option<Code>> + Send + 'static,
    {
        Codes::Person(Box::new(move |challenge| Box::pin(provider(challenge))))
    }
}

/// A source that was picked, outside of the lock.
enum Source {
    Person(Typing),
    #[cfg(feature = "totp")]
    Totp(Arc<Totp>),
}

impl Session {
    /// Finishes the leader's login from its challenge on.
    pub(super) async fn answer_for_all(
        &self,
        mut challenge: Challenge,
        budget: &mut Budget,
        store_lock: &mut Option<StoreLock>,
    ) -> Result<Grant, Failure> {
        loop {
            challenge = self.0.client.askable(challenge, budget).await?;
            let code = budget.uncounted(self.code(&challenge, store_lock)).await;
            let Some(code) = code else { return Err(challenge.give_up()) };
            challenge = match self.0.client.answer_within(challenge, code, budget).await? {
                LoginOutcome::Done(grant) => return Ok(grant),
                LoginOutcome::NeedCode(next) => next,
            };
        }
    }

    async fn code(&self, challenge: &Challenge, store_lock: &mut Option<StoreLock>) -> Option<Code> {
        let source = match &mut *lock(&self.0.codes) {
            Codes::Nowhere => return None,
            Codes::Person(provider) => Source::Person(provider(challenge)),
            #[cfg(feature = "totp")]
            Codes::Totp(totp) => Source::Totp(Arc::clone(totp)),
        };
        match source {
            Source::Person(typing) => {
                // Other processes do not wait for a person.
                store_lock.take();
                typing.await
            }
            #[cfg(feature = "totp")]
            Source::Totp(totp) => Some(self.totp_code(&totp).await),
        }
    }

    /// The next code of this secret, once its time has come.
    #[cfg(feature = "totp")]
    async fn totp_code(&self, totp: &Totp) -> Code {
        let mut at = now();
        loop {
            let next = self.core().next_code(totp, at);
            match next {
                NextCode::Now(code, _) => {
                    // Before it is sent, so that the next process does not use this step again.
                    self.keep().await;
                    return code;
                }
                NextCode::At(time) => {
                    sleep(time.since(now())).await;
                    at = now().max(time);
                }
            }
        }
    }
}
