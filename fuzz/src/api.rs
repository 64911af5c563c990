//! The target `api`: any answer to any API call.

use std::time::Duration;

use hub_auth_core::api::{Verdict, retry_at};
use hub_auth_core::{FailureKind, Token, UnixTime};

use crate::checks::{self, TOKEN};
use crate::reply::answer;

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Any status, headers and bytes, with the body cut anywhere, lead to a verdict, and nothing panics. The verdict is `Fine`
/// exactly for 2xx, and a wait exactly for 429 and some 5xx; no wait is longer than a day; the token is in nothing printed; the
/// verdict on 401 and 429 does not depend on the body being cut.
///
/// The bytes: where the body is cut, status (two bytes), clock; then header lines, an empty line, and the body.
pub fn api(data: &[u8]) {
    let Some((&[cut, low, high, clock], rest)) = data.split_first_chunk() else { return };
    let answer = answer(100 + u16::from_le_bytes([low, high]) % 900, rest);
    let now = UnixTime::from_millis(1u64.checked_shl(u32::from(clock)).unwrap_or(u64::MAX));
    let token = Token::parse(TOKEN).expect("a token");
    let judge = |body: &[u8]| Verdict::of(answer.status(), answer.headers(), body, &token, now);
    let cut = answer.body().len() * usize::from(cut) / 255;
    for body in [&answer.body()[..cut], answer.body(), b""] {
        let verdict = judge(body);
        checks::silent(&format!("{verdict:?}"), &[TOKEN]);
        assert_eq!(matches!(verdict, Verdict::Fine), answer.status().is_success());
        match verdict {
            Verdict::RetryAt(at) => {
                assert!(at.since(now) <= A_DAY);
                assert!(answer.status() == 429 || answer.status().is_server_error());
            }
            Verdict::Blocked(failure) => {
                assert_eq!(failure.kind(), FailureKind::BlockedByEdge);
                checks::failure(&failure, &[TOKEN], now);
            }
            Verdict::NotWithThisToken(_) => assert_eq!(answer.status(), 403),
            Verdict::LogInAgain => assert_eq!(answer.status(), 401),
            Verdict::Fine | Verdict::Other => assert_ne!(answer.status(), 429),
        }
    }
    if let Some(at) = retry_at(answer.status(), answer.headers(), now) {
        assert!(at.since(now) <= A_DAY);
    }
}
