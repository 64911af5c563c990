//! Wiping at the speed of a plain fill.

use std::ops::{Deref, DerefMut};

/// Bytes that are wiped on drop, spare room included. `Zeroizing` would do so one byte at a time.
#[derive(Default)]
pub(crate) struct Wiped(Vec<u8>);

impl From<Vec<u8>> for Wiped {
    fn from(bytes: Vec<u8>) -> Wiped {
        Wiped(bytes)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// Fills all the room with zeros. Nothing moves: a vector grows only past its capacity.
fn wipe(bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.resize(bytes.capacity(), 0);
    // The compiler must take it that somebody reads the zeros.
    zeroize::optimization_barrier(bytes.as_slice());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_the_room_is_filled_where_it_is() {
        let mut bytes = Vec::with_capacity(100);
        bytes.extend_from_slice(b"secret");
        let place = (bytes.as_ptr(), bytes.capacity());
        wipe(&mut bytes);
        assert_eq!((bytes.as_ptr(), bytes.len()), place);
        assert!(bytes.iter().all(|byte| *byte == 0));
    }
}
