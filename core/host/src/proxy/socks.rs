//! SOCKS 5 (RFC 1928), with a user name and password (RFC 1929).

use core::net::IpAddr;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Credentials, ProxyFault};

const VERSION: u8 = 5;
const NO_CREDENTIALS: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;

pub(super) struct Socks {
    outgoing: Option<Zeroizing<Vec<u8>>>,
    credentials: Option<Arc<Credentials>>,
    request: Vec<u8>,
    turn: Turn,
    /// The proxy's answer, as far as it came. At most 262 bytes.
    heard: Vec<u8>,
}

/// What the proxy is to answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Methods,
    Credentials,
    Request,
    Open,
}

impl Socks {
    pub(super) fn new(host: &str, port: u16, credentials: Option<Arc<Credentials>>) -> Socks {
        let methods: &[u8] = match credentials {
            Some(_) => &[VERSION, 2, NO_CREDENTIALS, USER_AND_PASSWORD],
            None => &[VERSION, 1, NO_CREDENTIALS],
        };
        Socks {
            outgoing: Some(Zeroizing::new(methods.to_vec())),
            credentials,
            request: request(host, port),
            turn: Turn::Methods,
            heard: Vec::new(),
        }
    }

    pub(super) fn outgoing(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.outgoing.take()
    }

    pub(super) fn is_open(&self) -> bool {
        self.turn == Turn::Open
    }

    pub(super) fn received(&mut self, byte: u8) -> Result<(), ProxyFault> {
        if self.outgoing.is_some() || self.is_open() {
            return Err(ProxyFault::SpokeFirst);
        }
        self.heard.push(byte);
        if let Some(turn) = self.next()? {
            self.outgoing = match (turn, &self.credentials) {
                (Turn::Credentials, Some(credentials)) => Some(credentials.message()),
                (Turn::Request, _) => Some(Zeroizing::new(std::mem::take(&mut self.request))),
                _ => None,
            };
            self.turn = turn;
            self.heard.clear();
        }
        Ok(())
    }

    /// What is next after all that was heard; `None` while there is more to hear.
    fn next(&self) -> Result<Option<Turn>, ProxyFault> {
        match (self.turn, self.heard.as_slice()) {
            // The answer to credentials has a version of its own, which not everybody gets right.
            (Turn::Methods | Turn::Request, [version, ..]) if *version != VERSION => Err(ProxyFault::NotAProxy),
            (Turn::Methods, [_, NO_CREDENTIALS]) | (Turn::Credentials, [_, 0]) => Ok(Some(Turn::Request)),
            (Turn::Methods, [_, method]) => match (*method, &self.credentials) {
                (USER_AND_PASSWORD, Some(_)) => Ok(Some(Turn::Credentials)),
                (NO_METHOD, None) => Err(ProxyFault::CredentialsWanted),
                (NO_METHOD, Some(_)) => Err(ProxyFault::MethodUnsupported),
                _ => Err(ProxyFault::NotAProxy),
            },
            (Turn::Credentials, [_, _]) => Err(ProxyFault::CredentialsRefused),
            // At once: some say no more than this.
            (Turn::Request, [_, code, ..]) if *code != 0 => Err(ProxyFault::SocksRefused { code: *code }),
            // The proxy's own address does not matter, but has to be read to its end.
            (Turn::Request, [_, _, _, kind, address @ ..]) => {
                let length = match (kind, address) {
                    (1, _) => 4,
                    (4, _) => 16,
                    (3, [length, ..]) => 1 + usize::from(*length),
                    (3, []) => 1,
                    _ => return Err(ProxyFault::NotAProxy),
                };
                Ok((address.len() == length + 2).then_some(Turn::Open))
            }
            _ => Ok(None),
        }
    }
}

fn request(host: &str, port: u16) -> Vec<u8> {
    let mut request = vec![VERSION, 1, 0];
    match host.parse() {
        Ok(IpAddr::V4(ip)) => {
            request.push(1);
            request.extend(ip.octets());
        }
        Ok(IpAddr::V6(ip)) => {
            request.push(4);
            request.extend(ip.octets());
        }
        Err(_) => {
            request.push(3);
            request.extend(counted(host.as_bytes()));
        }
    }
    request.extend(port.to_be_bytes());
    request
}

/// These bytes, with their number in front; what is longer than that can say was refused before.
fn counted(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    [length].into_iter().chain(bytes.iter().copied().take(length.into()))
}

impl Credentials {
    fn message(&self) -> Zeroizing<Vec<u8>> {
        let mut message = Zeroizing::new(Vec::with_capacity(3 + self.user.len() + self.password.len()));
        message.push(1);
        message.extend(counted(&self.user));
        message.extend(counted(&self.password));
        message
    }
}
