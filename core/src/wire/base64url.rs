//! The base64 that tokens are written in (RFC 4648, section 5), in two thirds of the time of a decoder for any alphabet.

use crate::wiped::Wiped;

/// What a character at each of four places adds to three bytes.
static PLACES: [[u32; 256]; 4] = [adds(18), adds(12), adds(6), adds(0)];
/// It is none of the alphabet.
const FOREIGN: u32 = 1 << 31;

#[expect(clippy::indexing_slicing, reason = "every byte is below 256")]
const fn adds(shift: u32) -> [u32; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut adds = [FOREIGN; 256];
    let mut value = 0;
    while value < 64 {
        adds[alphabet[value as usize] as usize] = value << shift;
        value += 1;
    }
    adds
}

/// The bytes of `text`, padded or not; `None` if it is of another alphabet or has a character too many.
pub(crate) fn decode(text: &str) -> Option<Wiped> {
    let mut text = text.as_bytes();
    while let [rest @ .., b'='] = text {
        text = rest;
    }
    if text.len() % 4 == 1 {
        return None;
    }
    let eights = text.chunks_exact(8);
    // What is left, filled up with zeros.
    let mut last = [b'A'; 8];
    last.iter_mut().zip(eights.remainder()).for_each(|(to, from)| *to = *from);

    let mut bytes = Wiped::from(vec![0; text.len() / 8 * 6 + 6]);
    let mut seen = 0;
    for (eight, six) in eights.chain([&last[..]]).zip(bytes.chunks_exact_mut(6)) {
        if let &[a, b, c, d, e, f, g, h] = eight {
            let (left, right) = (sum([a, b, c, d]), sum([e, f, g, h]));
            seen |= left | right;
            let [_, _, bytes @ ..] = (u64::from(left) << 24 | u64::from(right)).to_be_bytes();
            six.copy_from_slice(&bytes);
        }
    }
    bytes.truncate(text.len() * 3 / 4);
    (seen & FOREIGN == 0).then_some(bytes)
}

fn sum([a, b, c, d]: [u8; 4]) -> u32 {
    let [first, second, third, fourth] = &PLACES;
    let add = |adds: &[u32; 256], character: u8| adds.get(usize::from(character)).copied().unwrap_or(FOREIGN);
    add(first, a) | add(second, b) | add(third, c) | add(fourth, d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::alphabet::URL_SAFE;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    use proptest::collection::vec;
    use proptest::prelude::*;

    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const ANY: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);

    fn read(text: &str) -> Option<Vec<u8>> {
        decode(text).map(|bytes| bytes.to_vec())
    }

    #[test]
    fn padding_is_not_asked_for() {
        for (text, bytes) in [
            ("", Some("")),
            ("Zg", Some("f")),
            ("Zg==", Some("f")),
            ("Zm8", Some("fo")),
            ("Zm8=", Some("fo")),
            ("Zm9v", Some("foo")),
            ("Zm9vYg", Some("foob")),
            ("Zm9vY", None),
            ("Zm9v Yg", None),
            ("Zm=v", None),
            ("Zm+v", None),
            ("Zm/v", None),
            ("Zmä", None),
        ] {
            assert_eq!(read(text).as_deref(), bytes.map(str::as_bytes), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_read_as_a_general_decoder_reads_it(
            bytes in vec(any::<u8>(), 0..80),
            place in any::<prop::sample::Index>(),
            other in any::<char>(),
        ) {
            let text = ANY.encode(&bytes);
            let text = text.trim_end_matches('=');
            prop_assert_eq!(read(text), Some(bytes));
            let mut edited: Vec<char> = text.chars().collect();
            edited.insert(place.index(edited.len() + 1), other);
            let edited: String = edited.into_iter().collect();
            if !edited.ends_with('=') {
                prop_assert_eq!(read(&edited), ANY.decode(&edited).ok());
            }
        }
    }
}
