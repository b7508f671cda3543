//! The running server: one listener, every route, and the workers that carry out what billing is to do and what is to be sent.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use url::Url;

use crate::billing::{Registry, ledger::Ledger, merchant::Merchant};
use crate::brand::{BillingKind, Receipts};
use crate::clock::Clock;
use crate::config::Config;
use crate::declaration::Desk;
use crate::http::{App, Peer, router};
use crate::intents::Executor;
use crate::keys::{ApiKeys, KeyFile, KeyFileError};
use crate::mail::{Post, Smtp};
use crate::outbox::Outbox;
use crate::receipt::{Handover, NotReady, Ways};
use crate::seal::Sealer;
use crate::session::Sessions;
use crate::sign::Signer;
use crate::store::{self, Store};
use crate::webhook::{self, Courier};
use crate::write_limit::WriteLimit;

/// How long the head of a request may take to arrive.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How many header fields a request may have.
const MOST_HEADERS: usize = 64;
/// How large a request's head may be, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;
/// How long an answer may wait for somebody to read on.
const READ_WITHIN: Duration = Duration::from_secs(60);
/// How many connections are open at once. Further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 2000;
/// How long requests may go on once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Why the server does not start. A sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error("{0}; the file and its directory have to be writable for the user the server runs as.")]
    Store(#[from] store::Error),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// Receipts cannot be brought to customers.
    #[error("{0}")]
    Receipts(String),
    /// A brand whose customers must get a receipt to keep cannot bring it to them.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// Webhooks cannot be posted.
    #[error("{0}")]
    Webhooks(String),
    /// Nothing can be listened on.
    #[error("cannot listen on {address}: {}", sentence(.source))]
    Listen {
        /// The address of the configuration.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

fn sentence(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program uses it. Stop that one, or write another port into `listen`.".into()
        }
        io::ErrorKind::PermissionDenied => {
            "the port may only be used by root. Write one above 1023 into `listen`.".into()
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have the address. Write one it has into `listen`, such as 127.0.0.1."
                .into()
        }
        _ => format!("{error}. Write another address into `listen`."),
    }
}

/// A server that has everything it needs and is about to answer.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    app: App,
    ways: Ways,
    couriers: Vec<Arc<Courier>>,
}

impl Server {
    /// Opens keys and database and listens where the configuration says.
    ///
    /// # Errors
    /// [`StartError`] says what is missing.
    pub async fn bind(config: Config, clock: Clock) -> Result<Self, StartError> {
        let address = config.server.listen;
        // First of all, so that a second server on the same data changes nothing.
        let listened = TcpListener::bind(address).await;
        let listener = listened.map_err(|source| StartError::Listen { address, source })?;
        Self::on(listener, config, clock).await
    }

    /// Opens keys and database, to serve on a listener that is there already.
    ///
    /// # Errors
    /// [`StartError`] says what is missing.
    pub async fn on(listener: TcpListener, config: Config, clock: Clock) -> Result<Self, StartError> {
        let sealing = KeyFile::open(&config.server.keys, "sealing.key")?;
        let signing = KeyFile::open(&config.server.keys, "signing.key")?;
        let store = open_store(&config.server.database).await?;
        let billings = billings(&config, &store, &clock);
        let keys = ApiKeys::new(store.clone(), clock.clone());
        let (config, signer) = (Arc::new(config), Arc::new(Signer::new(&signing)));
        let ways = ways(&config, &signer, &clock)?;
        ways.demand().await?;
        let couriers = couriers(&config, &clock)?;
        let given_up = webhook::subscribe(&store, &config).await?;
        if given_up > 0 {
            tracing::warn!(given_up, "webhooks were waiting for endpoints that are no longer configured");
        }
        let sessions = Sessions {
            executor: Executor::new(store.clone(), billings.clone(), clock.clone()),
            sealer: Arc::new(Sealer::new(sealing)),
            signer,
            config,
            store,
            clock,
            billings,
        };
        let desk = Desk::new(sessions.clone());
        Ok(Self { listener, app: App { sessions, keys, desk }, ways, couriers })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The listener is gone.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What the handlers work with.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Starts to bring mails, receipts and webhooks to where they belong.
    fn deliver(&self, workers: &mut JoinSet<()>) {
        let Sessions { store, clock, config, .. } = &self.app.sessions;
        let post = Arc::new(Post::new(self.ways.smtp.clone(), config.clone()));
        let mails = Outbox::new(store.clone(), clock.clone(), post);
        workers.spawn(async move { mails.run().await });
        if let Some(handover) = self.ways.handover.clone() {
            let handovers = Outbox::new(store.clone(), clock.clone(), handover);
            workers.spawn(async move { handovers.run().await });
        }
        for courier in self.couriers.iter().cloned() {
            let webhooks = Outbox::new(store.clone(), clock.clone(), courier);
            workers.spawn(async move { webhooks.run().await });
        }
        let ways = self.ways.clone();
        workers.spawn(async move { ways.warn().await });
    }

    /// Answers until `stop` is done, then finishes what has begun and closes the database.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let executor = self.app.sessions.executor.clone();
        let mut workers = JoinSet::new();
        workers.spawn(async move { executor.run().await });
        let desk = self.app.desk.clone();
        workers.spawn(async move { desk.run().await });
        self.deliver(&mut workers);
        let service = TowerToHyperService::new(router(self.app.clone()));
        let open = GracefulShutdown::new();
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &room) => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer, place)) => answer(stream, peer, place, service.clone(), &open),
                Err(error) => {
                    // Out of file descriptors, most likely: give it a moment instead of spinning.
                    tracing::error!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(self.listener);
        tracing::info!("stopping");
        if tokio::time::timeout(STOP_WITHIN, open.shutdown()).await.is_err() {
            tracing::warn!("some requests were not finished in time");
        }
        workers.abort_all();
        self.app.sessions.store.close().await;
    }
}

