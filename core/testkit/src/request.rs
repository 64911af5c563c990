//! Reads HTTP/1.1 requests from a connection, and keeps them for a test to look at.

use std::io::{self, Read, Write};

use http::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};

use crate::stream::Stream;

const LONGEST_HEAD: usize = 64 * 1024;
const LONGEST_BODY: usize = 1024 * 1024;
const MOST_HEADERS: usize = 128;

/// Records a request as it arrived.
#[derive(Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The number of its connection, counted from zero.
    pub connection: usize,
    /// The method.
    pub method: Method,
    /// The request target: the path and the query, or an absolute URI if the client sent one.
    pub target: String,
    /// The names and values of the headers, in the order and spelling of the client.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The bytes of the head, with its empty line.
    pub head: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

impl Recorded {
    /// Returns the first header of this name in any spelling, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }
}

/// Hides the body and the values of headers, which hold secrets.
impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded")
            .field("connection", &self.connection)
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// Tells what a connection brought.
pub(crate) enum Arrival {
    /// A whole request.
    Request(Recorded, Box<Request<Vec<u8>>>),
    /// Bytes that are no request. This status is the last answer on the connection.
    Refused(StatusCode),
    /// The peer has closed.
    End,
}

/// Holds the bytes of a connection that were read and not used yet.
#[derive(Default)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    /// Reads the next request on this connection.
    pub(crate) fn next(&mut self, stream: &mut Stream<'_>, connection: usize) -> io::Result<Arrival> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if self.buffer.len() > LONGEST_HEAD {
                return Ok(Arrival::Refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
            }
            if !self.fill(stream)? {
                return Ok(Arrival::End);
            }
        };
        let head = self.take(end);
        let Some((mut request, headers)) = parse(&head) else {
            return Ok(Arrival::Refused(StatusCode::BAD_REQUEST));
        };
        // The Hub takes a body of unknown length for an empty one. So it is handed on without one.
        if !request.headers().contains_key(TRANSFER_ENCODING) {
            let Some(length) = content_length(&request) else { return Ok(Arrival::Refused(StatusCode::BAD_REQUEST)) };
            if length > LONGEST_BODY {
                return Ok(Arrival::Refused(StatusCode::PAYLOAD_TOO_LARGE));
            }
            if request.headers().get(EXPECT).is_some_and(|expect| expect == "100-continue") {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                stream.flush()?;
            }
            while self.buffer.len() < length {
                if !self.fill(stream)? {
                    return Ok(Arrival::End);
                }
            }
            *request.body_mut() = self.take(length);
        }
        let recorded = Recorded {
            connection,
            method: request.method().clone(),
            target: request.uri().to_string(),
            headers,
            head,
            body: request.body().clone(),
        };
        Ok(Arrival::Request(recorded, Box::new(request)))
    }

    /// Reads until the buffer holds this many bytes, or the stream ends.
    pub(crate) fn at_least(&mut self, stream: &mut Stream<'_>, bytes: usize) -> io::Result<()> {
        while self.buffer.len() < bytes && self.fill(stream)? {}
        Ok(())
    }

    /// Reads more. Returns false at the end of the stream.
    fn fill(&mut self, stream: &mut Stream<'_>) -> io::Result<bool> {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk)?;
        self.buffer.extend(chunk.iter().take(read));
        Ok(read > 0)
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }
}

type Headers = Vec<(String, Vec<u8>)>;

fn parse(head: &[u8]) -> Option<(Request<Vec<u8>>, Headers)> {
    let mut slots = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut slots);
    parsed.parse(head).ok().filter(httparse::Status::is_complete)?;
    let mut request = Request::new(Vec::new());
    *request.method_mut() = parsed.method?.parse().ok()?;
    *request.uri_mut() = parsed.path?.parse::<Uri>().ok()?;
    if parsed.version == Some(0) {
        *request.version_mut() = http::Version::HTTP_10;
    }
    let mut headers = Vec::new();
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
        headers.push((header.name.to_owned(), header.value.to_owned()));
    }
    Some((request, headers))
}

/// Returns the announced length, zero without the header. `None` if the length is no number or stands there twice.
fn content_length(request: &Request<Vec<u8>>) -> Option<usize> {
    let mut lengths = request.headers().get_all(CONTENT_LENGTH).iter();
    let Some(length) = lengths.next() else { return Some(0) };
    if lengths.next().is_some() {
        return None;
    }
    length.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}
