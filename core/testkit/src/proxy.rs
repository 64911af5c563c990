//! Runs small proxies on loopback: CONNECT of HTTP, and SOCKS5.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::listener::{Listener, Stop};
use crate::shared::lock;
use crate::{connection, pipe};

const LONGEST_HEAD: usize = 16 * 1024;

/// Serves a proxy on loopback. Each of its tunnels leads to the same server, and it records each question. Dropping it ends every
/// tunnel.
pub struct LoopbackProxy {
    desk: Arc<Desk>,
    scheme: &'static str,
    listener: Listener,
}

/// Records one question of a client to a proxy.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// The host and port of the target, as the client sent them: `hub.test:443`.
    pub target: String,
    /// The user and the password, if the client sent them.
    pub credentials: Option<(String, String)>,
    /// The `User-Agent` of a CONNECT; SOCKS5 has none.
    pub user_agent: Option<String>,
    /// True if the proxy opened a tunnel.
    pub granted: bool,
}

/// Hides the password.
impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked")
            .field("target", &self.target)
            .field("user", &self.credentials.as_ref().map(|(user, _)| user))
            .field("granted", &self.granted)
            .finish_non_exhaustive()
    }
}

/// Holds the rules of a proxy, and its record.
struct Desk {
    to: SocketAddr,
    credentials: Option<(String, String)>,
    refuses: AtomicBool,
    asked: Mutex<Vec<Asked>>,
}

impl LoopbackProxy {
    /// Starts a proxy that takes CONNECT of HTTP. With credentials it demands them as `Basic`, and answers 407 to all others.
    pub fn http(to: SocketAddr, credentials: Option<(&str, &str)>) -> io::Result<LoopbackProxy> {
        LoopbackProxy::start("http", to, credentials, http)
    }

    /// Starts a proxy that speaks SOCKS5. With credentials it demands them as in RFC 1929.
    pub fn socks5(to: SocketAddr, credentials: Option<(&str, &str)>) -> io::Result<LoopbackProxy> {
        LoopbackProxy::start("socks5h", to, credentials, socks5)
    }

    fn start(
        scheme: &'static str,
        to: SocketAddr,
        credentials: Option<(&str, &str)>,
        meet: fn(&mut &TcpStream, &Desk) -> io::Result<bool>,
    ) -> io::Result<LoopbackProxy> {
        let credentials = credentials.map(|(user, password)| (user.to_owned(), password.to_owned()));
        let desk = Arc::new(Desk { to, credentials, refuses: AtomicBool::new(false), asked: Mutex::default() });
        let (of_thread, stop) = (Arc::clone(&desk), Arc::<Stop>::default());
        let listener = Listener::start(0, Arc::clone(&stop), move |mut client: &TcpStream, _| {
            // Either side may go away whenever it likes.
            let _ = meet(&mut client, &of_thread).and_then(|granted| of_thread.tunnel(granted, client, &stop));
        })?;
        Ok(LoopbackProxy { desk, scheme, listener })
    }

    /// Refuses every client from now on. Open tunnels stay open.
    pub fn refuse(&self) {
        self.desk.refuses.store(true, Ordering::SeqCst);
    }

    /// Returns the address on which the proxy listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns the URL without credentials: `http://127.0.0.1:PORT` or `socks5h://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address())
    }

    /// Counts the connections that were accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }

    /// Lists the questions of clients, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.desk.asked).clone()
    }
}

impl std::fmt::Debug for LoopbackProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoopbackProxy").field("url", &self.url()).field("asked", &self.asked()).finish_non_exhaustive()
    }
}

impl Desk {
    /// Records a question, and returns true if the proxy grants it.
    fn ask(&self, target: String, credentials: Option<(String, String)>, user_agent: Option<String>) -> bool {
        let is_known = self.credentials.is_none() || self.credentials == credentials;
        let granted = is_known && !self.refuses.load(Ordering::SeqCst);
        lock(&self.asked).push(Asked { target, credentials, user_agent, granted });
        granted
    }