/// The next connection, once there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, Peer(peer.ip()), place))
}

fn answer(
    stream: TcpStream,
    peer: Peer,
    place: OwnedSemaphorePermit,
    service: TowerToHyperService<axum::Router>,
    open: &GracefulShutdown,
) {
    // Answers are small and written at once.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |mut request: Request<Incoming>| {
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

/// Opens the database, making its directory.
///
/// # Errors
/// The file cannot be opened, or was written by a newer version.
pub async fn open_store(path: &Path) -> Result<Store, store::Error> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        let failed = |error| store::Error::Open { path: path.into(), source: sqlx::Error::Io(error) };
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    Store::open(path).await
}

/// The ways in which receipts reach customers.
///
/// # Errors
/// A password, or the system's trusted certificates, cannot be read.
pub fn ways(config: &Arc<Config>, signer: &Arc<Signer>, clock: &Clock) -> Result<Ways, StartError> {
    let url = Url::parse(&config.server.public_url).ok();
    let greeting = url.as_ref().and_then(Url::domain).unwrap_or("localhost");
    let smtp = config.server.smtp.as_ref().map(|server| Smtp::new(server, greeting)).transpose();
    let posts = config.brands.iter().any(|brand| matches!(brand.receipts, Receipts::Merchant(_)));
    let handover = posts.then(|| Handover::new(signer.clone(), config.clone(), clock.clone())).transpose();
    Ok(Ways {
        smtp: smtp.map_err(|error| StartError::Receipts(error.to_string()))?.map(Arc::new),
        handover: handover.map_err(StartError::Receipts)?.map(Arc::new),
        config: config.clone(),
    })
}

/// Who brings webhooks to each endpoint. Brands that have one get a secret, if they have none.
fn couriers(config: &Config, clock: &Clock) -> Result<Vec<Arc<Courier>>, StartError> {
    let brands: Vec<_> = config.brands.iter().filter(|brand| !brand.webhooks.is_empty()).collect();
    if brands.is_empty() {
        return Ok(Vec::new());
    }
    let client = Arc::new(webhook::Client::new(config, clock.clone()).map_err(StartError::Webhooks)?);
    let mut couriers = Vec::new();
    for brand in brands {
        KeyFile::open(&config.server.keys, &webhook::key_name(&brand.slug))?;
        couriers.extend(brand.webhooks.iter().map(|endpoint| {
            let (brand, endpoint) = (brand.slug.clone(), endpoint.clone());
            Arc::new(Courier { brand, endpoint, client: client.clone() })
        }));
    }
    Ok(couriers)
}

/// Each brand's billing.
pub(crate) fn billings(config: &Config, store: &Store, clock: &Clock) -> Registry {
    config.all_brands().fold(Registry::default(), |all, brand| match brand.billing {
        BillingKind::Ledger => all.with(&brand.slug, Ledger::new(store.clone(), clock.clone(), &brand.slug)),
        BillingKind::Merchant => all.with(&brand.slug, Merchant),
    })
}
