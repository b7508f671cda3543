//! Connections on one address, within limits that keep strangers from holding the server.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StartError;
use crate::http::Proxies;
use crate::write_limit::WriteLimit;

/// How long the head of a request may take to arrive.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How many header fields a request may have.
const MOST_HEADERS: usize = 64;
/// How large a request's head may be, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;
/// How long an answer may wait for somebody to read on.
const READ_WITHIN: Duration = Duration::from_secs(60);

/// Listens on the address of a field of `[server]`.
///
/// # Errors
/// Why it cannot be listened on.
pub(super) async fn bind(field: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| StartError::Listen { field, address, source })
}

/// Answers what comes on one address.
#[derive(Clone, Debug)]
pub(super) struct Front {
    service: TowerToHyperService<Router>,
    proxies: Arc<Proxies>,
    room: Arc<Semaphore>,
}

impl Front {
    /// Answers by these routes, on so many connections at once. Further ones wait in the system's queue.
    pub(super) fn new(router: Router, proxies: Proxies, connections: usize) -> Self {
        Self {
            service: TowerToHyperService::new(router),
            proxies: Arc::new(proxies),
            room: Arc::new(Semaphore::new(connections)),
        }
    }

    /// Takes connections until `stop` is done. Gives those that are open then.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> GracefulShutdown {
        let open = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&listener) => accepted,
                () = &mut stop => return open,
            };
            match accepted {
                Ok((stream, from, place)) => self.answer(stream, from, place, &open),
                Err(error) => {
                    // Out of file descriptors, most likely: give it a moment instead of spinning.
                    tracing::error!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(&self, listener: &TcpListener) -> io::Result<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.room).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, from) = listener.accept().await?;
        Ok((stream, from.ip(), place))
    }

    fn answer(&self, stream: TcpStream, from: IpAddr, place: OwnedSemaphorePermit, open: &GracefulShutdown) {
        // Answers are small and written at once.
        drop(stream.set_nodelay(true));
        let (service, proxies) = (self.service.clone(), self.proxies.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let peer = proxies.peer(from, request.headers());
            request.extensions_mut().insert(peer);
            service.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(WriteLimit::new(stream, READ_WITHIN)), service);
        let connection = open.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        });
    }
}
