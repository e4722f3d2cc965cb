//! The parts of a PostgreSQL URL that can be given in two places, and the environment variables that the driver reads.

use std::borrow::Cow;
use std::env;

use url::Url;

use crate::event::escape_unsafe;

/// The TLS modes of PostgreSQL.
pub(super) const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Returns the name of a part that the URL gives before the question mark and, with another value, as a parameter.
pub(super) fn contradiction(url: &Url, parameters: &[(String, String)]) -> Option<&'static str> {
    let port = url.port().map(|port| Cow::Owned(port.to_string()));
    let before = [
        ("user", decoded(url.username())),
        ("password", url.password().and_then(decoded)),
        ("host", url.host_str().and_then(decoded)),
        ("port", port),
        ("dbname", decoded(url.path().trim_start_matches('/'))),
    ];
    let mut given = before.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.find(|(name, value)| parameters.iter().any(|(key, other)| key == name && other != value)).map(|(name, _)| name)
}

/// Decodes a part of a URL; `None` for an empty part.
fn decoded(part: &str) -> Option<Cow<'_, str>> {
    // A plus sign is a space in a query, but not in this part.
    let part = part.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    let (decoded, _) = url::form_urlencoded::parse(part.as_bytes()).next()?;
    Some(Cow::Owned(decoded.into_owned())).filter(|decoded: &Cow<'_, str>| !decoded.is_empty())
}

/// Checks the environment variables that the driver would silently ignore.
///
/// # Errors
/// `PGSSLMODE` or `PGPORT` has a value that PostgreSQL does not know, and the URL does not replace it.
pub(super) fn check_environment(gives_sslmode: bool, gives_port: bool) -> Result<(), String> {
    let value = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let wrong = |name: &str, value: &str, possible: &str| {
        Err(format!("the variable {name} has the unknown value \"{}\"; it may be {possible}", escape_unsafe(value)))
    };
    match (value("PGSSLMODE"), value("PGPORT")) {
        (Some(mode), _) if !gives_sslmode && !SSL_MODES.contains(&mode.as_str()) => {
            wrong("PGSSLMODE", &mode, &SSL_MODES.join(", "))
        }
        (_, Some(port)) if !gives_port && port.parse::<u16>().unwrap_or(0) == 0 => {
            wrong("PGPORT", &port, "a number from 1 to 65535")
        }
        _ => Ok(()),
    }
}
