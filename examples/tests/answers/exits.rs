//! Exit codes by kind, as promised.

use hub_auth_core::FailureKind;

pub(crate) fn exit_code(kind: FailureKind) -> i32 {
    match kind {
        FailureKind::Usage => 2,
        FailureKind::CredentialsRefused | FailureKind::RefusedByPolicy => 3,
        FailureKind::SecondFactorRequired | FailureKind::CodeRefused => 4,
        FailureKind::RateLimited | FailureKind::LockedOut => 5,
        FailureKind::BlockedByEdge => 6,
        FailureKind::Transport | FailureKind::TimedOut | FailureKind::ServerFault | FailureKind::Redirected => 7,
        FailureKind::MalformedAnswer | FailureKind::AnswerTooLarge => 8,
        other => panic!("{other} has no exit code"),
    }
}
