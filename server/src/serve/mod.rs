//! The running server: one listener, every route, and the workers that carry out what billing is to do and what is to be sent.

mod error;
mod listener;
pub(crate) mod stripe;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::billing::{
    Backend, Registry,
    ledger::Ledger,
    merchant::Merchant,
    pelcro::{Pelcro, Tokens},
    stripe::Stripe,
};
use crate::brand::{BillingKind, Brand, PelcroSite, Receipts};
use crate::clock::Clock;
use crate::config::Config;
use crate::customer_limits::CustomerLimits;
use crate::http::{App, Proxies, Services, router};
use crate::intents::Executor;
use crate::keys::{KeyFile, Watch};
use crate::mail::{Post, Smtp};
use crate::outbound::{Client, key_name};
use crate::outbox::Outbox;
use crate::receipt::{Handover, Ways};
use crate::seal::Sealer;
use crate::session::{Environment, Sessions};
use crate::sign::Signer;
use crate::store::{self, Store};
use crate::webhook::{self, Courier};

pub use error::StartError;
use listener::Front;

/// How many connections are open at once, for customers and merchants and for those who watch.
const MOST_CONNECTIONS: usize = 2000;
const MOST_WATCHING: usize = 16;
/// How long requests and deliveries may go on once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A server that has everything it needs and is about to answer.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    metrics: Option<TcpListener>,
    app: App,
    ways: Ways,
    couriers: Vec<Arc<Courier>>,
    rereaders: Vec<Stripe>,
}

impl Server {
    /// Opens keys and database and listens where the configuration says.
    ///
    /// # Errors
    /// [`StartError`] says what is missing.
    pub async fn bind(config: Config, clock: Clock) -> Result<Self, StartError> {
        let address = config.server.listen;
        // First of all, so that a second server on the same data changes nothing.
        Self::on(listener::bind("listen", address).await?, config, clock).await
    }

