//! Creates addresses at which no server answers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use http::Uri;
use socket2::{Domain, Socket, Type};

/// Holds a loopback address at which nobody answers, as long as this value lives.
#[derive(Debug)]
pub struct Nowhere {
    address: SocketAddr,
    _held: Vec<Socket>,
}

impl Nowhere {
    /// Creates an address that refuses every connection.
    pub fn refused() -> io::Result<Nowhere> {
        // The port of a client: it is taken, and nobody listens there.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        Ok(Nowhere { address: client.local_addr()?, _held: vec![listener.into(), client.into()] })
    }

    /// Creates an address that neither refuses nor accepts connections, as behind a firewall that drops packets. A server with a
    /// full queue does this on Linux. Other systems refuse its connections.
    pub fn silent() -> io::Result<Nowhere> {
        Nowhere::silent_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Makes this address neither refuse nor accept connections: see [`Nowhere::silent`].
    pub fn silent_at(address: SocketAddr) -> io::Result<Nowhere> {
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        listener.bind(&address.into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        // A queue of length zero holds one connection.
        let client = TcpStream::connect(address)?;
        Ok(Nowhere { address, _held: vec![listener, client.into()] })
    }

    /// Returns the address as a base URL.
    pub fn url(&self) -> io::Result<Uri> {
        format!("http://{}", self.address).parse().map_err(io::Error::other)
    }

    /// Returns the address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
