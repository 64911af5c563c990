//! A server with fixed answers on loopback. It takes no memory once a connection stands, so its thread may run beside what is
//! counted; where instructions are counted, it is in another process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::{env, io, thread};

use crate::answers;

/// Tells a measured process where the server is, which then starts none.
pub const ADDRESS: &str = "PERFORMANCE_SERVER";
/// Who has a second factor.
pub(crate) const USER_WITH_2FA: &str = "alice";

/// Where it is.
#[must_use]
pub fn address() -> SocketAddr {
    static ADDRESS_OF_ALL: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS_OF_ALL.get_or_init(|| match env::var(ADDRESS) {
        Ok(address) => address.parse().expect("an address"),
        Err(_) => start().expect("a port of loopback"),
    })
}

fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || serve(&connection));
        }
    });
    Ok(address)
}

/// Answers until the client goes.
fn serve(mut connection: &TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let granted = answer("200 OK", &answers::granted(&answers::token(155)));
    let challenged = answer("401 Unauthorized", &answers::challenged());
    let mut request = [0; 4096];
    let mut length = 0;
    loop {
        let room = request.get_mut(length..).unwrap_or_default();
        match connection.read(room)? {
            0 => return Ok(()),
            more => length += more,
        }
        let so_far = request.get(..length).unwrap_or_default();
        // The end of its JSON, and of the request.
        if so_far.ends_with(b"}") {
            let is_first = contains(so_far, USER_WITH_2FA.as_bytes());
            connection.write_all(if is_first { &challenged } else { &granted })?;
            length = 0;
        }
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ndate: Thu, 09 Oct 2025 08:53:20 GMT\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
