use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

use super::{Reach, reach};

/// Opens connections to addresses that webhooks may go to, and to no other.
///
/// The addresses a name leads to are looked at after it was resolved, and the connection is made to these very addresses. So it
/// does not help that a name leads elsewhere a moment later.
#[derive(Clone, Debug)]
pub(super) struct Guarded {
    inner: HttpConnector<Checked>,
    private: bool,
}

/// Resolves names, and refuses those that lead, with any address, where no webhook may go.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    inner: GaiResolver,
    private: bool,
}

type Boxed<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl Guarded {
    /// With `private`, this machine and private networks may be reached too.
    pub(super) fn new(private: bool) -> Self {
        let mut inner = HttpConnector::new_with_resolver(Checked { inner: GaiResolver::new(), private });
        // Whether it has to be https, the configuration has said.
        inner.enforce_http(false);
        Self { inner, private }
    }
}

impl Service<Uri> for Guarded {
    type Response = <HttpConnector<Checked> as Service<Uri>>::Response;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Boxed<Self::Response, Self::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // An address needs no resolving, so the resolver never sees it.
        let host = uri.host().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if let Err(refused) = literal.map_or(Ok(()), |ip| check(ip, self.private)) {
            return Box::pin(async move { Err(refused.into()) });
        }
        let connected = self.inner.call(uri);
        Box::pin(async move { connected.await.map_err(Into::into) })
    }
}

impl Service<Name> for Checked {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Boxed<Self::Response, Self::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(ready!(self.inner.poll_ready(context)))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (resolved, private) = (self.inner.call(name), self.private);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = resolved.await?.collect();
            addresses.iter().try_for_each(|address| check(address.ip(), private))?;
            Ok(addresses.into_iter())
        })
    }
}

fn check(ip: IpAddr, private: bool) -> io::Result<()> {
    match reach(ip) {
        Reach::Public => Ok(()),
        Reach::Private if private => Ok(()),
        Reach::Private => Err(io::Error::other(
            "it is on this machine or in a private network; `private_webhooks = true` in [server] allows that",
        )),
        Reach::Never => Err(io::Error::other("its address is one that webhooks are never sent to")),
    }
}
