//! TLS for a scripted server.

use std::io::{self, Read, Write};

use rustls::{ServerConnection, Stream};

use super::line::{Gate, Layer};

pub(super) struct Secure(pub(super) ServerConnection);

impl Layer for Secure {
    fn read(&mut self, gate: &mut Gate<'_>, buffer: &mut [u8]) -> io::Result<usize> {
        Stream::new(&mut self.0, gate).read(buffer)
    }

    fn write(&mut self, gate: &mut Gate<'_>, bytes: &[u8]) -> io::Result<usize> {
        Stream::new(&mut self.0, gate).write(bytes)
    }

    fn flush(&mut self, gate: &mut Gate<'_>) -> io::Result<()> {
        while self.0.wants_write() {
            self.0.write_tls(gate)?;
        }
        Ok(())
    }

    fn is_handshaking(&self) -> bool {
        self.0.is_handshaking()
    }

    fn hello(&mut self, gate: &mut Gate<'_>) -> io::Result<()> {
        while !self.0.wants_write() {
            if self.0.read_tls(gate)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.0.process_new_packets().map_err(io::Error::other)?;
        }
        self.flush(gate)
    }

    /// Reacts as if the client had sent a record that cannot be decrypted.
    fn alert(&mut self, gate: &mut Gate<'_>) -> io::Result<()> {
        if self.0.is_handshaking() {
            self.0.complete_io(gate)?;
        }
        let mut record = vec![23, 3, 3, 0, 32];
        record.extend([0; 32]);
        self.0.read_tls(&mut record.as_slice())?;
        // It is an error, that being the purpose.
        let _ = self.0.process_new_packets();
        self.flush(gate)
    }

    /// Says goodbye once the handshake is over; before, it would be no goodbye.
    fn goodbye(&mut self, gate: &mut Gate<'_>) -> io::Result<()> {
        if self.0.is_handshaking() {
            return Ok(());
        }
        self.0.send_close_notify();
        self.flush(gate)
    }
}