    fn tunnel(&self, granted: bool, client: &TcpStream, stop: &Arc<Stop>) -> io::Result<()> {
        if !granted {
            connection::close(client);
            return Ok(());
        }
        let server = TcpStream::connect(self.to)?;
        server.set_nodelay(true)?;
        let _open = Stop::open(stop, &server)?;
        pipe::join(client, &server, || true, || true);
        Ok(())
    }
}

fn http(client: &mut &TcpStream, desk: &Desk) -> io::Result<bool> {
    let mut head = Vec::new();
    // Byte by byte: the bytes behind the head belong to the tunnel.
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        head.push(byte(client)?);
    }
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut slots);
    let read = request.parse(&head).is_ok_and(|read| read.is_complete());
    let (true, Some("CONNECT"), Some(target)) = (read, request.method, request.path) else {
        client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return Ok(false);
    };
    let header = |name: &str| request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    // Some proxies refuse a CONNECT whose Host is missing (mitmproxy/mitmproxy#7019) or their own (koichik/node-tunnel#29).
    if header("host").is_none_or(|header| header.value != target.as_bytes()) {
        client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        return Ok(false);
    }
    let credentials = header("proxy-authorization").and_then(|header| basic(header.value));
    let user_agent = header("user-agent").map(|header| String::from_utf8_lossy(header.value).into_owned());
    let granted = desk.ask(target.to_owned(), credentials, user_agent);
    client.write_all(if granted {
        b"HTTP/1.1 200 Connection established\r\n\r\n"
    } else {
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    })?;
    Ok(granted)
}

/// Reads the user and the password of `Basic` (RFC 7617).
fn basic(value: &[u8]) -> Option<(String, String)> {
    let (scheme, coded) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':').filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    Some((user.to_owned(), password.to_owned()))
}

/// Speaks RFC 1928 and RFC 1929, as far as a client of CONNECT meets them.
fn socks5(client: &mut &TcpStream, desk: &Desk) -> io::Result<bool> {
    const PASSWORD: u8 = 2;
    let _version = byte(client)?;
    let methods = counted(client)?;
    let wanted = if desk.credentials.is_some() { PASSWORD } else { 0 };
    if !methods.contains(&wanted) {
        // The client has not named a target. The record comes before the answer, since a test may look as soon as the client has it.
        let granted = desk.ask(String::new(), None, None);
        client.write_all(&[5, 0xff])?;
        return Ok(granted);
    }
    client.write_all(&[5, wanted])?;
    let mut credentials = None;
    if wanted == PASSWORD {
        let _version = byte(client)?;
        let (user, password) = (text(counted(client)?)?, text(counted(client)?)?);
        let given = Some((user, password));
        if given != desk.credentials {
            let granted = desk.ask(String::new(), given, None);
            client.write_all(&[1, 1])?;
            return Ok(granted);
        }
        client.write_all(&[1, 0])?;
        credentials = given;
    }
    let [_version, command, _reserved, kind] = array(client)?;
    let host = match kind {
        1 => IpAddr::from(Ipv4Addr::from(array::<4>(client)?)).to_string(),
        4 => format!("[{}]", Ipv6Addr::from(array::<16>(client)?)),
        _ => text(counted(client)?)?,
    };
    let port = u16::from_be_bytes(array(client)?);
    let granted = command == 1 && desk.ask(format!("{host}:{port}"), credentials, None);
    client.write_all(&[5, if granted { 0 } else { 7 }, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(granted)
}

fn byte(client: &mut &TcpStream) -> io::Result<u8> {
    array::<1>(client).map(|[byte]| byte)
}

fn array<const N: usize>(client: &mut &TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads a byte that counts, and the bytes that it counts.
fn counted(client: &mut &TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; byte(client)?.into()];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(io::Error::other)
}
