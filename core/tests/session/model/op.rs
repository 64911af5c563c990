//! Lists the operations of which all sequences are made.

use super::setting::{ACCOUNTS, PROCESS, RIGHT};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Ask(usize),
    /// The caller does what its step says, and all is well.
    Step(usize),
    /// It does so, and it fails: the store, the Hub's answer, or the person.
    Fail(usize),
    /// The Hub asks to wait.
    Limit(usize),
    Reject(usize),
    /// The caller is gone.
    Drop(usize),
    /// The process is gone and starts again.
    Crash(usize),
    SetAccount(usize, usize),
    Tick,
}

impl Op {
    /// Lists the operations of logins, and what can go wrong with them.
    pub(super) fn basic() -> Vec<Op> {
        let of = |n| [Op::Ask(n), Op::Step(n), Op::Fail(n), Op::Drop(n)];
        (0..PROCESS.len()).flat_map(of).collect()
    }

    pub(super) fn all() -> Vec<Op> {
        let callers = (0..PROCESS.len()).flat_map(|n| [Op::Limit(n), Op::Reject(n)]);
        let accounts = (0..ACCOUNTS).map(|account| Op::SetAccount(0, account));
        let rest = [Op::SetAccount(1, RIGHT), Op::Crash(0), Op::Crash(1), Op::Tick];
        Op::basic().into_iter().chain(callers).chain(accounts).chain(rest).collect()
    }
    /// Returns the process whose memory is all it touches.
    fn only_in(self) -> Option<usize> {
        match self {
            Op::Ask(n) | Op::Reject(n) => Some(PROCESS[n]),
            Op::SetAccount(process, _) => Some(process),
            _ => None,
        }
    }

    /// Returns whether another sequence does the same.
    pub(super) fn adds_nothing_after(self, last: Op) -> bool {
        match (last, self) {
            (Op::SetAccount(one, _), Op::SetAccount(other, _)) | (Op::Crash(one), Op::Crash(other)) => one >= other,
            _ => matches!((last.only_in(), self.only_in()), (Some(1), Some(0))),
        }
    }
}
