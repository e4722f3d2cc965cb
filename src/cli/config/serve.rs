//! The settings of `esctl serve`: from flags, the environment, or the table `[serve]` of the configuration file.
//!
//! A flag is defined once, here. The file is read by the same definition.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::Command;
use clap::FromArgMatches;
use clap::builder::Resettable;

use crate::cli::globals::timeout;
use crate::cli::output::LogFormat;
use crate::cli::when::parse_duration;

/// The settings of `esctl serve`; none for the defaults.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct ServeOptions {
    /// Address to listen on; port 0 chooses a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "ESCTL_LISTEN", hide_env_values = true, value_name = "ADDRESS", value_parser = address)]
    pub listen: Option<SocketAddr>,
    /// Redis through which servers notify each other: redis://HOST. Without it they poll the store
    // Checked when the server starts: clap would show a refused value, which may hold a password.
    #[arg(long, env = "ESCTL_REDIS", hide_env_values = true, value_name = "URL")]
    pub redis: Option<String>,
    /// File with the secret that tokens are signed with (HS256), at least 32 bytes. Without a key the server serves this machine
    /// only, and every user of it may do everything
    #[arg(long, env = "ESCTL_JWT_SECRET_FILE", hide_env_values = true, value_name = "FILE")]
    pub jwt_secret_file: Option<PathBuf>,
    /// File with the public key that tokens are verified with, in PEM: RSA (RS256) or Ed25519 (EdDSA)
    #[arg(
        long,
        env = "ESCTL_JWT_PUBLIC_KEY_FILE",
        hide_env_values = true,
        value_name = "FILE",
        conflicts_with = "jwt_secret_file"
    )]
    pub jwt_public_key_file: Option<PathBuf>,
    /// Audience that tokens must have [default: esctl, in tokens that name one]
    #[arg(long, env = "ESCTL_JWT_AUDIENCE", hide_env_values = true, value_name = "NAME")]
    pub jwt_audience: Option<String>,
    /// Issuer that tokens must have [default: any]
    #[arg(long, env = "ESCTL_JWT_ISSUER", hide_env_values = true, value_name = "NAME")]
    pub jwt_issuer: Option<String>,
    /// Origins whose pages may use the server.
    #[arg(
        long,
        env = "ESCTL_ALLOW_ORIGIN",
        hide_env_values = true,
        value_name = "ORIGIN",
        value_delimiter = ',',
        help = "Allow pages of this origin to use the server, like https://app.example; * allows all. Its own pages always may"
    )]
    pub allow_origin: Option<Vec<String>>,
    /// Maximum number of WebSocket clients [default: 20000]
    #[arg(long, env = "ESCTL_MAX_CLIENTS", hide_env_values = true, value_name = "N")]
    pub max_clients: Option<u32>,
    /// Maximum size of a message of a WebSocket client [default: 262144]
    #[arg(long, env = "ESCTL_MAX_MESSAGE_BYTES", hide_env_values = true, value_name = "N", value_parser = bytes)]
    pub max_message_bytes: Option<usize>,
    /// Maximum size of the body of a request [default: 1048576]
    #[arg(long, env = "ESCTL_MAX_BODY_BYTES", hide_env_values = true, value_name = "N", value_parser = bytes)]
    pub max_body_bytes: Option<usize>,
    /// Maximum number of requests and messages of one client in a second; 0 disables the limit [default: 1000]
    #[arg(long, env = "ESCTL_RATE_LIMIT", hide_env_values = true, value_name = "N")]
    pub rate_limit: Option<u32>,
    /// Timeout for a request, including its body [default: 30s]
    #[arg(long, env = "ESCTL_REQUEST_TIMEOUT", hide_env_values = true, value_name = "DURATION", value_parser = timeout)]
    pub request_timeout: Option<Duration>,
    /// Retry a command for this long when other programs change its stream; 0s disables retries [default: 2s]
    #[arg(long, env = "ESCTL_RETRY_FOR", hide_env_values = true, value_name = "DURATION", value_parser = parse_duration)]
    pub retry_for: Option<Duration>,
    /// Timeout for the headers of a request, and for an idle connection [default: 10s]
    #[arg(long, env = "ESCTL_HEADER_TIMEOUT", hide_env_values = true, value_name = "DURATION", value_parser = timeout)]
    pub header_timeout: Option<Duration>,
    /// Time for requests in progress when the server is asked to stop [default: 20s]
    #[arg(long, env = "ESCTL_SHUTDOWN_GRACE", hide_env_values = true, value_name = "DURATION", value_parser = parse_duration)]
    pub shutdown_grace: Option<Duration>,
    /// Time that a WebSocket client may accept no data, or lag behind new events [default: 10s]
    #[arg(long, env = "ESCTL_CLIENT_PATIENCE", hide_env_values = true, value_name = "DURATION", value_parser = timeout)]
    pub client_patience: Option<Duration>,
    /// Interval of pings to WebSocket clients; a client that does not answer is disconnected [default: 20s]
    #[arg(long, env = "ESCTL_HEARTBEAT", hide_env_values = true, value_name = "DURATION", value_parser = timeout)]
    pub heartbeat: Option<Duration>,
    /// Maximum lag of a projection on a server that reports itself ready [default: 30s]
    #[arg(long, env = "ESCTL_MAX_LAG", hide_env_values = true, value_name = "DURATION", value_parser = parse_duration)]
    pub max_lag: Option<Duration>,
    /// Format of diagnostics on stderr [default: text]
    #[arg(long, env = "ESCTL_LOG_FORMAT", hide_env_values = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

