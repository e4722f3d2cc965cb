//! What every request is given, and how a server starts.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::runtime::Clock;
use crate::runtime::CommandBus;
use crate::runtime::QueryBus;
use crate::runtime::RuntimeError;
use crate::server::activity::Activity;
use crate::server::auth::Auth;
use crate::server::auth::KeyError;
use crate::server::http::health::Readiness;
use crate::server::jobs::Jobs;
use crate::server::limits::rate::Rate;
use crate::server::live::Live;
use crate::server::metrics::Metrics;
use crate::server::news::News;
use crate::server::news::RedisUrl;
use crate::server::news::RedisUrlError;
use crate::server::origins::OriginError;
use crate::server::origins::Origins;
use crate::server::settings::Settings;
use crate::store::Store;
use crate::store::StoreError;

/// How long is waited before a store that is away is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A server. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

/// What every request is given.
pub struct Parts {
    /// The store.
    pub store: Store,
    /// Where commands go.
    pub commands: CommandBus,
    /// Answers queries. One for the whole server: what it holds in memory is shared by all requests.
    query_bus: QueryBus,
    /// The clock.
    pub clock: Clock,
    /// What it was told at its start.
    pub settings: Settings,
    /// Work that must have ended before the process does: writes, and conversations with clients.
    pub tasks: TaskTracker,
    pub(super) activity: Activity,
    /// What happens, for clients that are told of it.
    pub(super) live: Live,
    /// What operators watch.
    pub(super) metrics: Metrics,
    /// What other instances are told.
    pub(super) news: News,
    pub(super) auth: Auth,
    pub(super) jobs: Jobs,
    pub(super) origins: Origins,
    pub(super) rate: Rate,
    pub(super) readiness: Readiness,
    stopping: watch::Sender<bool>,
}

/// Why a server does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The key for tokens cannot be used.
    #[error("the key for tokens cannot be used: {0}")]
    Key(#[from] KeyError),
    /// Without a key for tokens everybody may do everything, so only this machine is served.
    #[error("without a key for tokens only this machine is served, and {0} can be reached from others")]
    OpenToAll(std::net::SocketAddr),
    /// The URL of Redis is none.
    #[error(transparent)]
    Redis(#[from] RedisUrlError),
    /// The origins cannot be used.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Deref for Server {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Server {
    /// A server over a store. Nothing is listened on yet. `commands` makes the bus over the store that it is given, which
    /// is watched. Within a runtime.
    ///
    /// # Errors
    /// Settings that cannot be: a key, an origin, the URL of Redis, or an address that others can reach without a key.
    pub fn new(
        store: Store,
        commands: impl FnOnce(&Store) -> CommandBus,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, StartError> {
        let auth = Auth::new(settings.tokens.as_ref())?;
        if !auth.checks_tokens() && !settings.listen.ip().is_loopback() {
            return Err(StartError::OpenToAll(settings.listen));
        }
        let origins = Origins::new(&settings.allow_origins, auth.checks_tokens())?;
        let rate = Rate::new(settings.rate_limit);
        let (stopping, _) = watch::channel(false);
        let tasks = TaskTracker::new();
        let redis = settings.redis.as_ref().map(|url| url.expose_secret().parse::<RedisUrl>()).transpose()?;
        let metrics = Metrics::new(store.kind());
        let live = Live::start(store.clone(), metrics.clone(), settings.client_patience);
        let news = redis.map_or_else(News::off, |url| tell_each_other(&url, &store, &metrics, &live));
        // What is appended here is counted, and told here at once and to the others.
        let store = store.observed_by(Arc::new(metrics.clone()));
        let store = store.observed_by(Arc::new(live.clone())).observed_by(Arc::new(news.clone()));
        let commands = commands(&store).observed_by(Arc::new(metrics.clone()));
        let query_bus = QueryBus::new(store.clone(), clock.clone());
        let readiness = Readiness::default();
        let (activity, jobs) = (Activity::default(), Jobs::new(clock.clone()));
        Ok(Self(Arc::new(Parts {
            store,
            commands,
            query_bus,
            clock,
            settings,
            tasks,
            activity,
            live,
            metrics,
            news,
            auth,
            jobs,
            origins,
            rate,
            readiness,
            stopping,
        })))
    }

    /// Whether tokens are checked; if not, everybody on this machine may do everything.
    pub fn checks_tokens(&self) -> bool {
        self.auth.checks_tokens()
    }

    /// The server's bus for queries, with the projections that the store keeps now.
    ///
    /// # Errors
    /// As the store says.
    pub async fn queries(&self) -> Result<QueryBus, RuntimeError> {
        self.query_bus.reopened().await
    }

    /// Makes the store ready for use. One that is away is waited for in the background.
    ///
    /// # Errors
    /// The store cannot be used, now or later.
    pub async fn prepare(&self) -> Result<(), StartError> {
        match self.store.init().await {
            Err(StoreError::Unavailable { message, .. }) => tracing::warn!("{message}; it is tried again"),
            done => {
                done?;
                return Ok(self.store.must_take_writes().await?);
            }
        }
        let server = self.clone();
        tokio::spawn(async move {
            while !server.is_stopping() {
                tokio::time::sleep(TRY_AGAIN).await;
                match server.store.init().await {
                    Err(StoreError::Unavailable { .. }) => {}
                    Err(error) => tracing::error!("the store cannot be used: {error}"),
                    Ok(_) => return tracing::info!("the store is there"),
                }
            }
        });
        Ok(())
    }

    /// Begins to stop: it is no longer ready, takes no new commands, and ends what has begun.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether it has begun to stop.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until it begins to stop.
    pub async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives as long as this.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}

/// News from other instances: while there are any, the store need not be asked as often.
fn tell_each_other(url: &RedisUrl, store: &Store, metrics: &Metrics, live: &Live) -> News {
    let woken = live.clone();
    let news = News::start(url, store.clone(), metrics.clone(), Arc::new(move || woken.wake()));
    live.rely_on(news.tells());
    news
}
