//! The terminal: questions, hidden answers, Ctrl-C and the signals to end.

#[cfg(unix)]
pub(crate) use unix::Terminal;

#[cfg(not(unix))]
pub(crate) use none::Terminal;

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io::{self, IsTerminal, Read, Write};
    use std::process;
    use std::str;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use hub_auth_core::Secret;
    use rustix::termios::{
        LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
    };
    use zeroize::Zeroizing;

    use crate::output::say;
    use crate::secret;
    use crate::trouble::Trouble;

    const TTY: &str = "/dev/tty";
    /// A terminal gives one line at a time, of at most 4096 bytes.
    const LINE: usize = 4096;
    /// As a shell reports a program that Ctrl-C ended.
    const INTERRUPTED: i32 = 130;
    /// `_POSIX_VDISABLE`: a special character of this value is none.
    const NONE: u8 = if cfg!(any(
        target_vendor = "apple",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    )) {
        0xff
    } else {
        0
    };

    /// How the terminal was before the typing was hidden; `None` while it is not.
    static SHOWN: Mutex<Option<Termios>> = Mutex::new(None);

    /// The terminal the program was started from. Questions go to standard error, answers come from the terminal.
    #[derive(Debug)]
    pub(crate) struct Terminal(File);

    impl Terminal {
        /// `None` if nobody is there to ask. A standard input that is no terminal means that nobody is, unless it holds
        /// the secret.
        pub(crate) fn open(stdin_is_secret: bool) -> Option<Terminal> {
            if !io::stderr().is_terminal() || !(stdin_is_secret || io::stdin().is_terminal()) {
                return None;
            }
            let tty = OpenOptions::new().read(true).write(true).open(TTY).ok()?;
            // Without the handler the terminal could be left hidden: rather not ask at all.
            ctrlc::set_handler(interrupted).ok()?;
            Some(Terminal(tty))
        }

        /// A line as typed; `None` at the end of input.
        pub(crate) fn ask(&self, prompt: &str) -> Result<Option<Secret>, Trouble> {
            self.question(prompt).map_err(|error| Trouble::usage(format!("the terminal cannot be read: {error}")))
        }

        /// The same, not shown while typed.
        pub(crate) fn ask_hidden(&self, prompt: &str) -> Result<Option<Secret>, Trouble> {
            let _hidden = Hidden::on(&self.0)
                .map_err(|error| Trouble::usage(format!("what is typed cannot be hidden: {error}")))?;
            self.ask(prompt)
        }

        fn question(&self, prompt: &str) -> io::Result<Option<Secret>> {
            io::stderr().write_all(prompt.as_bytes())?;
            let mut line = Zeroizing::new([0; LINE]);
            let length = (&self.0).read(line.as_mut_slice())?;
            let typed = line.get(..length).unwrap_or_default();
            if typed.is_empty() {
                say!();
                return Ok(None);
            }
            let text = str::from_utf8(typed).map_err(|_| io::Error::other("what was typed is not UTF-8"))?;
            Ok(Some(Secret::from(secret::cut(text))))
        }
    }

    /// Hides what is typed until it is dropped. The line ending is shown.
    struct Hidden<'t>(&'t File);

    impl Hidden<'_> {
        fn on(tty: &File) -> io::Result<Hidden<'_>> {
            let mut saved = saved();
            let shown = tcgetattr(tty)?;
            let mut hidden = shown.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            hidden.local_modes.insert(LocalModes::ECHONL);
            // Ctrl-Z and Ctrl-\ would leave it hidden: here they are characters like others.
            for code in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
                hidden.special_codes[code] = NONE;
            }
            // What was typed ahead was shown: it is not the secret.
            tcsetattr(tty, OptionalActions::Flush, &hidden)?;
            *saved = Some(shown);
            Ok(Hidden(tty))
        }
    }

    impl Drop for Hidden<'_> {
        fn drop(&mut self) {
            restore(&mut saved(), self.0);
        }
    }

    fn saved() -> MutexGuard<'static, Option<Termios>> {
        SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn restore(saved: &mut Option<Termios>, tty: &File) {
        if let Some(shown) = saved.take() {
            // If the terminal is gone there is nothing to restore.
            let _ = tcsetattr(tty, OptionalActions::Now, &shown);
        }
    }

    /// Ctrl-C, or a signal to end, on a thread of its own. The lock is kept to the end, so that nothing is hidden any more.
    fn interrupted() {
        let mut saved = saved();
        if let Ok(tty) = File::open(TTY) {
            if saved.is_some() {
                // A shell would show the half of a secret that is left.
                let _ = tcflush(&tty, QueueSelector::IFlush);
            }
            restore(&mut saved, &tty);
        }
        say!();
        process::exit(INTERRUPTED);
    }
}

/// Elsewhere it does not ask: the secret comes from standard input or a variable, the code from `--code`.
#[cfg(not(unix))]
mod none {
    use hub_auth_core::Secret;

    use crate::trouble::Trouble;

    #[derive(Debug)]
    pub(crate) enum Terminal {}

    impl Terminal {
        pub(crate) fn open(_: bool) -> Option<Terminal> {
            None
        }

        pub(crate) fn ask(&self, _: &str) -> Result<Option<Secret>, Trouble> {
            match *self {}
        }

        pub(crate) fn ask_hidden(&self, _: &str) -> Result<Option<Secret>, Trouble> {
            match *self {}
        }
    }
}
