//! Connecting to a host with several addresses, as RFC 8305 ("happy eyeballs") says: a dead one costs a moment only.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// The head start of each address before the next one is tried as well: RFC 8305, section 5.
const HEAD_START: Duration = Duration::from_millis(250);

/// The first connection of those to these addresses; the others are given up.
pub(crate) async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = by_turns(addresses).into_iter();
    let mut racing = Vec::new();
    let mut last_error = io::Error::other("the host has no address");
    loop {
        let next = waiting.next();
        racing.extend(next.map(|address| Box::pin(TcpStream::connect(address))));
        if racing.is_empty() {
            return Err(last_error);
        }
        let result = if next.is_some() && waiting.len() > 0 {
            match timeout(HEAD_START, first_ended(&mut racing)).await {
                Ok(result) => result,
                Err(_) => continue,
            }
        } else {
            first_ended(&mut racing).await
        };
        match result {
            Ok(stream) => return Ok(stream),
            Err(error) => last_error = error,
        }
    }
}

/// The output of the first of these to end, which is taken out.
async fn first_ended<F: Future + Unpin>(racing: &mut Vec<F>) -> F::Output {
    poll_fn(|context| {
        let ended = racing.iter_mut().enumerate().find_map(|(at, racer)| match Pin::new(racer).poll(context) {
            Poll::Ready(output) => Some((at, output)),
            Poll::Pending => None,
        });
        let Some((at, output)) = ended else { return Poll::Pending };
        racing.swap_remove(at);
        Poll::Ready(output)
    })
    .await
}

/// Both families in turn, the resolver's first choice first: RFC 8305, section 4.
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    std::iter::from_fn(|| Some([first.next(), second.next()]))
        .take_while(|pair| pair.iter().any(Option::is_some))
        .flatten()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let resolved = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        assert_eq!(by_turns(resolved), addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]));
        let resolved = addresses(&["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]);
        assert_eq!(by_turns(resolved), addresses(&["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]));
        assert_eq!(by_turns(Vec::new()), []);
    }
}
