//! Taking in connections, and letting them end when the server stops.
//!
//! A connection has a limited time to send the headers of a request, so one that sends them slowly, or nothing, takes a
//! place only for that long; and there are more places than clients, so nobody waits for it.

use std::io;
use std::io::Write;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::server::Server;
use crate::server::StartError;
use crate::server::routes;

/// Connections beside those of WebSocket clients.
const MORE_CONNECTIONS: usize = 4096;
/// Connections that the system keeps until they are taken in.
const BACKLOG: u32 = 4096;
/// How long no connection is taken in after that failed: the process may have no file descriptor left.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a connection may still ask after the server has begun to stop: one that is closed while a request is on its way
/// leaves its client in doubt of what became of that.
const LAST_CALL: Duration = Duration::from_millis(200);
/// What a connection gets for which there is no place.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// How much of a request is held while its headers are read. Also the limit of their size.
const READ_BUFFER: usize = 32 << 10;

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Everything that had begun was finished.
    Drained,
    /// The time for it ran out first.
    Cut,
}

/// A server that has its address.
pub struct Listening {
    server: Server,
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Takes the address of the settings.
    ///
    /// # Errors
    /// The system does not give it.
    pub fn on(server: Server) -> Result<Self, StartError> {
        let address = server.settings.listen;
        let listening = || -> io::Result<Self> {
            let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
            // A server that takes over need not wait until the system has forgotten the connections of the last one.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let listener = socket.listen(BACKLOG)?;
            Ok(Self { address: listener.local_addr()?, server, listener })
        };
        listening().map_err(|source| StartError::Listen { address, source })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the server is told to stop and what has begun has ended.
    pub async fn serve(self) -> Ended {
        let Self { server, listener, .. } = self;
        let places = Arc::new(Semaphore::new(server.settings.max_clients + MORE_CONNECTIONS));
        let open = TaskTracker::new();
        let connections =
            Connections { server: &server, router: routes::router(&server), places, open: open.clone(), kept: true };
        tokio::select! {
            never = connections.take_in(&listener) => match never {},
            () = server.stopped() => {}
        }
        let late = Connections { kept: false, open: TaskTracker::new(), ..connections };
        let drained = async {
            server.jobs.stop().await;
            for tasks in [&open, &server.tasks] {
                tasks.close();
                tasks.wait().await;
            }
        };
        tokio::select! {
            // Who asks now is told that the server stops.
            never = late.take_in(&listener) => match never {},
            () = drained => Ended::Drained,
            () = tokio::time::sleep(server.settings.shutdown_grace) => Ended::Cut,
        }
    }
}

struct Connections<'s> {
    server: &'s Server,
    router: Router,
    places: Arc<Semaphore>,
    open: TaskTracker,
    /// Whether a connection may be kept for another request.
    kept: bool,
}

/// What never comes.
enum Never {}

impl Connections<'_> {
    async fn take_in(&self, listener: &TcpListener) -> Never {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => match Arc::clone(&self.places).try_acquire_owned() {
                    Ok(place) => self.serve(stream, peer, place),
                    // Not to be waited for: who does not take the answer at once does not get it. Not by the runtime, which
                    // does not know yet that a new connection can be written to.
                    Err(_) => drop(stream.into_std().and_then(|mut stream| stream.write(FULL))),
                },
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    tracing::warn!("no connection can be taken in: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        // Small answers are to go out at once.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.server.settings.header_timeout);
        http.keep_alive(self.kept).max_buf_size(READ_BUFFER);
        // Who takes nothing of what is written to it is let go: also what follows events, and while the server stops. Those
        // who talk over a WebSocket are told why, for which they have the first half of that time.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.server.settings.client_patience * 2));
        let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service).with_upgrades();
        let (server, kept) = (self.server.clone(), self.kept);
        self.open.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = server.stopped(), if kept => {
                    let last_call = LAST_CALL.min(server.settings.shutdown_grace / 2);
                    match timeout(last_call, connection.as_mut()).await {
                        Ok(ended) => ended,
                        Err(_) => {
                            // What it has begun is answered; it is not kept for more.
                            connection.as_mut().graceful_shutdown();
                            connection.await
                        }
                    }
                }
            };
            drop(place);
            if let Err(error) = ended {
                // That a client goes away, or sends what is no HTTP, is no news.
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
}

/// Whether an error is that of a connection which is gone again, not of the listener.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::ConnectionAborted;
    use io::ErrorKind::ConnectionRefused;
    use io::ErrorKind::ConnectionReset;
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