impl ServeOptions {
    /// Returns these settings, with the others where these have none.
    #[must_use]
    pub fn or(self, mut others: Self) -> Self {
        // A key of one place is not combined with a key of the other kind from the other place.
        if self.jwt_secret_file.is_some() || self.jwt_public_key_file.is_some() {
            (others.jwt_secret_file, others.jwt_public_key_file) = (None, None);
        }
        self.and(others)
    }

    /// Returns these settings, with others of the same place where these have none.
    pub(super) fn and(self, others: Self) -> Self {
        Self {
            listen: self.listen.or(others.listen),
            redis: self.redis.or(others.redis),
            jwt_secret_file: self.jwt_secret_file.or(others.jwt_secret_file),
            jwt_public_key_file: self.jwt_public_key_file.or(others.jwt_public_key_file),
            jwt_audience: self.jwt_audience.or(others.jwt_audience),
            jwt_issuer: self.jwt_issuer.or(others.jwt_issuer),
            allow_origin: self.allow_origin.or(others.allow_origin),
            max_clients: self.max_clients.or(others.max_clients),
            max_message_bytes: self.max_message_bytes.or(others.max_message_bytes),
            max_body_bytes: self.max_body_bytes.or(others.max_body_bytes),
            rate_limit: self.rate_limit.or(others.rate_limit),
            request_timeout: self.request_timeout.or(others.request_timeout),
            retry_for: self.retry_for.or(others.retry_for),
            header_timeout: self.header_timeout.or(others.header_timeout),
            shutdown_grace: self.shutdown_grace.or(others.shutdown_grace),
            client_patience: self.client_patience.or(others.client_patience),
            heartbeat: self.heartbeat.or(others.heartbeat),
            max_lag: self.max_lag.or(others.max_lag),
            log_format: self.log_format.or(others.log_format),
        }
    }

    /// Parses one setting of the configuration file; none for an unknown one.
    pub(super) fn from_file(name: &str, texts: &[String]) -> Option<Result<Self, String>> {
        let command = definition();
        command.get_arguments().find(|arg| arg.get_id() == name)?;
        if name == "redis" && !texts.iter().all(|text| is_redis(text)) {
            return Some(Err("expected a URL like redis://HOST:6379".to_owned()));
        }
        let flag = name.replace('_', "-");
        let typed = texts.iter().map(|text| format!("--{flag}={text}"));
        let read = command.try_get_matches_from(typed).and_then(|matches| Self::from_arg_matches(&matches));
        Some(read.map_err(|error| match error.source() {
            Some(reason) => reason.to_string(),
            None => error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        }))
    }

    /// Returns the names of the settings in the configuration file.
    pub(in crate::cli) fn names() -> Vec<String> {
        definition().get_arguments().map(|arg| arg.get_id().to_string()).collect()
    }
}

/// Returns the flags for the file, without their variables, which have been read before.
fn definition() -> Command {
    let command = Command::new("serve").no_binary_name(true).disable_help_flag(true);
    ServeOptions::augment_args(command).mut_args(|arg| arg.env(Resettable::Reset))
}

/// Parses an address with a port, for clap. `localhost` is accepted.
fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    numeric.parse().map_err(|_| "expected an address with a port, like 127.0.0.1:8080 or [::]:8080".to_owned())
}

/// Returns true for a URL of Redis.
fn is_redis(text: &str) -> bool {
    let known = url::Url::parse(text).is_ok_and(|url| ["redis", "rediss", "redis+unix", "unix"].contains(&url.scheme()));
    // The URL parser ignores control characters.
    known && !text.contains(char::is_control)
}

/// Parses a number of bytes, for clap. Less than 1024 cannot hold a message.
fn bytes(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|bytes| *bytes >= 1024).ok_or_else(|| "expected a whole number of bytes from 1024".to_owned())
}
