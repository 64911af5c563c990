//! `CONNECT` (RFC 9110, section 9.3.6), with credentials by the Basic scheme (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Credentials, ProxyFault, authority};

/// The longest answer, in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// How every answer starts.
const START: &[u8] = b"HTTP/1.";

pub(super) struct Connect {
    request: Option<Zeroizing<Vec<u8>>>,
    has_credentials: bool,
    head: Vec<u8>,
    /// How much more is read, heads of interim answers included.
    room: usize,
    is_open: bool,
}

impl Connect {
    pub(super) fn new(host: &str, port: u16, credentials: Option<&Credentials>) -> Connect {
        Connect {
            request: Some(request(&authority(host, port), credentials)),
            has_credentials: credentials.is_some(),
            head: Vec::new(),
            room: MAX_HEAD,
            is_open: false,
        }
    }

    pub(super) fn outgoing(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.request.take()
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(super) fn received(&mut self, byte: u8) -> Result<(), ProxyFault> {
        if self.is_open {
            return Err(ProxyFault::SpokeFirst);
        }
        self.room = self.room.checked_sub(1).ok_or(ProxyFault::TooLong)?;
        self.head.push(byte);
        // At once, for whatever is no HTTP may be waiting for us.
        if !self.head.iter().zip(START).all(|(is, ought)| is == ought) {
            return Err(ProxyFault::NotAProxy);
        }
        if !self.head.ends_with(b"\n\r\n") && !self.head.ends_with(b"\n\n") {
            return Ok(());
        }
        let head = Head(&self.head);
        match head.status().ok_or(ProxyFault::NotAProxy)? {
            // A switch of protocols was not asked for; a web server does not know the method.
            101 | 405 | 501 => Err(ProxyFault::NotAProxy),
            100..200 => {
                self.head.clear();
                Ok(())
            }
            // A page, where a proxy would send nothing. (A length alone is to be ignored.)
            200..300 if head.announces_a_page() => Err(ProxyFault::NotAProxy),
            200..300 => {
                self.is_open = true;
                Ok(())
            }
            407 if !head.takes_basic() => Err(ProxyFault::SchemeUnsupported),
            407 if self.has_credentials => Err(ProxyFault::CredentialsRefused),
            407 => Err(ProxyFault::CredentialsWanted),
            status => Err(ProxyFault::Refused { status }),
        }
    }
}

fn request(target: &str, credentials: Option<&Credentials>) -> Zeroizing<Vec<u8>> {
    let head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    let pair = credentials.map(|Credentials { user, password }| {
        // Room from the start, here and below: growing would leave a copy behind.
        let mut pair = Zeroizing::new(Vec::with_capacity(user.len() + 1 + password.len()));
        for part in [user.as_slice(), b":", password.as_slice()] {
            pair.extend_from_slice(part);
        }
        pair
    });
    let encoded = pair.map(|pair| Zeroizing::new(STANDARD.encode(&*pair)));
    let room = head.len() + encoded.as_ref().map_or(0, |encoded| encoded.len()) + 40;
    let mut request = Zeroizing::new(Vec::with_capacity(room));
    request.extend_from_slice(head.as_bytes());
    if let Some(encoded) = encoded {
        for part in ["Proxy-Authorization: Basic ", &encoded, "\r\n"] {
            request.extend_from_slice(part.as_bytes());
        }
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// A whole head of an answer.
struct Head<'a>(&'a [u8]);

impl Head<'_> {
    fn status(&self) -> Option<u16> {
        let [b'0'..=b'9', b' ', status @ ..] = self.0.get(START.len()..)? else { return None };
        let [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ' | b'\r' | b'\n', ..] = status else { return None };
        Some([a, b, c].iter().fold(0, |status, digit| status * 10 + u16::from(*digit - b'0')))
    }

    /// The values of this header, as far as they are text.
    fn values(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let lines = self.0.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
        let fields = lines.filter_map(|line| line.split_once(':'));
        fields.filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn announces_a_page(&self) -> bool {
        self.values("content-type").any(|value| value.to_ascii_lowercase().starts_with("text/html"))
            && (self.values("content-length").any(|value| value != "0")
                || self.values("transfer-encoding").next().is_some())
    }

    /// Whether Basic is among the schemes it names; or it names none.
    fn takes_basic(&self) -> bool {
        let mut challenges = self.values("proxy-authenticate").flat_map(|value| value.split(',')).peekable();
        let names_none = challenges.peek().is_none();
        let is_basic = |challenge: &str| {
            challenge.split_whitespace().next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
        };
        names_none || challenges.any(is_basic)
    }
}
