//! From the kind of a failure to the exit code.

use hub_auth_core::FailureKind;

use crate::trouble::Trouble;

/// Standard output could not be written, or a kind of failure newer than this program.
const OTHER: u8 = 1;

pub(crate) fn code(trouble: &Trouble) -> u8 {
    match trouble.kind() {
        Some(FailureKind::Usage) => 2,
        Some(FailureKind::CredentialsRefused | FailureKind::RefusedByPolicy) => 3,
        Some(FailureKind::SecondFactorRequired | FailureKind::CodeRefused) => 4,
        Some(FailureKind::RateLimited | FailureKind::LockedOut) => 5,
        Some(FailureKind::BlockedByEdge) => 6,
        Some(FailureKind::Transport | FailureKind::TimedOut | FailureKind::ServerFault | FailureKind::Redirected) => 7,
        Some(FailureKind::MalformedAnswer | FailureKind::AnswerTooLarge) => 8,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own_row() {
        let codes = FailureKind::ALL.map(|kind| code(&Trouble::own(kind, "")));
        assert_eq!(codes, [2, 3, 3, 4, 4, 5, 5, 6, 7, 7, 7, 7, 8, 8]);
    }
}
