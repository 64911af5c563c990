//! The end of a client, from any thread: what waits is woken, what reads or writes is interrupted.

use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use std::{error, fmt, io};

/// What can be ended from another thread.
pub(crate) trait Interrupt: Send + Sync {
    fn interrupt(&self);
}

impl Interrupt for TcpStream {
    fn interrupt(&self) {
        // An error says that it is closed already.
        drop(self.shutdown(Shutdown::Both));
    }
}

/// Whether the client was shut down, and what has to end when it is.
#[derive(Default)]
pub(crate) struct Stop {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    running: Vec<Weak<dyn Interrupt>>,
}

impl Stop {
    /// Ends everything, for good.
    pub(crate) fn stop(&self) {
        let running = {
            let mut state = self.state();
            state.stopped = true;
            std::mem::take(&mut state.running)
        };
        self.told.notify_all();
        for running in running.iter().filter_map(Weak::upgrade) {
            running.interrupt();
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Has this interrupted when the end comes. If it has come, that is the error.
    pub(crate) fn interrupts(&self, running: Weak<dyn Interrupt>) -> io::Result<()> {
        let mut state = self.state();
        if state.stopped {
            return Err(Stopped.into());
        }
        state.running.retain(|running| running.strong_count() > 0);
        state.running.push(running);
        Ok(())
    }

    /// Sleeps, unless the end comes first.
    pub(crate) fn sleep(&self, time: Duration) {
        let waited = self.told.wait_timeout_while(self.state(), time, |state| !state.stopped);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    #[cfg(test)]
    pub(crate) fn running(&self) -> usize {
        self.state().running.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stop({})", self.is_stopped())
    }
}

/// The cause of whatever a shutdown broke.
#[derive(Debug)]
pub(crate) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client was shut down")
    }
}

impl error::Error for Stopped {}

impl From<Stopped> for io::Error {
    fn from(stopped: Stopped) -> io::Error {
        io::Error::new(io::ErrorKind::NotConnected, stopped)
    }
}
