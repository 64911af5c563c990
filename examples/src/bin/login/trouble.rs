//! Why the program ends without a login.

use std::error::Error;
use std::io;

use hub_auth_core::{BoxError, Failure, FailureKind, InvalidInput};
use hub_auth_host::StoreError;
use hub_auth_host::docker_login::DockerLoginError;
use hub_auth_hyper::BuildError;

#[derive(Debug)]
pub(crate) enum Trouble {
    /// Found by this program: nothing was sent.
    Own { kind: FailureKind, message: String, cause: Option<BoxError> },
    /// The login failed.
    Failed(Failure),
    /// Standard output could not be written.
    Output(io::Error),
}

impl Trouble {
    pub(crate) fn own(kind: FailureKind, message: impl Into<String>) -> Trouble {
        Trouble::Own { kind, message: message.into(), cause: None }
    }

    /// A value that cannot be used. The message must not repeat it: it may be a secret in the wrong place.
    pub(crate) fn usage(message: impl Into<String>) -> Trouble {
        Trouble::own(FailureKind::Usage, message)
    }

    /// The machine would not do something: open a port, say.
    pub(crate) fn machine(doing: &str, cause: io::Error) -> Trouble {
        let message = format!("{doing} did not work");
        Trouble::Own { kind: FailureKind::Transport, message, cause: Some(cause.into()) }
    }

    /// `None` if there is no kind for it.
    pub(crate) fn kind(&self) -> Option<FailureKind> {
        match self {
            Trouble::Own { kind, .. } => Some(*kind),
            Trouble::Failed(failure) => Some(failure.kind()),
            Trouble::Output(_) => None,
        }
    }

    /// The errors beneath, outermost first. One that only repeats what is above it is left out.
    pub(crate) fn causes(&self) -> Vec<String> {
        let mut next: Option<&(dyn Error + 'static)> = match self {
            Trouble::Own { cause, .. } => cause.as_ref().map(|cause| &**cause as _),
            Trouble::Failed(failure) => failure.source(),
            Trouble::Output(error) => Some(error),
        };
        let mut causes: Vec<String> = Vec::new();
        while let Some(error) = next {
            let text = error.to_string();
            if !causes.iter().any(|above| above.contains(&text)) {
                causes.push(text);
            }
            next = error.source();
        }
        causes
    }
}

impl From<InvalidInput> for Trouble {
    fn from(bad: InvalidInput) -> Trouble {
        Trouble::own(bad.kind(), bad.to_string())
    }
}

impl From<DockerLoginError> for Trouble {
    fn from(error: DockerLoginError) -> Trouble {
        Trouble::own(error.kind(), error.to_string())
    }
}

/// Of `--forget` alone: a login goes on without its store.
impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::Own {
            kind: FailureKind::Usage,
            message: "what is kept cannot be removed".to_owned(),
            cause: Some(error.into()),
        }
    }
}

impl From<BuildError> for Trouble {
    fn from(error: BuildError) -> Trouble {
        Trouble::Own { kind: error.kind(), message: error.to_string(), cause: Some(error.into()) }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failed(failure)
    }
}
