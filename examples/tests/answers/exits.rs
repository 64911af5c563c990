//! Exit codes by kind, as promised.

use hub_auth_core::Kind;

pub(crate) fn exit_code(kind: Kind) -> i32 {
    match kind {
        Kind::Usage => 2,
        Kind::CredentialsRefused | Kind::RefusedByPolicy => 3,
        Kind::SecondFactorRequired | Kind::CodeRefused => 4,
        Kind::RateLimited | Kind::LockedOut => 5,
        Kind::BlockedByEdge => 6,
        Kind::Transport | Kind::TimedOut | Kind::ServerFault | Kind::Redirected => 7,
        Kind::MalformedAnswer | Kind::AnswerTooLarge => 8,
        other => panic!("{other} has no exit code"),
    }
}
