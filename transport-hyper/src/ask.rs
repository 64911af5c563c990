//! Asks a person for one-time codes.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;

use hub_auth_core::session::{Codes, NeedCode};
use hub_auth_core::{Challenge, Code};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::warn;

use crate::Session;
use crate::drive::Wake;
use crate::exchange::TARGET;
use crate::session::lock;

/// Asks a person, unless the caller who needs the code has gone.
pub(crate) type Ask = dyn FnMut(&Challenge, &Handle, &mut oneshot::Sender<Answered>) -> Option<Code> + Send;
type Answered = (NeedCode, Option<Code>);

impl Session {
    /// Gets one-time codes from `ask`, for this session and its clones: a closure as
    /// [`Client::login_with`](crate::Client::login_with) takes.
    ///
    /// The closure runs on a thread of its own, so it may block, as a prompt on a terminal does. Within it the session gives
    /// no token, since the token waits for the code; a closure that waits for another task which needs a token never ends.
    /// If the closure panics, or no thread can be started, the login ends as if nobody could be asked.
    #[must_use]
    pub fn ask<F>(self, mut ask: F) -> Session
    where
        F: AsyncFnMut(&Challenge) -> Option<Code> + Send + 'static,
    {
        let ask = move |challenge: &Challenge, runtime: &Handle, caller: &mut oneshot::Sender<Answered>| {
            let mut asking = pin!(ask(challenge));
            runtime.block_on(poll_fn(|cx| match caller.poll_closed(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => asking.as_mut().poll(cx),
            }))
        };
        let replaced = lock(&self.0.ask).replace(Arc::new(Mutex::new(ask)));
        // Dropped after the lock: the closure is the caller's.
        drop(replaced);
        self.core().set_codes(Codes::Person);
        self
    }

    /// Asks a person for a one-time code, on a thread of its own.
    #[expect(clippy::expect_used, reason = "the thread answers even if the closure panics")]
    pub(crate) async fn code(&self, need: NeedCode) -> Answered {
        let Some(ask) = lock(&self.0.ask).clone() else { return (need, None) };
        let (mut caller, answer) = oneshot::channel();
        // Sends `need` only once the thread runs: a thread that cannot be started would drop it with its closure.
        let (hand_over, handed_over) = mpsc::channel::<NeedCode>();
        let (runtime, wake) = (Handle::current(), Wake(self.clone()));
        let started = thread::Builder::new().name("hub-auth-ask".into()).spawn(move || {
            // Dropped last: if the caller has gone, the login ends here.
            let wake = wake;
            let Ok(need) = handed_over.recv() else { return };
            let asking = AssertUnwindSafe(|| {
                let mut ask = lock(&ask);
                *lock(&wake.0.0.asking) = Some(thread::current().id());
                ask(need.challenge(), &runtime, &mut caller)
            });
            let code = catch_unwind(asking).unwrap_or(None);
            drop(caller.send((need, code)));
        });
        if let Err(error) = started {
            warn!(target: TARGET, %error, "no thread to ask for a code");
            return (need, None);
        }
        drop(hand_over.send(need));
        answer.await.expect("an answer")
    }

    /// Returns whether this is the thread that asks a person, or the last one that did.
    pub(crate) fn is_asking_here(&self) -> bool {
        *lock(&self.0.asking) == Some(thread::current().id())
    }
}
