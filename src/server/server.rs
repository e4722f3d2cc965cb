//! The shared state of a server, and its start and stop.

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
use crate::server::HttpProblem;
use crate::server::activity::Activity;
use crate::server::auth::Auth;
use crate::server::auth::KeyError;
use crate::server::jobs::Jobs;
use crate::server::limits::rate::Rate;
use crate::server::live::ClientSlot;
use crate::server::live::LiveEvents;
use crate::server::metrics::ServerMetrics;
use crate::server::notices::Notices;
use crate::server::notices::RedisUrl;
use crate::server::notices::RedisUrlError;
use crate::server::origins::OriginError;
use crate::server::origins::Origins;
use crate::server::readiness::Readiness;
use crate::server::settings::Settings;
use crate::store::Store;
use crate::store::StoreError;

/// Delay between two attempts to open an unavailable store.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A server. Cheap to clone; all clones share their state.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

/// The state that all requests share.
pub struct Parts {
    /// The store.
    pub store: Store,
    /// The bus for commands.
    pub commands: CommandBus,
    /// The bus for queries. All requests share it, and with it the read models that it keeps in memory.
    query_bus: QueryBus,
    /// The clock.
    pub clock: Clock,
    /// The settings.
    pub settings: Settings,
    /// Tasks that must end before the process does: writes and client connections.
    pub tasks: TaskTracker,
    pub(super) activity: Activity,
    /// The events for connected clients.
    pub(super) live: LiveEvents,
    /// The metrics.
    pub(super) metrics: ServerMetrics,
    /// The notices to and from other instances.
    pub(super) notices: Notices,
    pub(super) auth: Auth,
    pub(super) jobs: Jobs,
    pub(super) origins: Origins,
    pub(super) rate: Rate,
    pub(super) readiness: Readiness,
    stopping: watch::Sender<bool>,
}

/// The reason why a server does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The key for tokens is unusable.
    #[error("unusable key for tokens: {0}")]
    Key(#[from] KeyError),
    /// A server without a key for tokens trusts every caller, so it may listen on a loopback address only.
    #[error("a server without a key for tokens may listen on a loopback address only, and {0} is reachable from other machines")]
    OpenToAll(std::net::SocketAddr),
    /// The URL of Redis is invalid.
    #[error(transparent)]
    Redis(#[from] RedisUrlError),
    /// The allowed origins are invalid.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The address is refused by the operating system.
    #[error("failed to listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The error of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// The store is unusable.
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
    /// Creates a server over a store, within a Tokio runtime. It does not listen yet. `commands` makes the command bus
    /// over the observed store that it is given.
    ///
    /// # Errors
    /// [`StartError`] if a setting is invalid: a key, an origin, the URL of Redis, or a reachable address without a
    /// key.
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
        let metrics = ServerMetrics::new(store.kind());
        let live = LiveEvents::start(store.clone(), metrics.clone(), settings.client_patience);
        let notices = redis.map_or_else(Notices::off, |url| start_notices(&url, &store, &metrics, &live));
        // An append through this server is counted, sent to its clients at once, and announced to the other instances.
        let store = store.observed_by(Arc::new(metrics.clone()));
        let store = store.observed_by(Arc::new(live.clone())).observed_by(Arc::new(notices.clone()));
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
            notices,
            auth,
            jobs,
            origins,
            rate,
            readiness,
            stopping,
        })))
    }

    /// Returns true if tokens are checked. If not, every caller on this machine has all scopes.
    pub fn checks_tokens(&self) -> bool {
        self.auth.checks_tokens()
    }

    /// Returns the bus for queries, with the projections that the store has now.
    pub async fn queries(&self) -> Result<QueryBus, RuntimeError> {
        self.query_bus.reopened().await
    }

    /// Initializes the store. If it is unavailable, the attempt is repeated in the background.
    ///
    /// # Errors
    /// [`StartError::Store`] if the store is unusable.
    pub async fn prepare(&self) -> Result<(), StartError> {
        match self.store.init().await {
            Err(StoreError::Unavailable { message, .. }) => tracing::warn!("{message}; retrying"),
            done => {
                done?;
                return Ok(self.store.check_writable().await?);
            }
        }
        let server = self.clone();
        tokio::spawn(async move {
            while !server.is_stopping() {
                tokio::time::sleep(TRY_AGAIN).await;
                match server.store.init().await {
                    Err(StoreError::Unavailable { .. }) => {}
                    Err(error) => tracing::error!("store unusable: {error}"),
                    Ok(_) => return tracing::info!("store available"),
                }
            }
        });
        Ok(())
    }

    /// Claims a slot for a client that follows events.
    ///
    /// # Errors
    /// Unavailable (503) if the server is stopping or has the maximum number of clients.
    pub(super) fn claim_slot(&self) -> Result<ClientSlot, HttpProblem> {
        if self.is_stopping() {
            return Err(HttpProblem::stopping());
        }
        let client = self.live.enter(self.settings.max_clients);
        let client = client.ok_or_else(|| HttpProblem::unavailable("too_many_clients", "maximum number of clients reached"))?;
        Ok((client, self.tasks.token()))
    }

    /// Begins to stop. The server is not ready any more, accepts no new commands and finishes those under way.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Returns true if the server has begun to stop.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until the server begins to stop.
    pub async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives as long as this server.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}

/// Connects to the other instances. While notices arrive, the store is polled less often.
fn start_notices(url: &RedisUrl, store: &Store, metrics: &ServerMetrics, live: &LiveEvents) -> Notices {
    let woken = live.clone();
    let notices = Notices::start(url, store.clone(), metrics.clone(), Arc::new(move || woken.wake()));
    live.rely_on_notices(notices.availability());
    notices
}
