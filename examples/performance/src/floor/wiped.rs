//! Bytes wiped at the speed of a plain fill, as in the core: `Zeroizing` would do so one byte at a time.

use std::ops::{Deref, DerefMut};

/// Bytes that are wiped on drop, spare room included.
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// With this room, which must do: growing would leave a copy behind.
    pub(crate) fn with_room(room: usize) -> Wiped {
        Wiped(Vec::with_capacity(room))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a text")
    }
}

impl From<Vec<u8>> for Wiped {
    fn from(bytes: Vec<u8>) -> Wiped {
        Wiped(bytes)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.clear();
        self.0.resize(self.0.capacity(), 0);
        // The compiler must take it that somebody reads the zeros.
        zeroize::optimization_barrier(self.0.as_slice());
    }
}

impl Deref for Wiped {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
