//! Where Redis is. The password in it is never shown.

use std::fmt;
use std::str::FromStr;

use redis::ConnectionInfo;
use redis::IntoConnectionInfo;
use redis::ProtocolVersion;
use thiserror::Error;

use crate::store::redact_url;

/// How a URL may begin.
const SCHEMES: [&str; 4] = ["redis://", "rediss://", "redis+unix://", "unix://"];

/// The URL of a Redis server, read: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, with TLS `rediss://…`, or `unix://PATH`.
#[derive(Clone)]
pub struct RedisUrl {
    info: ConnectionInfo,
    shown: String,
}

/// A text that is no URL of a Redis server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "Redis URL \"{shown}\" {reason}; it may be redis://USER:PASSWORD@HOST:PORT/DATABASE, with TLS rediss://…, or unix://PATH"
)]
pub struct RedisUrlError {
    shown: String,
    reason: &'static str,
}

impl RedisUrl {
    /// How to connect. Commands and messages share one connection, which the newer protocol makes possible (Redis 6).
    pub(super) fn connection(&self) -> ConnectionInfo {
        let settings = self.info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        self.info.clone().set_redis_settings(settings)
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, RedisUrlError> {
        let shown = redact_url(text);
        let refused = |reason| RedisUrlError { shown: shown.clone(), reason };
        if !SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            return Err(refused("has an unknown scheme"));
        }
        // What the library says of it might hold the password.
        let info = text.into_connection_info().map_err(|_| refused("cannot be read"))?;
        Ok(Self { info, shown })
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::RedisUrl;

    #[test]
    fn a_password_is_never_shown() {
        for text in
            ["redis://:secret@h:6379/1", "rediss://u:secret@h", "redis://u:secret@h:nonsense", "http://u:secret@h", "secret"]
        {
            let shown = match text.parse::<RedisUrl>() {
                Ok(url) => format!("{url} {url:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            assert!(text == "secret" || !shown.contains("secret"), "{shown}");
        }
    }

    #[test]
    fn only_redis_is_taken() {
        for text in ["redis://h", "redis://h:1/2", "rediss://u:p@h:1/2"] {
            assert!(text.parse::<RedisUrl>().is_ok(), "{text}");
        }
        for text in ["", "h:6379", "http://h", "redis://h/notanumber", "redis://"] {
            assert!(text.parse::<RedisUrl>().is_err(), "{text}");
        }
    }
}
