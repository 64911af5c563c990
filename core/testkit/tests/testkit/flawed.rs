//! A small HTTP/1.1 client on the standard library, correct except for the flaw that it is given.
#![allow(clippy::result_large_err, reason = "a break comes once, at the end of an exchange")]

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime};

use http::response::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode, Uri, Version};
use hub_auth_core::{
    Delivery, Failure, LoginOutcome, MAX_REPLY, ReplyBody, Request, Step, TransportError, TransportErrorKind,
};
use hub_auth_testkit::conformance::Target;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    FollowsRedirects,
    TakesLostForUnsent,
    LosesTheHead,
    ReadsOnAndOn,
    NamesItself,
    TimesEachRead,
    TrustsWhatIsKept,
    OpensEachTime,
    Chunks,
    SendsAgain,
    TakesWhatIsLeft,
}

pub(crate) struct Transport {
    timeout: Duration,
    connect_timeout: Duration,
    flaw: Option<Flaw>,
    kept: RefCell<Option<TcpStream>>,
    /// The bytes that came behind the last answer.
    left: RefCell<Vec<u8>>,
}

/// The parts of an answer that were read.
#[derive(Default)]
struct Answer {
    head: Option<Parts>,
    body: ReplyBody,
}

/// A deadline for all reads, or for each.
#[derive(Clone, Copy)]
enum Deadline {
    At(Instant),
    Each(Duration),
}

type Part<T> = Result<T, TransportErrorKind>;

