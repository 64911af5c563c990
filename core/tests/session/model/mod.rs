//! Callers of two processes that share a store, in every order.
//!
//! Callers ask, take their next step, and are dropped; processes crash; the Hub answers, does not answer, or asks to wait; the
//! store fails; the account is changed; a token is rejected; time passes. Whatever the order:
//!
//! - there is one login in flight for each account in the store;
//! - a refused secret is not sent again within 15 minutes, by nobody who could know, and the same holds for a wait that the
//!   Hub asked for; whoever learns of either tells the store;
//! - no one-time code is sent twice;
//! - nobody gets a token of another account, a rejected one, or one that has ended;
//! - a caller that waited for a login that failed does not log in;
//! - the store is unlocked while a person types;
//! - nobody is parked for ever.
//!
//! Once the store has failed, no process is expected to know what another one does.

mod op;
mod setting;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use op::Op;
use setting::{ACCOUNTS, RIGHT, Second, WRONG};
use world::World;

/// Plays the sequence from the start. Returns whether its last operation was possible.
fn play(start: &Start, sequence: &[Op]) -> bool {
    let mut world = World::new(start.accounts, start.second);
    for op in start.before.iter().chain(sequence) {
        if !world.can(*op) {
            return false;
        }
        world.act(*op);
    }
    world.everybody_ends();
    true
}

struct Start {
    /// The account of each process.
    accounts: [usize; 2],
    second: Second,
    before: &'static [Op],
}

impl Start {
    fn explore(&self) {
        let less = usize::from(!self.before.is_empty());
        for (ops, depth) in [(Op::basic(), 6 - less), (Op::all(), 4 - less)] {
            let mut played = 0;
            self.explore_from(&mut Vec::new(), &ops, depth, &mut played);
            assert!(played > 500, "the exploration is too small to mean anything: {played}");
        }
    }

    fn explore_from(&self, sequence: &mut Vec<Op>, ops: &[Op], depth: usize, played: &mut usize) {
        for op in ops {
            if sequence.last().is_some_and(|last| op.adds_nothing_after(*last)) {
                continue;
            }
            sequence.push(*op);
            let possible = catch_unwind(AssertUnwindSafe(|| play(self, sequence)));
            let possible = possible.unwrap_or_else(|_| panic!("after {:?}, in {sequence:?}", self.before));
            if possible {
                *played += 1;
                if sequence.len() < depth {
                    self.explore_from(sequence, ops, depth, played);
                }
            }
            sequence.pop();
        }
    }
}

#[test]
fn every_order_with_a_wrong_password() {
    Start { accounts: [WRONG, WRONG], second: Second::None, before: &[] }.explore();
    let before = &[Op::Ask(0), Op::Step(0), Op::Ask(1), Op::Ask(2)];
    Start { accounts: [WRONG, WRONG], second: Second::None, before }.explore();
}

#[test]
fn every_order_with_the_right_password() {
    Start { accounts: [RIGHT, RIGHT], second: Second::None, before: &[] }.explore();
    let before = &[Op::Ask(0), Op::Step(0), Op::Step(0), Op::Step(0), Op::Ask(1), Op::Tick, Op::Tick];
    Start { accounts: [RIGHT, RIGHT], second: Second::None, before }.explore();
}

#[test]
fn every_order_with_a_wrong_and_the_right_password() {
    let before = &[Op::Ask(0), Op::Step(0), Op::Ask(2)];
    Start { accounts: [WRONG, RIGHT], second: Second::None, before }.explore();
}

#[test]
fn every_order_with_a_totp_secret() {
    let before = &[Op::Ask(0), Op::Step(0), Op::Step(0)];
    Start { accounts: [RIGHT, RIGHT], second: Second::Totp, before }.explore();
}

#[test]
fn every_order_with_a_person() {
    let before = &[Op::Ask(0), Op::Step(0), Op::Ask(2)];
    Start { accounts: [RIGHT, RIGHT], second: Second::Person, before }.explore();
}

#[test]
fn long_walks() {
    let ops = Op::all();
    let mut draw = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |most: usize| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(draw >> 33).unwrap() % most
    };
    for _ in 0..1_500 {
        let accounts = [next(ACCOUNTS), next(ACCOUNTS)];
        let second = [Second::None, Second::Totp, Second::Person][next(3)];
        let mut world = World::new(accounts, second);
        let mut sequence = Vec::new();
        while sequence.len() < 60 {
            let op = ops[next(ops.len())];
            if world.can(op) {
                sequence.push(op);
                catch_unwind(AssertUnwindSafe(|| world.act(op)))
                    .unwrap_or_else(|_| panic!("{accounts:?}, {second:?}: in {sequence:?}"));
            }
        }
        catch_unwind(AssertUnwindSafe(|| world.everybody_ends()))
            .unwrap_or_else(|_| panic!("{accounts:?}, {second:?}: at the end of {sequence:?}"));
    }
}
