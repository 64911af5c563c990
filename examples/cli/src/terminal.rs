//! Asks at the terminal, hides secrets that are typed, and restores the terminal on Ctrl-C.
//!
//! Crates for hidden prompts were tried and not taken: `rpassword` 7.5 returns the first 4,095 bytes of a longer pasted line as
//! if they were all, and leaves a second pasted line for the next prompt, or for the shell.

#[cfg(unix)]
pub(crate) use unix::{Terminal, end_on_signals, forget_typed_ahead};

#[cfg(not(unix))]
pub(crate) use none::{Terminal, end_on_signals, forget_typed_ahead};

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io::{self, IsTerminal, Read, Write};
    use std::process;
    use std::str;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use hub_auth_core::Secret;
    use rustix::termios::{
        LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
    };
    use zeroize::Zeroizing;

    use crate::output::say;
    use crate::{progress, secret};

    const TTY: &str = "/dev/tty";
    /// The longest line that a terminal hands over, in bytes, with its line ending. The terminal drops the rest of a longer line
    /// and reports nothing, so a line of this length may have been cut.
    const LINE: usize = if cfg!(target_os = "linux") { 4096 } else { 1024 };
    /// The exit code that a shell reports for a program that Ctrl-C ended.
    const INTERRUPTED: i32 = 130;
    /// `_POSIX_VDISABLE`: the value that turns a special character off.
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

    /// The settings of the terminal before the typing was hidden; `None` while it is not hidden.
    static SHOWN: Mutex<Option<Termios>> = Mutex::new(None);
    /// Set once a question was asked.
    static ASKED: AtomicBool = AtomicBool::new(false);
    static HANDLED: AtomicBool = AtomicBool::new(false);

    /// The terminal of this process. The program writes questions to standard error and reads answers from the terminal.
    #[derive(Debug)]
    pub(crate) struct Terminal(File);

    impl Terminal {
        /// Opens the terminal, or returns `None` if the program must not ask. It must not if standard input is no terminal,
        /// unless the secret comes from there, nor without a handler for Ctrl-C that would restore the terminal.
        pub(crate) fn open(stdin_is_secret: bool) -> Option<Terminal> {
            let somebody = io::stderr().is_terminal() && (stdin_is_secret || io::stdin().is_terminal());
            if !somebody || !HANDLED.load(Ordering::SeqCst) {
                return None;
            }
            OpenOptions::new().read(true).write(true).open(TTY).ok().map(Terminal)
        }

        /// Returns a line as typed; `None` at the end of input.
        pub(crate) fn ask(&self, prompt: &str) -> io::Result<Option<Secret>> {
            progress::clear();
            ASKED.store(true, Ordering::SeqCst);
            // A text typed before the question is no answer to it.
            tcflush(&self.0, QueueSelector::IFlush)?;
            io::stderr().write_all(prompt.as_bytes())?;
            let mut line = Zeroizing::new([0; LINE]);
            let mut length = 0;
            // After Ctrl-D the terminal hands over a part of a line.
            while line.get(..length).is_some_and(|typed| !typed.ends_with(b"\n")) && length < LINE {
                let room = line.get_mut(length..).unwrap_or_default();
                match (&self.0).read(room) {
                    Ok(0) => {
                        say!("");
                        return Ok(None);
                    }
                    Ok(read) => length += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            // A second pasted line is no answer to the next question.
            tcflush(&self.0, QueueSelector::IFlush)?;
            if length == LINE {
                let most = LINE - 2;
                return Err(io::Error::other(format!(
                    "the line is longer than the {most} bytes that a terminal hands over whole; use --secret-stdin"
                )));
            }
            let text = str::from_utf8(line.get(..length).unwrap_or_default());
            let text = text.map_err(|_| io::Error::other("what was typed is not UTF-8"))?;
            Ok(Some(Secret::from(secret::cut(text))))
        }

        /// Asks without showing what is typed.
        pub(crate) fn ask_hidden(&self, prompt: &str) -> io::Result<Option<Secret>> {
            let _hidden = Hidden::on(&self.0)?;
            self.ask(prompt)
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
            // Ctrl-Z and Ctrl-\ would leave the terminal hidden, so they become plain characters.
            for code in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
                hidden.special_codes[code] = NONE;
            }
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

    /// Shows typed text again, and drops unread text. If the terminal is gone, there is nothing to restore.
    fn restore(saved: &mut Option<Termios>, tty: &File) {
        if let Some(shown) = saved.take() {
            let _ = tcsetattr(tty, OptionalActions::Flush, &shown);
        }
    }

    /// Lets Ctrl-C and signals to end restore the terminal and end the program.
    pub(crate) fn end_on_signals() {
        HANDLED.store(ctrlc::set_handler(interrupted).is_ok(), Ordering::SeqCst);
    }

    /// Drops text typed after the last question, so that the shell does not run it. If nothing was asked, the text is meant for
    /// the shell.
    pub(crate) fn forget_typed_ahead() {
        if ASKED.load(Ordering::SeqCst) {
            if let Ok(tty) = File::open(TTY) {
                let _ = tcflush(&tty, QueueSelector::IFlush);
            }
        }
    }

    /// Runs on a thread of its own. It holds the lock until the program ends, so that no other thread hides text again.
    fn interrupted() {
        let mut saved = saved();
        progress::clear();
        forget_typed_ahead();
        if let Ok(tty) = File::open(TTY) {
            restore(&mut saved, &tty);
        }
        say!("");
        process::exit(INTERRUPTED);
    }
}

/// On other systems the program does not ask: the secret comes from standard input or a variable, the code from `--code`.
#[cfg(not(unix))]
mod none {
    use std::io;

    use hub_auth_core::Secret;

    #[derive(Debug)]
    pub(crate) enum Terminal {}

    impl Terminal {
        pub(crate) fn open(_: bool) -> Option<Terminal> {
            None
        }

        pub(crate) fn ask(&self, _: &str) -> io::Result<Option<Secret>> {
            match *self {}
        }

        pub(crate) fn ask_hidden(&self, _: &str) -> io::Result<Option<Secret>> {
            match *self {}
        }
    }

    /// Windows ends a program on Ctrl-C by itself.
    pub(crate) fn end_on_signals() {}

    pub(crate) fn forget_typed_ahead() {}
}
