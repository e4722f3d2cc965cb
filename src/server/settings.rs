//! What a server is told at its start: addresses, keys and limits. Plain data.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretSlice;
use secrecy::SecretString;

use crate::runtime::DEFAULT_RETRY_FOR;

/// Where a server listens unless told.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// WebSocket clients at the same time.
pub const MAX_CLIENTS: usize = 20_000;
/// Bytes of one message of a WebSocket client.
pub const MAX_MESSAGE_BYTES: usize = 256 << 10;
/// Bytes of the body of a request.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// Requests and messages of one client in a second.
pub const RATE_LIMIT: u32 = 1000;
/// How long a request may take, its body included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a command is retried after conflicts with other programs.
pub const RETRY_FOR: Duration = DEFAULT_RETRY_FOR;
/// How long the headers of a request may take, and how long a connection may be idle between two requests.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what has begun may take to end once the server stops.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// How long a client may take nothing of what it is sent, or lag behind what is new.
pub const CLIENT_PATIENCE: Duration = Duration::from_secs(10);
/// How often a client is asked for a sign of life.
pub const HEARTBEAT: Duration = Duration::from_secs(20);
/// How far behind a projection may be on a server that is ready.
pub const MAX_LAG: Duration = Duration::from_secs(30);
/// Who a token must be meant for, if it says so.
pub const AUDIENCE: &str = "esctl";

/// What a server is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens. Port 0: any that is free.
    pub listen: SocketAddr,
    /// The URL of the Redis between instances, if there is one. It may hold a password.
    pub redis: Option<SecretString>,
    /// How tokens are checked; without it everybody may do everything, so only this machine is served.
    pub tokens: Option<TokenSettings>,
    /// Pages from these origins (`https://app.example`) may use it too; its own pages always may.
    pub allow_origins: Vec<String>,
    /// WebSocket clients at the same time.
    pub max_clients: usize,
    /// Bytes of one message of a WebSocket client.
    pub max_message_bytes: usize,
    /// Bytes of the body of a request.
    pub max_body_bytes: usize,
    /// Requests and messages of one client in a second; 0: no limit.
    pub rate_limit: u32,
    /// How long a request may take, its body included.
    pub request_timeout: Duration,
    /// How long a command is retried after conflicts with other programs; zero: not at all.
    pub retry_for: Duration,
    /// How long the headers of a request may take.
    pub header_timeout: Duration,
    /// How long what has begun may take to end once the server stops.
    pub shutdown_grace: Duration,
    /// How long a WebSocket client may take nothing of what it is sent, or lag behind what is new, before it is disconnected.
    pub client_patience: Duration,
    /// How often a WebSocket client is asked for a sign of life; one that gives none until the next time is disconnected.
    pub heartbeat: Duration,
    /// How far behind a projection may be on a server that is ready.
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

/// How tokens are checked. The algorithm follows from the key, never from a token.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// The key.
    pub key: TokenKey,
    /// Who tokens must be meant for; none: [`AUDIENCE`], where they say so at all.
    pub audience: Option<String>,
    /// Who tokens must be from; none: anybody who has the key.
    pub issuer: Option<String>,
}

/// What tokens are signed with.
#[derive(Debug, Clone)]
pub enum TokenKey {
    /// A secret that is shared (HS256): at least 32 bytes.
    Secret(SecretSlice<u8>),
    /// A public key in PEM: of RSA (RS256) or Ed25519 (EdDSA).
    PublicKey(Vec<u8>),
}
