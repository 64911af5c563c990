//! The errors with which the program can end, and their exit codes.

use std::error::Error;
use std::io;

use http::StatusCode;
use hub_auth_core::{BoxError, Failure, FailureKind, InvalidInput, TransportError, TransportErrorKind, UnixTime};

#[derive(Debug)]
pub(crate) enum CliError {
    /// The program itself found the error.
    Own { kind: FailureKind, message: String, cause: Option<BoxError> },
    /// The login failed. The source of its account is named.
    Failed { failure: Failure, origin: Option<String> },
    /// The Hub wants an API call to wait.
    Wait { status: StatusCode, until: UnixTime },
    /// The Hub answered an API call by a status such as 404.
    Answered(StatusCode),
    /// Standard output could not be written.
    Output(io::Error),
}

impl CliError {
    pub(crate) fn own(kind: FailureKind, message: impl Into<String>) -> CliError {
        CliError::Own { kind, message: message.into(), cause: None }
    }

    /// Reports a value that cannot be used. The message must not repeat the value: it may be a secret in the wrong place.
    pub(crate) fn usage(message: impl Into<String>) -> CliError {
        CliError::own(FailureKind::Usage, message)
    }

    /// Reports that the operating system refused something, such as opening a port.
    pub(crate) fn machine(message: impl Into<String>, cause: impl Into<BoxError>) -> CliError {
        CliError::Own { kind: FailureKind::Transport, message: message.into(), cause: Some(cause.into()) }
    }

    /// Names the source of the account whose login failed.
    pub(crate) fn of_account_from(self, source: &str) -> CliError {
        match self {
            CliError::Failed { failure, .. } => CliError::Failed { failure, origin: Some(source.to_owned()) },
            other => other,
        }
    }

    /// Returns the exit code, as `core/ERRORS.md` lists it. The code 1 stands for an answer such as 404, for a broken standard
    /// output, and for a kind that is newer than this program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind() {
            Some(FailureKind::Usage) => 2,
            Some(FailureKind::CredentialsRefused | FailureKind::RefusedByPolicy) => 3,
            Some(FailureKind::SecondFactorRequired | FailureKind::CodeRefused) => 4,
            Some(FailureKind::RateLimited | FailureKind::LockedOut) => 5,
            Some(FailureKind::BlockedByEdge) => 6,
            Some(
                FailureKind::Transport | FailureKind::TimedOut | FailureKind::ServerFault | FailureKind::Redirected,
            ) => 7,
            Some(FailureKind::MalformedAnswer | FailureKind::AnswerTooLarge) => 8,
            _ => 1,
        }
    }

    /// Returns the kind, or `None` if no kind fits.
    pub(crate) fn kind(&self) -> Option<FailureKind> {
        match self {
            CliError::Own { kind, .. } => Some(*kind),
            CliError::Failed { failure, .. } => Some(failure.kind()),
            CliError::Wait { .. } => Some(FailureKind::RateLimited),
            CliError::Answered(status) if status.is_server_error() => Some(FailureKind::ServerFault),
            CliError::Answered(status) if status.is_redirection() => Some(FailureKind::Redirected),
            CliError::Answered(_) | CliError::Output(_) => None,
        }
    }

    /// Returns the texts of the sources, outermost first. Leaves out a text that only repeats one above it.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut next: Option<&(dyn Error + 'static)> = match self {
            CliError::Own { cause, .. } => cause.as_ref().map(|cause| &**cause as _),
            CliError::Failed { failure, .. } => failure.source(),
            CliError::Output(error) => Some(error),
            CliError::Wait { .. } | CliError::Answered(_) => None,
        };
        let mut texts: Vec<String> = match self {
            CliError::Own { message, .. } => vec![message.clone()],
            _ => vec![String::new()],
        };
        while let Some(error) = next {
            let text = error.to_string();
            if !texts.iter().any(|above| above.contains(&text)) {
                texts.push(text);
            }
            next = error.source();
        }
        texts.split_off(1)
    }
}

impl From<InvalidInput> for CliError {
    fn from(bad: InvalidInput) -> CliError {
        CliError::own(FailureKind::Usage, bad.to_string())
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> CliError {
        // Only a login without a secret fails with this kind: the kept token has ended, and there is nothing to log in with.
        if failure.kind() == FailureKind::Usage {
            return CliError::own(
                FailureKind::CredentialsRefused,
                "the token of the kept session is not good any more: run hub-auth login",
            );
        }
        CliError::Failed { failure, origin: None }
    }
}

/// Converts the error of an API call.
impl From<TransportError> for CliError {
    fn from(error: TransportError) -> CliError {
        let kind = match error.kind {
            TransportErrorKind::Timeout => FailureKind::TimedOut,
            TransportErrorKind::TooLarge => FailureKind::AnswerTooLarge,
            _ => FailureKind::Transport,
        };
        CliError::Own { kind, message: "no whole answer came".to_owned(), cause: Some(error.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_the_exit_code_of_the_errors_page() {
        let codes = FailureKind::ALL.map(|kind| CliError::own(kind, "").exit_code());
        assert_eq!(codes, [2, 3, 3, 4, 4, 5, 5, 6, 7, 7, 7, 7, 8, 8]);
    }
}
