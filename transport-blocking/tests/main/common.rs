//! A server and a client of it, for one test.

use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hub_auth_blocking::{Account, Client, Code, Credential, Options, Session};
use hub_auth_testkit::{Loopback, SimHub, demo};

pub(crate) struct Scene {
    pub(crate) server: Arc<Loopback>,
    pub(crate) client: Client,
    pub(crate) options: Options,
}

pub(crate) fn scene(hub: SimHub) -> Scene {
    let server = Arc::new(Loopback::start(hub).unwrap());
    let options = Options::new().base(server.url());
    Scene { client: Client::new(options.clone()).unwrap(), server, options }
}

impl Scene {
    pub(crate) fn session(&self) -> Session {
        Session::new(self.client.clone(), bob())
    }

    /// Counts the requests for this path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.server.requests().iter().filter(|request| request.target == path).count()
    }

    pub(crate) fn logins(&self) -> usize {
        self.count("/v2/users/login")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}", self.server.url(), path.trim_start_matches('/'))
    }

    /// Returns the code that alice's authenticator shows.
    pub(crate) fn code(&self) -> Option<Code> {
        Code::new(&self.server.code(demo::USER)?).ok()
    }
}

pub(crate) fn alice() -> Account {
    Account::new(demo::USER, Credential::password(demo::PASSWORD)).unwrap()
}

pub(crate) fn bob() -> Account {
    Account::new(demo::USER_WITHOUT_2FA, Credential::password(demo::PASSWORD_WITHOUT_2FA)).unwrap()
}

/// Starts this many threads together.
pub(crate) fn together<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(threads);
    thread::scope(|scope| {
        let start = || {
            barrier.wait();
            work()
        };
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(start)).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Returns what `work` returns: a guard against hanging, not a measure.
pub(crate) fn within_a_minute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, done) = std::sync::mpsc::channel();
    thread::spawn(move || sender.send(work()));
    done.recv_timeout(Duration::from_secs(60)).unwrap()
}

/// Returns an error and all beneath it, as people see it.
pub(crate) fn chain(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