    /// Opens keys and database, to serve on a listener that is there already.
    ///
    /// # Errors
    /// [`StartError`] says what is missing.
    pub async fn on(listener: TcpListener, config: Config, clock: Clock) -> Result<Self, StartError> {
        let metrics = match config.server.metrics {
            Some(address) => Some(listener::bind("metrics", address).await?),
            None => None,
        };
        let sealing = KeyFile::open(&config.server.keys, "sealing.key")?;
        let signer = Arc::new(Signer::open(&config.server.keys)?);
        let store = open_store(&config.server.database).await?;
        let client = outbound(&config, &clock)?;
        let sealer = Arc::new(Sealer::new(sealing));
        let billings = billings(&config, &store, &clock, &sealer, client.as_ref())?;
        let listeners = stripe::listeners(&config, &store)?;
        let rereaders = stripe::rereaders(&config, &store, &clock)?;
        let config = Arc::new(config);
        let ways = ways(&config, &signer, &clock)?;
        ways.demand().await?;
        let couriers = couriers(&config, client.as_ref());
        let given_up = webhook::subscribe(&store, &config).await?;
        if given_up > 0 {
            tracing::warn!(given_up, "webhooks were waiting for endpoints that are no longer configured");
        }
        let sessions = Sessions {
            limits: Arc::new(CustomerLimits::new(&clock)),
            executor: Executor::new(store.clone(), billings.clone(), clock.clone()),
            sealer,
            signer,
            config,
            store,
            clock,
            billings,
        };
        let app = App::hearing(sessions, listeners);
        Ok(Self { listener, metrics, app, ways, couriers, rereaders })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The listener is gone.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where it listens for those who watch, if it does.
    ///
    /// # Errors
    /// The listener is gone.
    pub fn metrics_address(&self) -> io::Result<Option<SocketAddr>> {
        self.metrics.as_ref().map(TcpListener::local_addr).transpose()
    }

    /// What the handlers work with.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Starts everybody who works in the background, until they are told to stop.
    fn work(&self, stop: &CancellationToken) -> JoinSet<()> {
        let Services { sessions, desk, purge, metrics, .. } = &*self.app;
        let (desk, purge, metrics) = (desk.clone(), purge.clone(), metrics.clone());
        let Sessions { store, clock, config, executor, .. } = sessions.clone();
        let mut workers = JoinSet::new();
        workers.spawn(executor.run(stop.clone()));
        let told = stop.clone();
        workers.spawn(async move { desk.run(told).await });
        let told = stop.clone();
        workers.spawn(async move { purge.run(told, |purged| metrics.purged(purged)).await });
        let mails =
            Outbox::new(store.clone(), clock.clone(), Arc::new(Post::new(self.ways.smtp.clone(), config)));
        let told = stop.clone();
        workers.spawn(async move { mails.run(told).await });
        if let Some(handover) = self.ways.handover.clone() {
            let (handovers, told) = (Outbox::new(store, clock, handover), stop.clone());
            workers.spawn(async move { handovers.run(told).await });
        }
        for courier in self.couriers.iter().cloned() {
            let webhooks =
                Outbox::new(self.app.sessions.store.clone(), self.app.sessions.clock.clone(), courier);
            let told = stop.clone();
            workers.spawn(async move { webhooks.run(told).await });
        }
        for account in &self.rereaders {
            let (account, told) = (account.clone(), stop.clone());
            workers.spawn(async move { account.reread(told).await });
        }
        workers
    }

    /// Starts those whom nobody waits for at the end: who tell metrics, and who look whether receipts reach customers.
    fn watch(&mut self) -> JoinSet<()> {
        let mut watchers = JoinSet::new();
        let ways = self.ways.clone();
        watchers.spawn(async move { ways.warn().await });
        let Sessions { config, sealer, signer, .. } = &self.app.sessions;
        watchers.spawn(Watch::new(config.server.keys.clone(), sealer.clone(), signer.clone()).run());
        if let Some(listener) = self.metrics.take() {
            let front =
                Front::new(crate::metrics::router(self.app.clone()), Proxies::default(), MOST_WATCHING);
            watchers.spawn(async move { drop(front.serve(listener, std::future::pending()).await) });
        }
        watchers
    }

    /// Answers until `stop` is done, then finishes what has begun, within ten seconds, and closes the database. What is not finished
    /// by then is left as it was, for the next start.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let stopping = CancellationToken::new();
        let mut workers = self.work(&stopping);
        let watchers = self.watch();
        let proxies = Proxies::new(self.app.sessions.config.server.proxies.clone());
        let front = Front::new(router(self.app.clone()), proxies, MOST_CONNECTIONS);
        let open = front.serve(self.listener, stop).await;
        tracing::info!("stopping");
        stopping.cancel();
        let finished = async {
            open.shutdown().await;
            while workers.join_next().await.is_some() {}
        };
        if tokio::time::timeout(STOP_WITHIN, finished).await.is_err() {
            tracing::warn!("something was not finished in time, and is left for the next start");
        }
        drop((workers, watchers));
        self.app.sessions.store.close().await;
    }
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

/// Who posts to merchants' backends, where there is one to post to. Brands that have one get a secret, if they have none.
pub(crate) fn outbound(config: &Config, clock: &Clock) -> Result<Option<Arc<Client>>, StartError> {
    let brands: Vec<_> = config
        .brands
        .iter()
        .filter(|brand| !brand.webhooks.is_empty() || brand.action_url.is_some())
        .collect();
    if brands.is_empty() {
        return Ok(None);
    }
    for brand in brands {
        KeyFile::open(&config.server.keys, &key_name(&brand.slug))?;
    }
    Ok(Some(Arc::new(Client::new(config, clock.clone()).map_err(StartError::Webhooks)?)))
}

/// Who brings webhooks to each endpoint.
fn couriers(config: &Config, client: Option<&Arc<Client>>) -> Vec<Arc<Courier>> {
    let Some(client) = client else { return Vec::new() };
    let of = |brand: &Arc<Brand>| {
        let slug = brand.slug.clone();
        brand.webhooks.clone().into_iter().map(move |endpoint| Courier {
            brand: slug.clone(),
            endpoint,
            client: client.clone(),
        })
    };
    config.brands.iter().flat_map(of).map(Arc::new).collect()
}

/// Each brand's billings.
pub(crate) fn billings(
    config: &Config,
    store: &Store,
    clock: &Clock,
    sealer: &Arc<Sealer>,
    client: Option<&Arc<Client>>,
) -> Result<Registry, StartError> {
    config.all_brands().try_fold(Registry::default(), |all, brand| {
        Ok(match brand.billing {
            BillingKind::Ledger => {
                let ledger =
                    |environment| Ledger::new(store.clone(), clock.clone(), &brand.slug, environment);
                all.with_each(&brand.slug, ledger(Environment::Prod), ledger(Environment::Sandbox))
            }
            BillingKind::Merchant => match brand.action_url.as_ref().zip(client) {
                None => all.with(&brand.slug, Merchant),
                Some((url, client)) => {
                    let (url, client) = (url.clone(), client.clone());
                    let backend = |environment| Backend {
                        brand: brand.slug.clone(),
                        environment,
                        url: url.clone(),
                        client: client.clone(),
                    };
                    all.with_each(&brand.slug, backend(Environment::Prod), backend(Environment::Sandbox))
                }
            },
            BillingKind::Pelcro => {
                let Some(account) = &brand.pelcro else { return Ok(all) };
                let at_pelcro = |site: &PelcroSite, environment| {
                    let tokens = Tokens::new(store, sealer, clock, &brand.slug, environment);
                    Pelcro::new(site, brand, tokens).map_err(StartError::Pelcro)
                };
                let prod = at_pelcro(&account.prod, Environment::Prod)?;
                match &account.sandbox {
                    Some(site) => all.with_each(&brand.slug, prod, at_pelcro(site, Environment::Sandbox)?),
                    None => {
                        let ledger =
                            Ledger::new(store.clone(), clock.clone(), &brand.slug, Environment::Sandbox);
                        all.with_each(&brand.slug, prod, ledger)
                    }
                }
            }
            BillingKind::Stripe => {
                let Some(prod) = stripe::account(brand, Environment::Prod, store, clock)? else {
                    return Ok(all);
                };
                match stripe::account(brand, Environment::Sandbox, store, clock)? {
                    Some(sandbox) => all.with_each(&brand.slug, prod, sandbox),
                    None => {
                        let ledger =
                            Ledger::new(store.clone(), clock.clone(), &brand.slug, Environment::Sandbox);
                        all.with_each(&brand.slug, prod, ledger)
                    }
                }
            }
        })
    })
}
