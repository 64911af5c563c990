//! Every committed input holds, and the seeds are the fixtures of today.

use hub_auth_fuzz::{TARGETS, corpus, replay, seeds};

#[test]
fn every_input_of_every_corpus_holds() {
    for (target, _) in TARGETS {
        let inputs = replay(target);
        assert!((1..200).contains(&inputs), "{target}: {inputs}");
    }
}

#[test]
fn the_seeds_are_committed() {
    for (target, name, bytes) in seeds::all() {
        let path = corpus(target).join(&name);
        assert_eq!(std::fs::read(path).ok(), Some(bytes), "{name}: run `cargo run --example seed` in fuzz/");
    }
}
