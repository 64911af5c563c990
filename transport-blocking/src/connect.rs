//! From a host's name to a connection that can be written to.

use std::sync::Arc;
use std::time::Instant;

use hub_auth_core::Broke;
use hub_auth_core::http::Uri;
use hub_auth_host::rustls::ClientConfig;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport};

use crate::broke::not_sent;
use crate::tls;
use crate::wipe::Wiping;

/// Looks nothing up. ureq asks for addresses before it looks for a kept connection; [`Reach`] does it when there is
/// none.
#[derive(Debug)]
pub(crate) struct Unresolved;

impl Resolver for Unresolved {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}

/// Looks the host up, connects, and agrees on TLS where the base is https: one deadline for all, and whatever fails
/// here is marked as not sent.
#[derive(Debug)]
pub(crate) struct Reach {
    resolver: DefaultResolver,
    tcp: TcpConnector,
    tls: Option<Arc<ClientConfig>>,
}

impl Reach {
    pub(crate) fn new(tls: Option<Arc<ClientConfig>>) -> Reach {
        Reach { resolver: DefaultResolver::default(), tcp: TcpConnector::default(), tls }
    }
}

impl Connector for Reach {
    type Out = Wiping;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        let deadline = Deadline { timeout: details.timeout, clock: Instant::now() };
        let look_up = |timeout| self.resolver.resolve(details.uri, details.config, timeout);
        let addrs = deadline.left().and_then(look_up).map_err(not_sent(Broke::Resolve))?;
        let details = ConnectionDetails {
            uri: details.uri,
            addrs,
            resolver: details.resolver,
            config: details.config,
            request_level: details.request_level,
            now: (details.current_time)(),
            timeout: deadline.left().map_err(not_sent(Broke::Connect))?,
            current_time: Arc::clone(&details.current_time),
            run_connector: Arc::clone(&details.run_connector),
            register_shutdown: Arc::clone(&details.register_shutdown),
        };
        let Some(tcp) = self.tcp.connect(&details, None::<()>).map_err(not_sent(Broke::Connect))? else {
            return Ok(None);
        };
        let tcp: Box<dyn Transport> = Box::new(tcp);
        if !details.needs_tls() {
            return Ok(Some(Wiping(tcp)));
        }
        let agree = |timeout| tls::connect(self.tls.as_ref(), tcp, &details, timeout);
        let tls = deadline.left().and_then(agree).map_err(not_sent(Broke::Tls))?;
        Ok(Some(Wiping(Box::new(tls))))
    }
}

/// One deadline for all stages.
struct Deadline {
    timeout: NextTimeout,
    clock: Instant,
}

impl Deadline {
    /// What is left of it. Nothing is an error: ureq would grant another second.
    fn left(&self) -> Result<NextTimeout, Error> {
        let after = self.timeout.after.saturating_sub(self.clock.elapsed());
        if after.is_zero() {
            return Err(Error::Timeout(self.timeout.reason));
        }
        Ok(NextTimeout { after: after.into(), ..self.timeout })
    }
}
