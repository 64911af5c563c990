//! One connection of a scripted server.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::Act;
use crate::Recorded;
use crate::request::{Arrival, Reader};

/// The layer between the bytes and the socket: TLS, if the feature is on.
pub(super) trait Layer {
    fn read(&mut self, gate: &mut Gate<'_>, buffer: &mut [u8]) -> io::Result<usize>;
    fn write(&mut self, gate: &mut Gate<'_>, bytes: &[u8]) -> io::Result<usize>;
    fn flush(&mut self, gate: &mut Gate<'_>) -> io::Result<()>;
    fn is_handshaking(&self) -> bool;
    fn hello(&mut self, gate: &mut Gate<'_>) -> io::Result<()>;
    fn alert(&mut self, gate: &mut Gate<'_>) -> io::Result<()>;
    fn goodbye(&mut self, gate: &mut Gate<'_>) -> io::Result<()>;
}

/// A connection, and where to note what it brings.
pub(super) struct Line<'a> {
    stream: Stream<'a>,
    reader: Reader,
    number: usize,
    request: &'a dyn Fn(Recorded),
}

/// The stream of bytes, in the clear.
struct Stream<'a> {
    gate: Gate<'a>,
    layer: Option<Box<dyn Layer>>,
    read: &'a dyn Fn(&[u8]),
}

/// The socket, with what is held back.
pub(super) struct Gate<'a> {
    socket: &'a TcpStream,
    room: Option<usize>,
    held: Vec<u8>,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        socket: &'a TcpStream,
        number: usize,
        layer: Option<Box<dyn Layer>>,
        read: &'a dyn Fn(&[u8]),
        request: &'a dyn Fn(Recorded),
    ) -> Line<'a> {
        let gate = Gate { socket, room: None, held: Vec::new() };
        Line { stream: Stream { gate, layer, read }, reader: Reader::default(), number, request }
    }

    /// Follows the script to its end, or to that of the connection.
    pub(super) fn play(&mut self, acts: &[Act]) -> io::Result<()> {
        for act in acts {
            match act {
                Act::Read => {
                    if !self.next()? {
                        return Ok(());
                    }
                }
                Act::Take(bytes) => self.reader.skip(&mut self.stream, *bytes)?,
                Act::Peek(bytes) => self.reader.at_least(&mut self.stream, *bytes)?,
                Act::Write(bytes) => self.stream.send(bytes)?,
                Act::Drip(bytes) => bytes.chunks(1).try_for_each(|byte| self.stream.send(byte))?,
                Act::Raw(bytes) => self.stream.gate.write_all(bytes)?,
                Act::Hold(bytes) => {
                    // What TLS owes from before is not counted: its tickets.
                    self.stream.flush()?;
                    self.stream.gate.room = Some(*bytes);
                }
                Act::Release => self.stream.gate.release()?,
                Act::Hello => self.stream.layered(|tls, gate| tls.hello(gate))?,
                Act::Alert => self.stream.layered(|tls, gate| tls.alert(gate))?,
                Act::Goodbye => self.stream.layered(|tls, gate| tls.goodbye(gate))?,
                Act::Stall => {
                    self.drain();
                    return Ok(());
                }
                Act::Cut => self.stream.gate.socket.shutdown(Shutdown::Write)?,
                Act::Reset => return SockRef::from(self.stream.gate.socket).set_linger(Some(Duration::ZERO)),
                Act::Do(f) => f(),
            }
        }
        // Nothing can be said any more after a cut, and nothing that was held back is.
        let _ = self.stream.layered(|tls, gate| tls.goodbye(gate));
        let _ = self.stream.gate.socket.shutdown(Shutdown::Write);
        self.drain();
        Ok(())
    }

    /// Reads the next request; `false` at the end of the stream, or if it is none.
    fn next(&mut self) -> io::Result<bool> {
        match self.reader.next(&mut self.stream, self.number)? {
            Arrival::Request(recorded, _) => {
                (self.request)(recorded);
                Ok(true)
            }
            Arrival::Refused(_) | Arrival::End => Ok(false),
        }
    }

    /// Takes in what comes, until the client closes: a socket closed with something unread is reset.
    fn drain(&mut self) {
        let is_readable = self.stream.layer.as_ref().is_none_or(|tls| !tls.is_handshaking());
        while is_readable && matches!(self.next(), Ok(true)) {}
        let _ = io::copy(&mut self.stream.gate.socket, &mut io::sink());
    }
}

impl Stream<'_> {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.flush()
    }

    /// Does something that only TLS can do; without TLS, nothing.
    fn layered(&mut self, act: fn(&mut dyn Layer, &mut Gate<'_>) -> io::Result<()>) -> io::Result<()> {
        self.layer.as_mut().map_or(Ok(()), |layer| act(&mut **layer, &mut self.gate))
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.layer {
            Some(layer) => layer.read(&mut self.gate, buffer)?,
            None => self.gate.read(buffer)?,
        };
        (self.read)(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.layer {
            Some(layer) => layer.write(&mut self.gate, bytes),
            None => self.gate.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.layered(|layer, gate| layer.flush(gate))
    }
}

impl Gate<'_> {
    fn release(&mut self) -> io::Result<()> {
        self.room = None;
        self.socket.write_all(&std::mem::take(&mut self.held))
    }
}

impl Read for Gate<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer)
    }
}

impl Write for Gate<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(room) = &mut self.room else { return self.socket.write(bytes) };
        let (out, held) = bytes.split_at((*room).min(bytes.len()));
        *room -= out.len();
        self.held.extend(held);
        self.socket.write_all(out)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