impl Transport {
    pub(crate) fn new(target: &Target, flaw: Option<Flaw>) -> Transport {
        let Target { timeout, connect_timeout, .. } = *target;
        Transport { timeout, connect_timeout, flaw, kept: RefCell::default(), left: RefCell::default() }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    pub(crate) fn run(&self, mut step: Step) -> Result<LoginOutcome, Failure> {
        loop {
            let now = SystemTime::now().into();
            step = match step {
                Step::Send(exchange) => {
                    let (request, awaiting) = exchange.send();
                    let mut sent = self.send(&request, request.uri());
                    if sent.is_err() && self.is(Flaw::SendsAgain) {
                        sent = self.send(&request, request.uri());
                    }
                    match sent {
                        Ok((head, body)) => awaiting.reply(Response::from_parts(head, body.as_ref()), now),
                        Err(broken) => awaiting.failed(broken, now),
                    }
                }
                Step::Wait(pause) => {
                    std::thread::sleep(pause.delay(now));
                    let until = pause.until();
                    pause.resume(until)
                }
                Step::NeedCode(challenge) => return Ok(LoginOutcome::NeedCode(challenge)),
                Step::Done(grant) => return Ok(LoginOutcome::Done(grant)),
                Step::Failed(failure) => return Err(failure),
            };
        }
    }

    fn send(&self, request: &Request, to: &Uri) -> Result<(Parts, ReplyBody), TransportError> {
        let deadline = if self.is(Flaw::TimesEachRead) {
            Deadline::Each(self.timeout)
        } else {
            Deadline::At(Instant::now() + self.timeout)
        };
        let mut stream = self
            .connect(to)
            .map_err(|error| TransportError::new(Delivery::NotSent, TransportErrorKind::Connect).with_source(error))?;
        let mut read = Answer::default();
        let ended = self.exchange(&mut stream, request, to, deadline, &mut read);
        let Answer { head, body } = read;
        match (ended, head) {
            (Ok(keep), Some(head)) => {
                if keep {
                    *self.kept.borrow_mut() = Some(stream);
                }
                if let (true, Some(location)) = (self.is(Flaw::FollowsRedirects), head.headers.get("location")) {
                    let location: Uri = location.to_str().unwrap().parse().unwrap();
                    let base = to.clone().into_parts();
                    let mut parts = location.into_parts();
                    parts.scheme = parts.scheme.or(base.scheme);
                    parts.authority = parts.authority.or(base.authority);
                    return self.send(request, &Uri::from_parts(parts).unwrap());
                }
                Ok((head, body))
            }
            (ended, head) => {
                let unsent = self.is(Flaw::TakesLostForUnsent) && ended == Err(TransportErrorKind::Closed);
                let broken = TransportError::new(
                    if unsent { Delivery::NotSent } else { Delivery::MaybeSent },
                    ended.err().unwrap_or(TransportErrorKind::Closed),
                );
                Err(match head.filter(|_| !self.is(Flaw::LosesTheHead)) {
                    Some(head) => broken.with_head(head),
                    None => broken,
                })
            }
        }
    }

    fn connect(&self, to: &Uri) -> io::Result<TcpStream> {
        let kept = self.kept.borrow_mut().take().filter(|_| !self.is(Flaw::OpensEachTime));
        if let Some(kept) = kept {
            kept.set_nonblocking(true)?;
            let is_idle = kept.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            kept.set_nonblocking(false)?;
            if is_idle || self.is(Flaw::TrustsWhatIsKept) {
                return Ok(kept);
            }
        }
        self.left.borrow_mut().clear();
        let addresses: Vec<_> = to.authority().unwrap().as_str().to_socket_addrs()?.collect();
        let each = self.connect_timeout / u32::try_from(addresses.len()).map_err(io::Error::other)?;
        let tried = addresses.iter().map(|address| TcpStream::connect_timeout(address, each));
        tried.reduce(Result::or).unwrap_or(Err(ErrorKind::NotFound.into()))
    }

    /// Sends the request and reads the answer. Returns true if the connection can be used again.
    fn exchange(
        &self,
        stream: &mut TcpStream,
        request: &Request,
        to: &Uri,
        deadline: Deadline,
        read: &mut Answer,
    ) -> Part<bool> {
        let mut bytes = format!("POST {} HTTP/1.1\r\nhost: {}\r\n", to.path(), to.authority().unwrap()).into_bytes();
        let body = request.body().as_ref();
        for (name, value) in request.headers() {
            let value = match name.as_str() {
                "content-length" if self.is(Flaw::Chunks) => continue,
                "user-agent" if self.is(Flaw::NamesItself) => b"tiny/1.0",
                _ => value.as_bytes(),
            };
            bytes.extend([name.as_str().as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if self.is(Flaw::Chunks) {
            bytes.extend(format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len()).into_bytes());
            bytes.extend([body, b"\r\n0\r\n\r\n"].concat());
        } else {
            bytes.extend([b"\r\n", body].concat());
        }
        stream.write_all(&bytes).map_err(|_| TransportErrorKind::Closed)?;
        self.read(stream, deadline, read)
    }

    fn read(&self, stream: &mut TcpStream, deadline: Deadline, read: &mut Answer) -> Part<bool> {
        let mut buffer = self.left.take();
        let head = loop {
            let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                if buffer.len() > 64 * 1024 {
                    return Err(TransportErrorKind::TooLarge);
                }
                if !deadline.more(stream, &mut buffer)? {
                    return Err(TransportErrorKind::Closed);
                }
                continue;
            };
            let head = parse(&buffer.drain(..at + 4).collect::<Vec<u8>>()).ok_or(TransportErrorKind::Unreadable)?;
            if !head.status.is_informational() {
                break head;
            }
        };
        let lengths: Vec<_> = head.headers.get_all("content-length").into_iter().collect();
        let length = match lengths[..] {
            [] => None,
            [length] => {
                Some(length.to_str().ok().and_then(|text| text.parse().ok()).ok_or(TransportErrorKind::Closed)?)
            }
            _ => return Err(TransportErrorKind::Closed),
        };
        let says = |name: &str, what: &str| head.headers.get(name).is_some_and(|value| value == what);
        let close = says("connection", "close") || head.version == Version::HTTP_10;
        let is_chunked = says("transfer-encoding", "chunked");
        read.head = Some(head);
        if is_chunked {
            loop {
                let size = line(stream, deadline, &mut buffer)?;
                let size = size.split(';').next().unwrap_or_default();
                let size = u64::from_str_radix(size, 16).map_err(|_| TransportErrorKind::Closed)?;
                if size == 0 {
                    break;
                }
                self.body(stream, deadline, &mut buffer, Some(size), &mut read.body)?;
                line(stream, deadline, &mut buffer)?;
            }
            while !line(stream, deadline, &mut buffer)?.is_empty() {}
        } else {
            self.body(stream, deadline, &mut buffer, length, &mut read.body)?;
        }
        let is_spoilt = !buffer.is_empty() && !self.is(Flaw::TakesWhatIsLeft);
        *self.left.borrow_mut() = buffer;
        Ok(!close && !is_spoilt && (length.is_some() || is_chunked))
    }

    /// Reads this many bytes, or all until the end.
    fn body(
        &self,
        stream: &mut TcpStream,
        deadline: Deadline,
        buffer: &mut Vec<u8>,
        length: Option<u64>,
        body: &mut ReplyBody,
    ) -> Part<()> {
        let mut left = length.unwrap_or(u64::MAX);
        let mut whole = 0;
        while left > 0 {
            if buffer.is_empty() && !deadline.more(stream, buffer)? {
                return if length.is_none() { Ok(()) } else { Err(TransportErrorKind::Closed) };
            }
            let take = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let piece: Vec<u8> = buffer.drain(..take).collect();
            left -= take as u64;
            whole += take;
            let fits = body.push(&piece).is_ok();
            if !fits && !self.is(Flaw::ReadsOnAndOn) {
                return Err(TransportErrorKind::TooLarge);
            }
        }
        if whole > MAX_REPLY { Err(TransportErrorKind::TooLarge) } else { Ok(()) }
    }
}

impl Deadline {
    /// Reads more; returns false at the end.
    fn more(self, stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Part<bool> {
        let left = match self {
            Deadline::At(at) => at.saturating_duration_since(Instant::now()),
            Deadline::Each(left) => left,
        };
        if left.is_zero() {
            return Err(TransportErrorKind::Timeout);
        }
        stream.set_read_timeout(Some(left)).map_err(|_| TransportErrorKind::Closed)?;
        let mut piece = [0; 8 * 1024];
        match stream.read(&mut piece) {
            Ok(read) => {
                buffer.extend(&piece[..read]);
                Ok(read > 0)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(TransportErrorKind::Timeout)
            }
            Err(_) => Err(TransportErrorKind::Closed),
        }
    }
}

/// Reads a line of a chunked body.
fn line(stream: &mut TcpStream, deadline: Deadline, buffer: &mut Vec<u8>) -> Part<String> {
    loop {
        if let Some(at) = buffer.windows(2).position(|two| two == b"\r\n") {
            let line: Vec<u8> = buffer.drain(..at + 2).take(at).collect();
            return String::from_utf8(line).map_err(|_| TransportErrorKind::Closed);
        }
        if !deadline.more(stream, buffer)? {
            return Err(TransportErrorKind::Closed);
        }
    }
}

fn parse(head: &[u8]) -> Option<Parts> {
    let mut slots = [httparse::EMPTY_HEADER; 128];
    let mut parsed = httparse::Response::new(&mut slots);
    parsed.parse(head).ok().filter(httparse::Status::is_complete)?;
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(parsed.code?).ok()?;
    if parsed.version == Some(0) {
        *response.version_mut() = Version::HTTP_10;
    }
    for header in parsed.headers.iter() {
        let name = HeaderName::try_from(header.name).ok()?;
        response.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    Some(response.into_parts().0)
}
