//! A program at a pseudo-terminal.

use std::io::{Read, Write};
use std::process::{self, Child};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{LocalModes, SpecialCodeIndex, tcgetattr};

use crate::common::HUB_AUTH;

/// A program at a terminal, and what has been on the screen so far.
pub(crate) struct Session {
    pub(crate) child: Child,
    pty: Arc<Pty>,
    output: Receiver<Vec<u8>>,
    screen: String,
}

impl Session {
    pub(crate) fn start(args: &[&str]) -> Session {
        Session::start_with(args, |command| command)
    }

    pub(crate) fn start_with(args: &[&str], change: impl FnOnce(Command) -> Command) -> Session {
        Session::spawn(change(Command::new(HUB_AUTH).args(args).env_clear().env("TERM", "xterm")))
    }

    /// Runs the program in a shell, which then tells how many bytes are left to be read: `left 0`.
    pub(crate) fn start_in_a_shell(args: &str) -> Session {
        let script = format!("'{HUB_AUTH}' {args}; stty -icanon min 0 time 0; echo left $(wc -c)");
        Session::spawn(Command::new("sh").args(["-c", &script]).env_remove("HOME").env_remove("XDG_CACHE_HOME"))
    }

    fn spawn(command: Command) -> Session {
        let (pty, pts) = open().unwrap();
        let child = command.spawn(pts).unwrap();
        let (pty, (sender, output)) = (Arc::new(pty), mpsc::channel());
        let reader = Arc::clone(&pty);
        thread::spawn(move || {
            let mut piece = [0; 4096];
            // It ends with an error when the program has.
            while let Ok(length @ 1..) = (&*reader).read(&mut piece) {
                let _ = sender.send(piece[..length].to_vec());
            }
        });
        Session { child, pty, output, screen: String::new() }
    }

    fn read(&mut self) -> bool {
        // Not how long it takes, but that it does not take for ever.
        match self.output.recv_timeout(Duration::from_secs(60)) {
            Ok(piece) => self.screen.push_str(&String::from_utf8_lossy(&piece)),
            Err(mpsc::RecvTimeoutError::Disconnected) => return false,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("nothing more came after: {}", self.screen),
        }
        true
    }

    /// Waits for this text, and forgets the screen up to its end.
    pub(crate) fn expect(&mut self, text: &str) -> String {
        while !self.screen.contains(text) {
            assert!(self.read(), "the program ended before {text:?}: {}", self.screen);
        }
        let end = self.screen.find(text).unwrap() + text.len();
        self.screen.drain(..end).collect()
    }

    pub(crate) fn type_in(&mut self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn signal(&self, which: &str) {
        let sent = process::Command::new("kill").args([which, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&*self.pty).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// The characters that stop a program and quit it.
    pub(crate) fn signals(&self) -> [u8; 2] {
        let codes = tcgetattr(&*self.pty).unwrap().special_codes;
        [codes[SpecialCodeIndex::VSUSP], codes[SpecialCodeIndex::VQUIT]]
    }

    /// Waits for the end: the exit code, and the rest of the screen.
    pub(crate) fn end(mut self) -> (i32, String, bool) {
        while self.read() {}
        let code = self.child.wait().unwrap().code().unwrap();
        (code, self.screen.clone(), self.echoes())
    }
}
