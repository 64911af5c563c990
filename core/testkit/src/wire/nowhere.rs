//! Addresses without a server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use http::Uri;
use socket2::{Domain, Socket, Type};

/// An address of 127.0.0.1 at which nobody answers, as long as this lives.
#[derive(Debug)]
pub struct Nowhere {
    address: SocketAddr,
    _held: Vec<Socket>,
}

impl Nowhere {
    /// Every connection is refused.
    pub fn refused() -> io::Result<Nowhere> {
        // The port of a client: it is taken, and nobody listens.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        Ok(Nowhere { address: client.local_addr()?, _held: vec![listener.into(), client.into()] })
    }

    /// No connection is ever refused or made, as when a firewall swallows it: the queue of a server is full. Linux only;
    /// elsewhere the connections of a full queue are refused.
    pub fn silent() -> io::Result<Nowhere> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
        // A queue of none holds one.
        let client = TcpStream::connect(address)?;
        Ok(Nowhere { address, _held: vec![listener, client.into()] })
    }

    /// Where nobody is, as a base URL.
    pub fn url(&self) -> io::Result<Uri> {
        format!("http://{}", self.address).parse().map_err(io::Error::other)
    }

    /// Where nobody is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
