//! From the kind of a failure to the exit code.

use hub_auth_core::Kind;

use crate::trouble::Trouble;

/// Standard output could not be written, or a kind of failure newer than this program.
const OTHER: u8 = 1;

pub(crate) fn code(trouble: &Trouble) -> u8 {
    match trouble.kind() {
        Some(Kind::Usage) => 2,
        Some(Kind::CredentialsRefused | Kind::RefusedByPolicy) => 3,
        Some(Kind::SecondFactorRequired | Kind::CodeRefused) => 4,
        Some(Kind::RateLimited | Kind::LockedOut) => 5,
        Some(Kind::BlockedByEdge) => 6,
        Some(Kind::Transport | Kind::TimedOut | Kind::ServerFault | Kind::Redirected) => 7,
        Some(Kind::MalformedAnswer | Kind::AnswerTooLarge) => 8,
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own_row() {
        let codes = Kind::ALL.map(|kind| code(&Trouble::own(kind, "")));
        assert_eq!(codes, [2, 3, 3, 4, 4, 5, 5, 6, 7, 7, 7, 7, 8, 8]);
    }
}
