//! A WebSocket to the server that is measured, small enough that ten thousand of them fit beside it.

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

/// Bytes that are read at once.
const READ_BUFFER_BYTES: usize = 2 << 10;
/// Connections from one address to one port: the system has 28,000 ports for them unless told otherwise.
const CLIENTS_AN_ADDRESS: usize = 20_000;

/// The server that is measured.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// How it is named in requests: `host:port`.
    pub host: String,
    /// A token that may read and write, where it wants one.
    pub token: Option<String>,
    /// Its process, where that is known, so that its memory can be read.
    pub process: Option<u32>,
}

/// A WebSocket.
pub(super) type Socket = WebSocketStream<TcpStream>;

/// Connects the client with this number; `query` is what it asks for. `receive_bytes`: what the system keeps for a client that
/// does not read.
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

/// Another address of this machine for every so many clients, where the server is on it.
fn source(server: IpAddr, number: usize) -> Option<IpAddr> {
    let block = u8::try_from(number / CLIENTS_AN_ADDRESS).ok().filter(|block| *block > 0 && server.is_loopback())?;
    server.is_ipv4().then(|| IpAddr::V4(Ipv4Addr::new(127, 0, 1, block)))
}
