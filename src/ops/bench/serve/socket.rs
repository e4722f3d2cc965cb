//! A WebSocket client that is small enough for ten thousand of them in one process.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;

use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::ops::error::OpsError;

/// The size of the read buffer in bytes.
const READ_BUFFER_BYTES: usize = 2 << 10;
/// Maximum number of connections from one address to one port. By default a system has 28,000 ports for them.
const CLIENTS_AN_ADDRESS: usize = 20_000;

/// The server of a benchmark.
#[derive(Debug, Clone)]
pub struct Target {
    /// The address that the server listens on.
    pub address: SocketAddr,
    /// The host in requests: `host:port`.
    pub host: String,
    /// A token that may read and write, if the server needs one.
    pub token: Option<String>,
    /// The process of the server, if it is known, for its memory.
    pub process: Option<u32>,
}

/// A WebSocket connection.
pub(super) type Socket = WebSocketStream<TcpStream>;

/// Connects the client with a number. `query` selects its stream. `receive_bytes` sets the size of its receive buffer.
pub(super) async fn connect(target: &Target, number: usize, query: &str, receive_bytes: Option<u32>) -> Result<Socket, OpsError> {
    let failed = |error: &dyn std::error::Error| {
        OpsError::Invalid(format!("client {number} cannot connect to the server at {}: {error}", target.address))
    };
    let socket = if target.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let socket = socket.map_err(|error| failed(&error))?;
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes).map_err(|error| failed(&error))?;
    }
    if let Some(source) = source(target.address.ip(), number) {
        socket.bind(SocketAddr::new(source, 0)).map_err(|error| failed(&error))?;
    }
    let stream = socket.connect(target.address).await.map_err(|error| failed(&error))?;
    stream.set_nodelay(true).map_err(|error| failed(&error))?;
    let mut request = format!("ws://{}/ws{query}", target.host).into_client_request().map_err(|error| failed(&error))?;
    let client = HeaderValue::from_str(&format!("bench-{number}")).map_err(|error| failed(&error))?;
    request.headers_mut().insert("x-client-id", client);
    if let Some(token) = &target.token {
        let header = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| failed(&error))?;
        request.headers_mut().insert("authorization", header);
    }
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0);
    let connected = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
    connected.map(|(socket, _)| socket).map_err(|error| failed(&error))
}

/// Returns another address of this machine for each block of clients, if the server is on this machine.
fn source(server: IpAddr, number: usize) -> Option<IpAddr> {
    let block = u8::try_from(number / CLIENTS_AN_ADDRESS).ok().filter(|block| *block > 0 && server.is_loopback())?;
    server.is_ipv4().then(|| IpAddr::V4(Ipv4Addr::new(127, 0, 1, block)))
}
