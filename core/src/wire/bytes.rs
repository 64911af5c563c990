//! Looking at many bytes at once.

use memchr::memchr2;

/// Whether every byte is so. Unlike [`Iterator::all`] it never stops early, which lets the compiler look at many at once.
pub(crate) fn all(bytes: &[u8], is_so: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(true, |all, byte| all & is_so(*byte))
}

/// The number that is written in decimal digits only, 15 at most.
#[inline]
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let is_short = (1..=15).contains(&digits.len());
    is_short.then(|| digits.iter().try_fold(0, |number, byte| Some(number * 10 + digit(byte)?)))?
}

/// How many bytes of a JSON text stand for themselves, from its beginning: up to a quote, a backslash or a control character.
pub(crate) fn plain(text: &[u8]) -> usize {
    let words = text.chunks_exact(8);
    let tail = words.remainder();
    // Most texts are short.
    for (at, word) in words.enumerate() {
        if at == 5 {
            return plain_long(text);
        }
        if let Some(odd) = word.try_into().ok().and_then(first_odd) {
            return 8 * at + odd;
        }
    }
    text.len() - tail.len() + plain_tail(tail)
}

fn plain_tail(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_plain(*byte)).unwrap_or(text.len())
}

#[cold]
fn plain_long(text: &[u8]) -> usize {
    let end = memchr2(b'"', b'\\', text).unwrap_or(text.len());
    text.get(..end).map_or(end, |text| if all(text, is_plain) { end } else { plain_tail(text) })
}

fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

/// The first of eight bytes that is a quote, a backslash or a control character.
fn first_odd(bytes: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    let word = u64::from_le_bytes(bytes);
    // The top bit of each byte that is below `limit` (and of some behind the first such one).
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let odd = (below(word, b' ') | is(b'"') | is(b'\\')) & TOPS;
    (odd != 0).then(|| odd.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(number(b"999999999999999"), Some(999_999_999_999_999));
        assert_eq!(number(b"007"), Some(7));
        for other in [&b""[..], b"-1", b"1.0", b"1e3", b"1:", b"1/", b"1000000000000000"] {
            assert_eq!(number(other), None, "{other:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_byte_that_is_not_plain_is_met(
            length in 0..120_usize,
            odd in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut text = vec![b'x'; length];
            for (place, byte) in odd.into_iter().filter(|_| length > 0) {
                *place.get_mut(&mut text) = byte;
            }
            let first = text.iter().position(|byte| !is_plain(*byte)).unwrap_or(length);
            prop_assert_eq!(plain(&text), first);
        }
    }
}
