//! Keeps the tickets between the two calls of a login, which the Hub calls `login_2fa_token`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::tokens;
use hub_auth_core::UnixTime;

/// The lifetime of a ticket. The reference calls it "short", and the number is ours.
const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// The number of wrong codes that voids a ticket. The number is ours.
const WRONG_CODES: u32 = 5;

pub(super) struct Tickets {
    open: BTreeMap<String, Ticket>,
    pub(super) lifetime: Duration,
}

impl Default for Tickets {
    fn default() -> Tickets {
        Tickets { open: BTreeMap::new(), lifetime: LIFETIME }
    }
}

struct Ticket {
    user: String,
    expires: UnixTime,
    tries_left: u32,
}

impl Tickets {
    /// Issues a new ticket for this user.
    pub(super) fn issue(&mut self, user: &str, serial: u64, now: UnixTime) -> String {
        let name = tokens::opaque("ticket", serial);
        let ticket = Ticket { user: user.to_owned(), expires: now + self.lifetime, tries_left: WRONG_CODES };
        self.open.insert(name.clone(), ticket);
        name
    }

    /// Returns the user of a ticket that is still good.
    pub(super) fn user(&self, name: &str, now: UnixTime) -> Option<&str> {
        self.open.get(name).filter(|ticket| now < ticket.expires).map(|ticket| ticket.user.as_str())
    }

    /// Counts a wrong code. The last one voids the ticket.
    pub(super) fn wrong_code(&mut self, name: &str) {
        if let Some(ticket) = self.open.get_mut(name) {
            ticket.tries_left -= 1;
            if ticket.tries_left == 0 {
                self.open.remove(name);
            }
        }
    }

    /// Removes a ticket that was used.
    pub(super) fn close(&mut self, name: &str) {
        self.open.remove(name);
    }
}
