//! Callers of one session in any order, against a small reference model.
//!
//! Invariant: whatever three callers do in whatever order (ask for little or for much, settle, fail, be told to wait, abandon, wake, reject,
//! take a challenge away and answer it by hand, look into a store), while the account is changed, time passes and the
//! clock is set back, the session says what the model says; there is never a second login for all in flight; a token
//! that was rejected or has ended is never handed out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::large_enum_variant,
    unreachable_pub,
    reason = "a test says so by panicking"
)]

mod model;
mod world;

use hub_auth_core::Hub;

use world::{Op, World};

/// Plays the sequence from the start; says whether its last operation was possible.
fn play(hub: &Hub, sequence: &[Op]) -> bool {
    let mut world = World::new(hub);
    for op in sequence {
        if !world.can(*op) {
            return false;
        }
        world.act(*op);
    }
    true
}

fn check<T>(sequence: &[Op], play: impl FnOnce() -> T + std::panic::UnwindSafe) -> T {
    std::panic::catch_unwind(play).unwrap_or_else(|_| panic!("in {sequence:?} the session and the model part"))
}

fn explore(hub: &Hub, sequence: &mut Vec<Op>, ops: &[Op], depth: usize, played: &mut usize) {
    for op in ops {
        sequence.push(*op);
        let possible = check(sequence, std::panic::AssertUnwindSafe(|| play(hub, sequence)));
        if possible {
            *played += 1;
            if sequence.len() < depth {
                explore(hub, sequence, ops, depth, played);
            }
        }
        sequence.pop();
    }
}

/// From nothing, from a token that all three hold, and from one that was won for a rejected one.
fn every_sequence(ops: &[Op], depth: usize, at_least: usize) {
    let held = [Op::Ask(0, 0), Op::Grant(0), Op::Ask(1, 0), Op::Ask(2, 0), Op::Tick];
    let replaced = [&held[..], &[Op::Reject(0), Op::Ask(0, 0), Op::Grant(0)]].concat();
    for (start, depth) in [(&[][..], depth), (&held, depth - 1), (&replaced, depth - 1)] {
        let mut played = 0;
        explore(&World::hub(), &mut start.to_vec(), ops, start.len() + depth, &mut played);
        assert!(played > at_least, "the exploration is too small to mean anything: {played}");
    }
}

#[test]
fn every_interleaving_of_one_login_agrees_with_the_model() {
    every_sequence(&Op::basic(), 6, 5_000);
}

#[test]
fn every_short_interleaving_agrees_with_the_model() {
    every_sequence(&Op::all(), 4, 5_000);
}

#[test]
fn long_walks_agree_with_the_model() {
    let hub = World::hub();
    let ops = Op::all();
    let mut draw = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..3_000 {
        let mut world = World::new(&hub);
        let mut sequence = Vec::new();
        while sequence.len() < 40 {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let op = ops[usize::try_from(draw >> 33).unwrap() % ops.len()];
            if world.can(op) {
                sequence.push(op);
                check(&sequence, std::panic::AssertUnwindSafe(|| world.act(op)));
            }
        }
    }
}
