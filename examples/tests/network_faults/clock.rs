//! Time as this machine gives it: however long a stall of the machine is, it counts as one nap. A guard by this clock blames no
//! login for a machine that stood still.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// Long beside what a busy machine is late.
const NAP: Duration = Duration::from_millis(100);

/// Since it was first asked for.
pub(crate) fn now() -> Duration {
    static STARTED: Once = Once::new();
    static NAPS: AtomicU32 = AtomicU32::new(0);
    STARTED.call_once(|| {
        thread::spawn(|| {
            loop {
                thread::sleep(NAP);
                NAPS.fetch_add(1, Ordering::Relaxed);
            }
        });
    });
    NAP * NAPS.load(Ordering::Relaxed)
}
