//! A small HTTP/1.1 client on the standard library, correct except for the flaw that it is given.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime};

use http::response::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode, Uri, Version};
use hub_auth_core::{
    Delivery, Failure, LoginOutcome, MAX_REPLY, ReplyBody, Request, Step, TransportError, TransportErrorKind as Kind,
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
    TellsTheAnswer,
}

pub(crate) struct Transport {
    pub(crate) target: Target,
    pub(crate) flaw: Option<Flaw>,
    kept: RefCell<Option<Line>>,
}

/// A connection, and the bytes of it that were read and not used yet.
struct Line {
    stream: TcpStream,
    left: Vec<u8>,
    deadline: Instant,
    /// The time for each read, in place of the deadline.
    each: Option<Duration>,
}

impl Transport {
    pub(crate) fn new(target: &Target, flaw: Option<Flaw>) -> Transport {
        Transport { target: target.clone(), flaw, kept: RefCell::default() }
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
                        Err(broken) => awaiting.failed(*broken, now),
                    }
                }
                Step::Wait(pause) => {
                    let until = pause.until();
                    pause.resume(until)
                }
                Step::NeedCode(challenge) => return Ok(LoginOutcome::NeedCode(challenge)),
                Step::Done(grant) => return Ok(LoginOutcome::Done(grant)),
                Step::Failed(failure) => return Err(failure),
            };
        }
    }

    fn send(&self, request: &Request, to: &Uri) -> Result<(Parts, ReplyBody), Box<TransportError>> {
        let not_sent = |error| TransportError::new(Delivery::NotSent, Kind::Connect).with_source(error);
        let mut line = self.connect(to).map_err(not_sent)?;
        let (mut head, mut body) = (None, ReplyBody::default());
        let ended = self.exchange(&mut line, request, to, &mut head, &mut body);
        let kind = match (ended, head.take_if(|_| ended.is_ok())) {
            (Ok(is_kept), Some(head)) => {
                *self.kept.borrow_mut() = is_kept.then_some(line);
                if let (true, Some(location)) = (self.is(Flaw::FollowsRedirects), head.headers.get("location")) {
                    let location = location.to_str().unwrap();
                    let host = to.authority().unwrap();
                    let is_path = location.starts_with('/');
                    let url = if is_path { format!("http://{host}{location}") } else { location.to_owned() };
                    return self.send(request, &url.parse().unwrap());
                }
                return Ok((head, body));
            }
            (ended, _) => ended.err().unwrap_or(Kind::Closed),
        };
        let is_unsent = self.is(Flaw::TakesLostForUnsent) && kind == Kind::Closed;
        let broken = TransportError::new(if is_unsent { Delivery::NotSent } else { Delivery::MaybeSent }, kind);
        let broken = match &head {
            Some(head) if self.is(Flaw::TellsTheAnswer) => broken.with_source(format!("{head:?}")),
            _ => broken,
        };
        Err(Box::new(match head.filter(|_| !self.is(Flaw::LosesTheHead)) {
            Some(head) => broken.with_head(head),
            None => broken,
        }))
    }

    fn connect(&self, to: &Uri) -> io::Result<Line> {
        let deadline = Instant::now() + self.target.timeout;
        let each = self.is(Flaw::TimesEachRead).then_some(self.target.timeout);
        if let Some(kept) = self.kept.take().filter(|_| !self.is(Flaw::OpensEachTime)) {
            kept.stream.set_nonblocking(true)?;
            let is_idle = kept.stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            kept.stream.set_nonblocking(false)?;
            if is_idle || self.is(Flaw::TrustsWhatIsKept) {
                return Ok(Line { deadline, ..kept });
            }
        }
        let addresses: Vec<_> = to.authority().unwrap().as_str().to_socket_addrs()?.collect();
        let time = self.target.connect_timeout / u32::try_from(addresses.len()).map_err(io::Error::other)?;
        let tried = addresses.iter().map(|address| TcpStream::connect_timeout(address, time));
        let stream = tried.reduce(Result::or).unwrap_or(Err(ErrorKind::NotFound.into()))?;
        Ok(Line { stream, left: Vec::new(), deadline, each })
    }

    /// Sends the request and reads the answer. Returns true if the connection can be used again.
    fn exchange(
        &self,
        line: &mut Line,
        request: &Request,
        to: &Uri,
        head: &mut Option<Parts>,
        body: &mut ReplyBody,
    ) -> Result<bool, Kind> {
        let mut bytes = format!("POST {} HTTP/1.1\r\nhost: {}\r\n", to.path(), to.authority().unwrap()).into_bytes();
        let sent = request.body().as_ref();
        for (name, value) in request.headers() {
            let value = match name.as_str() {
                "content-length" if self.is(Flaw::Chunks) => continue,
                "user-agent" if self.is(Flaw::NamesItself) => b"tiny/1.0",
                _ => value.as_bytes(),
            };
            bytes.extend([name.as_str().as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if self.is(Flaw::Chunks) {
            bytes.extend(format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", sent.len()).into_bytes());
            bytes.extend([sent, b"\r\n0\r\n\r\n"].concat());
        } else {
            bytes.extend([b"\r\n", sent].concat());
        }
        line.stream.write_all(&bytes).map_err(|_| Kind::Closed)?;

        let parts = loop {
            let parts = parse(&line.until(b"\r\n\r\n")?).ok_or(Kind::Unreadable)?;
            if !parts.status.is_informational() {
                break head.insert(parts);
            }
        };
        let says = |name: &str, value: &str| parts.headers.get(name).is_some_and(|own| own == value);
        let lengths: Vec<_> = parts.headers.get_all("content-length").iter().collect();
        let length = match lengths[..] {
            [] => None,
            [length] => Some(length.to_str().ok().and_then(|text| text.parse().ok()).ok_or(Kind::Unreadable)?),
            _ => return Err(Kind::Unreadable),
        };
        let is_chunked = says("transfer-encoding", "chunked");
        if is_chunked {
            loop {
                let size = line.until(b"\r\n")?;
                let Ok(httparse::Status::Complete((_, size))) = httparse::parse_chunk_size(&size) else {
                    return Err(Kind::Unreadable);
                };
                if size == 0 {
                    break;
                }
                self.body(line, Some(size), body)?;
                line.until(b"\r\n")?;
            }
            while line.until(b"\r\n")? != b"\r\n" {}
        } else {
            self.body(line, length, body)?;
        }
        let is_spoilt = !line.left.is_empty() && !self.is(Flaw::TakesWhatIsLeft);
        let closes = says("connection", "close") || parts.version == Version::HTTP_10;
        Ok(!closes && !is_spoilt && (length.is_some() || is_chunked))
    }

    /// Reads this many bytes of the body, or all until the end.
    fn body(&self, line: &mut Line, length: Option<u64>, body: &mut ReplyBody) -> Result<(), Kind> {
        let (mut left, mut whole) = (length.unwrap_or(u64::MAX), 0);
        while left > 0 {
            if line.left.is_empty() && !line.more()? {
                return if length.is_none() { Ok(()) } else { Err(Kind::Closed) };
            }
            let take = line.left.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let piece: Vec<u8> = line.left.drain(..take).collect();
            (left, whole) = (left - take as u64, whole + take);
            if body.push(&piece).is_err() && !self.is(Flaw::ReadsOnAndOn) {
                return Err(Kind::TooLarge);
            }
        }
        if whole > MAX_REPLY { Err(Kind::TooLarge) } else { Ok(()) }
    }
}

impl Line {
    /// Reads more. Returns false at the end.
    fn more(&mut self) -> Result<bool, Kind> {
        let time = self.each.unwrap_or(self.deadline.saturating_duration_since(Instant::now()));
        if time.is_zero() {
            return Err(Kind::Timeout);
        }
        self.stream.set_read_timeout(Some(time)).map_err(|_| Kind::Closed)?;
        let mut piece = [0; 8 * 1024];
        match self.stream.read(&mut piece) {
            Ok(read) => {
                self.left.extend(&piece[..read]);
                Ok(read > 0)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(Kind::Timeout),
            Err(_) => Err(Kind::Closed),
        }
    }

    /// Returns all bytes up to this mark, with the mark.
    fn until(&mut self, mark: &[u8]) -> Result<Vec<u8>, Kind> {
        loop {
            if let Some(at) = self.left.windows(mark.len()).position(|window| window == mark) {
                return Ok(self.left.drain(..at + mark.len()).collect());
            }
            if self.left.len() > 64 * 1024 {
                return Err(Kind::TooLarge);
            }
            if !self.more()? {
                return Err(Kind::Closed);
            }
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
