//! The third transport is as small as is said. `.ci/examples` runs the programs.

#[test]
fn a_transport_is_50_lines() {
    let lines = include_str!("../third_transport/transport.rs").lines().count();
    assert!(lines <= 50, "{lines}");
}
