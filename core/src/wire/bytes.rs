//! Looking at many bytes at once.

/// Whether every byte is so. Unlike [`Iterator::all`] it never stops early, which lets the compiler look at many at once.
pub(crate) fn all(bytes: &[u8], is_so: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, byte| all & is_so(*byte))
}
