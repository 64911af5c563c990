//! The fuzz corpora are replayed with every test run, on stable and without libFuzzer.

#[test]
fn every_input_of_every_corpus_holds() {
    for (target, _) in hub_auth_fuzz::TARGETS {
        let inputs = hub_auth_fuzz::replay(target);
        assert!((1..200).contains(&inputs), "{target}: {inputs}");
    }
}
