//! Accepting connections, and ending them when the server stops.
//!
//! A connection has limited time to send the headers of a request. A slow or silent one occupies a slot only for that
//! long, and there are more slots than clients.

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

/// Number of connections in addition to those of WebSocket clients.
const EXTRA_CONNECTIONS: usize = 4096;
/// Number of connections that the operating system queues until they are accepted.
const BACKLOG: u32 = 4096;
/// Pause after a failed accept: the process may have no file descriptor left.
const PAUSE: Duration = Duration::from_millis(50);
/// Time for which a connection may still send a request after the server has begun to stop. Closing it at once would
/// leave a client whose request is on its way with an unknown outcome.
const LAST_CALL: Duration = Duration::from_millis(200);
/// The response to a connection for which there is no slot.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// Size of the buffer for request headers, and so the limit of their size.
const READ_BUFFER: usize = 32 << 10;

/// The way in which a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEnd {
    /// All work under way was finished.
    Drained,
    /// The time limit was reached first.
    Cut,
}

/// A server that is bound to its address.
pub struct Listening {
    server: Server,
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Binds the address of the settings.
    ///
    /// # Errors
    /// [`StartError::Listen`] if the operating system refuses the address.
    pub fn on(server: Server) -> Result<Self, StartError> {
        let address = server.settings.listen;
        let listening = || -> io::Result<Self> {
            let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
            // A successor may bind the address before the operating system has dropped the old connections.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let listener = socket.listen(BACKLOG)?;
            Ok(Self { address: listener.local_addr()?, server, listener })
        };
        listening().map_err(|source| StartError::Listen { address, source })
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the server is stopped and all work under way has ended.
    pub async fn serve(self) -> ServerEnd {
        let Self { server, listener, .. } = self;
        let slots = Arc::new(Semaphore::new(server.settings.max_clients + EXTRA_CONNECTIONS));
        let open = TaskTracker::new();
        let connections = Connections { server: &server, router: routes::router(&server), slots, open: open.clone(), kept: true };
        tokio::select! {
            never = connections.accept(&listener) => match never {},
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
            // A request that comes now is answered with the error that the server is stopping.
            never = late.accept(&listener) => match never {},
            () = drained => ServerEnd::Drained,
            () = tokio::time::sleep(server.settings.shutdown_grace) => ServerEnd::Cut,
        }
    }
}

struct Connections<'s> {
    server: &'s Server,
    router: Router,
    slots: Arc<Semaphore>,
    open: TaskTracker,
    /// Set if a connection may be kept open for another request.
    kept: bool,
}

/// A type without values: the loop never ends.
enum Never {}

impl Connections<'_> {
    async fn accept(&self, listener: &TcpListener) -> Never {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => match Arc::clone(&self.slots).try_acquire_owned() {
                    Ok(slot) => self.serve(stream, peer, slot),
                    // Never waits: a client that does not read the answer at once does not get it. The write bypasses
                    // the runtime, which does not know yet that a new connection is writable.
                    Err(_) => drop(stream.into_std().and_then(|mut stream| stream.write(FULL))),
                },
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    tracing::warn!("failed to accept a connection: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit) {
        // Small answers are sent at once.
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
        // A client that accepts no data is disconnected, also one that follows events, and while the server stops.
        // WebSocket clients get a close message within the first half of that time.
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
                            // The request under way is answered; the connection is then closed.
                            connection.as_mut().graceful_shutdown();
                            connection.await
                        }
                    }
                }
            };
            drop(slot);
            if let Err(error) = ended {
                // A disconnect or invalid HTTP is normal operation.
                tracing::debug!("connection ended: {error}");
            }
        });
    }
}

/// Returns true if an error concerns a single connection that is gone again, and not the listener.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::ConnectionAborted;
    use io::ErrorKind::ConnectionRefused;
    use io::ErrorKind::ConnectionReset;
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
