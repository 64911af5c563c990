//! Keeps an account logged in: one login for any number of callers, renewed before it expires, and no refused secret sent
//! again.
//!
//! Pure as the login itself. [`Session::start`] says in a [`Next`] what a caller does: use the token, wait for the login of
//! another, or log in for all, which includes the store that processes share. An adapter keeps the [`Session`] in a mutex,
//! and does what the steps say. It decides nothing:
//!
//! ```
//! use std::cell::RefCell;
//! use std::time::Duration;
//!
//! use hub_auth_core::session::{Bearer, Next, Session, Want};
//! use hub_auth_core::{Account, Code, Credential, Failure, Hub, Policy, Secret, UnixTime};
//! use hub_auth_testkit::{SimHub, demo};
//!
//! /// Holds a store (here for one account only), a connection, a clock, and a person who types codes.
//! struct Program {
//!     store: RefCell<Option<Secret>>,
//!     hub: RefCell<SimHub>,
//!     clock: RefCell<UnixTime>,
//! }
//!
//! impl Program {
//!     fn now(&self) -> UnixTime {
//!         *self.clock.borrow()
//!     }
//!
//!     // With more than one caller the session is locked for each call that takes it, and for no longer.
//!     fn token(&self, session: &mut Session, want: Want) -> Result<Bearer, Failure> {
//!         let mut next = session.start(want, self.now());
//!         loop {
//!             next = match next {
//!                 Next::Ready(bearer) => return Ok(bearer),
//!                 Next::Refused(failure) => return Err(failure),
//!                 Next::HandOut(challenge) => return Err(challenge.give_up()), // for who asks by hand
//!                 Next::Park(park) => park.resume(session, self.now()), // until woken; here nobody else logs in
//!                 Next::Lock(lock) => lock.got(), // or held(), or failed()
//!                 Next::Load(load) => load.found(self.store.borrow().as_ref(), session, self.now()),
//!                 Next::Send(unsent) => {
//!                     let (request, sent) = unsent.send();
//!                     let answer = self.hub.borrow_mut().handle(&request, self.now());
//!                     sent.reply(answer.reply().expect("an answer"), session, self.now()) // or failed(error, ..)
//!                 }
//!                 Next::Wait(wait) => {
//!                     let woken = self.now() + wait.delay(self.now());
//!                     self.clock.replace(woken); // your sleep
//!                     wait.resume(session, self.now())
//!                 }
//!                 Next::NeedCode(need) => {
//!                     let typed = self.hub.borrow().code(need.challenge().user(), self.now());
//!                     match typed.and_then(|typed| Code::new(&typed).ok()) {
//!                         Some(code) => need.answer(code, session, self.now()),
//!                         None => need.nobody(session, self.now()),
//!                     }
//!                 }
//!                 Next::Save(save) => {
//!                     if let Some(sealed) = save.sealed(session, self.now()) {
//!                         self.store.replace(Some(sealed.text));
//!                     }
//!                     save.done(session, self.now()) // and wake the parked
//!                 }
//!                 Next::Unlock(unlock) => unlock.done(session, self.now()),
//!             }
//!         }
//!     }
//! }
//!
//! let program = Program {
//!     store: RefCell::new(None),
//!     hub: RefCell::new(SimHub::demo()),
//!     clock: RefCell::new(UnixTime::from_secs(1_760_000_000)),
//! };
//! let account = || Account::new(demo::USER, Credential::password(demo::PASSWORD));
//! let mut session = Session::new(Hub::docker(Policy::new(42)), account()?);
//! session.set_codes(hub_auth_core::session::Codes::Person);
//! let bearer = program.token(&mut session, Want::token(Duration::from_secs(60)))?;
//!
//! // Another process finds that token in the store. It sends nothing.
//! let mut other = Session::new(Hub::docker(Policy::new(43)), account()?);
//! let found = program.token(&mut other, Want::default())?;
//! assert_eq!(found.token().expose(), bearer.token().expose());
//! assert_eq!(program.hub.borrow().seen().len(), 2, "one login: the password and the code");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An API call with the token is a smaller machine: [`Call`].
//!
//! Rules for an adapter:
//!
//! - The mutex is held for one call of a step, never for I/O, a sleep or a caller's code.
//! - Parked callers are woken after each [`Next::Save`], and when a caller leaves the loop in any way: with a result, by a
//!   panic, or because its future is dropped. A leader that is gone hands over: the first parked caller that
//!   [looks again](Park::resume) leads.
//! - A code provider that asks its own session for a token is [refused](Park::refuse): the token waits for its code.
//! - The store's lock is kept from [`Lock::got`] to [`Next::Unlock`], or until the loop is left.
//! - Store, sleep and person may fail: each step has a call that says so.
//!
#![doc = include_str!("../../SESSIONS.md")]
//!
#![doc = include_str!("../../fleet.svg")]

mod bearer;
mod call;
mod countdown;
mod current;
mod drive;
mod flight;
mod given;
mod lifetime;
mod lockout;
mod sealed;
mod state;
mod steps;

pub use bearer::{Bearer, Rejected};
pub use call::{Answered, Call};
pub use state::Session;
pub use steps::{Codes, Load, Lock, NeedCode, Next, Park, Save, Sealed, Sent, Unlock, Unsent, Wait, Want};
