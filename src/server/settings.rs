//! The settings of a server: addresses, keys and limits. Plain data.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretSlice;
use secrecy::SecretString;

use crate::runtime::DEFAULT_RETRY_FOR;

/// Default address.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Default maximum number of WebSocket clients.
pub const MAX_CLIENTS: usize = 20_000;
/// Default maximum size of a message of a WebSocket client, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 256 << 10;
/// Default maximum size of a request body, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// Default maximum number of requests and messages of a client, per second.
pub const RATE_LIMIT: u32 = 1000;
/// Default time limit of a request, its body included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Default time for which a command is retried after conflicts with other programs.
pub const RETRY_FOR: Duration = DEFAULT_RETRY_FOR;
/// Default time limit for the headers of a request, and for a connection that is idle between two requests.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Default time for requests under way to end after the server has begun to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// Default time for which a client may accept nothing, or lag behind the newest events.
pub const CLIENT_PATIENCE: Duration = Duration::from_secs(10);
/// Default interval of pings to a client.
pub const HEARTBEAT: Duration = Duration::from_secs(20);
/// Default maximum lag of a projection on a server that is ready.
pub const MAX_LAG: Duration = Duration::from_secs(30);
/// Default audience of tokens.
pub const AUDIENCE: &str = "esctl";

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address to listen on. Port 0 selects a free port.
    pub listen: SocketAddr,
    /// The URL of the Redis server between instances. It may contain a password.
    pub redis: Option<SecretString>,
    /// The verification of tokens. Without it every caller has all scopes, so the server accepts connections from its
    /// own machine only.
    pub tokens: Option<TokenSettings>,
    /// Origins (`https://app.example`) whose pages may use the server, in addition to its own pages.
    pub allow_origins: Vec<String>,
    /// Maximum number of WebSocket clients.
    pub max_clients: usize,
    /// Maximum size of a message of a WebSocket client, in bytes.
    pub max_message_bytes: usize,
    /// Maximum size of a request body, in bytes.
    pub max_body_bytes: usize,
    /// Maximum number of requests and messages of a client, per second. 0 disables the limit.
    pub rate_limit: u32,
    /// Time limit of a request, its body included.
    pub request_timeout: Duration,
    /// Time for which a command is retried after conflicts with other programs. Zero disables retries.
    pub retry_for: Duration,
    /// Time limit for the headers of a request.
    pub header_timeout: Duration,
    /// Time for requests under way to end after the server has begun to stop.
    pub shutdown_grace: Duration,
    /// Time for which a WebSocket client may accept nothing, or lag behind the newest events, before it is
    /// disconnected.
    pub client_patience: Duration,
    /// Interval of pings to a WebSocket client. A client that sends nothing until the next ping is disconnected.
    pub heartbeat: Duration,
    /// Maximum lag of a projection on a server that is ready.
    pub max_lag: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: LISTEN,
            redis: None,
            tokens: None,
            allow_origins: Vec::new(),
            max_clients: MAX_CLIENTS,
            max_message_bytes: MAX_MESSAGE_BYTES,
            max_body_bytes: MAX_BODY_BYTES,
            rate_limit: RATE_LIMIT,
            request_timeout: REQUEST_TIMEOUT,
            retry_for: RETRY_FOR,
            header_timeout: HEADER_TIMEOUT,
            shutdown_grace: SHUTDOWN_GRACE,
            client_patience: CLIENT_PATIENCE,
            heartbeat: HEARTBEAT,
            max_lag: MAX_LAG,
        }
    }
}

/// The verification of tokens. The key determines the algorithm; a token cannot choose it.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// The key.
    pub key: TokenKey,
    /// The required audience. Without it a token may have no audience, or [`AUDIENCE`].
    pub audience: Option<String>,
    /// The required issuer. Without it any issuer that has the key is accepted.
    pub issuer: Option<String>,
}

/// The key that verifies tokens.
#[derive(Debug, Clone)]
pub enum TokenKey {
    /// A shared secret (HS256) of at least 32 bytes.
    Secret(SecretSlice<u8>),
    /// A public key in PEM format: RSA (RS256) or Ed25519 (EdDSA).
    PublicKey(Vec<u8>),
}
