//! The address of Redis. Its password is never shown.

use std::fmt;
use std::str::FromStr;

use redis::ConnectionInfo;
use redis::IntoConnectionInfo;
use redis::ProtocolVersion;
use thiserror::Error;
use url::Url;

use crate::store::check_repeated;
use crate::store::check_separators;
use crate::store::named;
use crate::store::redact_url;

/// The schemes of Redis URLs.
const SCHEMES: [&str; 4] = ["redis://", "rediss://", "redis+unix://", "unix://"];

/// A parsed URL of a Redis server: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, with TLS `rediss://…`, or `unix://PATH`.
#[derive(Clone)]
pub struct RedisUrl {
    info: ConnectionInfo,
    shown: String,
}

/// An invalid URL of a Redis server.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("URL of Redis \"{shown}\" {reason}; expected redis://USER:PASSWORD@HOST:PORT/DATABASE, rediss://… or unix://PATH")]
pub struct RedisUrlError {
    shown: String,
    reason: String,
}

impl RedisUrl {
    /// Returns the connection settings. Commands and messages share a connection, which requires protocol 3 (Redis 6).
    pub(super) fn connection(&self) -> ConnectionInfo {
        let settings = self.info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        self.info.clone().set_redis_settings(settings)
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, RedisUrlError> {
        let shown = redact_url(text);
        let refused = |reason: &str| RedisUrlError { shown: shown.clone(), reason: reason.to_owned() };
        if !SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            return Err(refused("has an unknown scheme"));
        }
        check_parameters(text).map_err(|reason| refused(&reason))?;
        // The error of the library may quote the password.
        let info = text.into_connection_info().map_err(|_| refused("is malformed"))?;
        Ok(Self { info, shown })
    }
}

/// Refuses unknown parameters. The library ignores them, so `?db=2` of a TCP address would have no effect.
fn check_parameters(text: &str) -> Result<(), String> {
    let tcp = text.starts_with("redis://") || text.starts_with("rediss://");
    if tcp {
        // An option of the library: do not verify the certificate.
        let encrypted = text.strip_suffix("#insecure").filter(|text| text.starts_with("rediss://"));
        check_separators(encrypted.unwrap_or(text))?;
    }
    check_repeated(text, |key| Some(key.to_owned()))?;
    let known: &[&str] = if tcp { &["protocol"] } else { &["db", "user", "pass", "protocol"] };
    let Ok(url) = Url::parse(text) else { return Ok(()) };
    match url.query_pairs().find(|(key, _)| !known.contains(&&**key)) {
        Some((key, _)) => Err(format!("does not support {}; expected {}", named(text, &key), known.join(", "))),
        None => Ok(()),
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
        for text in ["rediss://h#insecure", "redis://h?protocol=3", "unix:///run/a@b.sock?db=1&pass=x"] {
            assert!(text.parse::<RedisUrl>().is_ok(), "{text}");
        }
        for (text, part) in [
            ("redis://h/1?db=2", "does not support the parameter \"db\""),
            ("redis://h?protocol=2&protocol=3", "twice"),
            ("unix:///run/a.sock?db=1&db=2", "twice"),
            ("redis://u:12/secret@h", "%2F"),
            ("redis://u:12#secret@h", "%23"),
            ("redis://h#insecure", "has #"),
        ] {
            let error = text.parse::<RedisUrl>().unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("secret"), "{error}");
        }
    }
}
