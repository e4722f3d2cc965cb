//! Which backend a URL names.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::store::error::StoreError;
use crate::store::mongodb::MongoUrl;
use crate::store::postgres::PostgresUrl;

/// A store's URL, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:PATH`
    SqliteFile(PathBuf),
    /// `sqlite::memory:`: a store that lives as long as the process.
    SqliteMemory,
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`
    Postgres(PostgresUrl),
    /// `mongodb://…/DATABASE` or `mongodb+srv://…/DATABASE`
    MongoDb(MongoUrl),
}

/// What a store URL may look like, for messages.
const FORMS: &str = "sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE, \
                     mongodb://HOST/DATABASE, mongodb+srv://HOST/DATABASE";

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let invalid = |reason: &str| {
            let shown = redact_url(text);
            Err(StoreError::Invalid(format!("store URL \"{shown}\" {reason}; it may be {FORMS}")))
        };
        let Some((scheme, rest)) = text.split_once(':') else {
            return invalid(if text.is_empty() { "is empty" } else { "has no scheme" });
        };
        match scheme {
            "sqlite" => match rest.strip_prefix("//").unwrap_or(rest) {
                "" => invalid("names no file"),
                ":memory:" => Ok(Self::SqliteMemory),
                path if path.contains('\0') => invalid("holds NUL"),
                path => Ok(Self::SqliteFile(PathBuf::from(path))),
            },
            "postgres" | "postgresql" => PostgresUrl::parse(text).map(Self::Postgres),
            "mongodb" | "mongodb+srv" => match MongoUrl::parse(text) {
                Ok(url) => Ok(Self::MongoDb(url)),
                Err(reason) => invalid(&reason),
            },
            _ => invalid("has an unknown scheme"),
        }
    }
}

impl StoreUrl {
    /// The whole URL, its password included, for a program that is to open the same store. Never to be shown, nor to be an
    /// argument of a program, which everybody on a machine can see.
    pub(crate) fn with_secrets(&self) -> String {
        match self {
            Self::SqliteFile(_) | Self::SqliteMemory => self.to_string(),
            Self::Postgres(url) => url.with_secrets(),
            Self::MongoDb(url) => url.for_another_program(),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SqliteFile(path) => write!(f, "sqlite:{}", path.display()),
            Self::SqliteMemory => f.write_str("sqlite::memory:"),
            Self::Postgres(url) => url.fmt(f),
            Self::MongoDb(url) => url.fmt(f),
        }
    }
}

/// A URL as it may be shown: without its password, and without the values of its parameters that hold secrets.
///
/// Works on text that is no URL as well, since it is wanted most when something is wrong with it.
pub fn redact_url(text: &str) -> String {
    if text.starts_with("sqlite:") {
        return text.to_owned();
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => match text.split_once(':') {
            // The slashes forgotten, and what follows is a password all the same.
            Some((scheme, rest)) => (format!("{scheme}:"), rest),
            None => (String::new(), text),
        },
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let place = format!("{scheme}{}", redact_place(place));
    // Also the form `host=… password=…` of libpq.
    let place = place.split(' ').map(redact_parameter).collect::<Vec<_>>().join(" ");
    match query {
        None => place,
        Some(query) => format!("{place}?{}", query.split('&').map(redact_parameter).collect::<Vec<_>>().join("&")),
    }
}

/// `user:password@host:port/path`, or what somebody made of it.
fn redact_place(place: &str) -> String {
    // The last @ ends the credentials, also where somebody forgot to escape one in the password.
    if let Some((credentials, host)) = place.rsplit_once('@') {
        return match credentials.split_once(':') {
            Some((user, _password)) => format!("{user}:***@{host}"),
            None => place.to_owned(),
        };
    }
    let (hosts, path) = place.split_once('/').map_or((place, None), |(hosts, path)| (hosts, Some(path)));
    // Without a host, what looks like a port may be a password.
    let hosts = hosts.split(',').map(|host| match host.split_once(':') {
        Some((name, port)) if !name.starts_with('[') && !port.bytes().all(|b| b.is_ascii_digit()) => format!("{name}:***"),
        _ => host.to_owned(),
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    path.map_or_else(|| hosts.clone(), |path| format!("{hosts}/{path}"))
}

fn redact_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((key, _))
            if ["pass", "pwd", "secret", "token", "key", "properties"]
                .iter()
                .any(|word| key.to_ascii_lowercase().contains(word)) =>
        {
            format!("{key}=***")
        }
        _ => parameter.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::StoreUrl;
    use super::redact_url;

    #[test]
    fn each_form_names_its_backend() {
        for (text, path) in [("sqlite:a.db", "a.db"), ("sqlite:///tmp/a.db", "/tmp/a.db"), ("sqlite:/tmp/a b.db", "/tmp/a b.db")]
        {
            assert_eq!(text.parse::<StoreUrl>().unwrap(), StoreUrl::SqliteFile(PathBuf::from(path)));
        }
        assert_eq!("sqlite::memory:".parse::<StoreUrl>().unwrap(), StoreUrl::SqliteMemory);
    }

    #[test]
    fn anything_else_is_refused_with_the_list_and_never_taken_for_a_file() {
        for text in ["", "a.db", "mysql://u:secret@h/d", "sqlite:", "SQLITE:a.db", "./x"] {
            let message = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(message.contains("sqlite:PATH"), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn no_secret_stays_in_a_shown_url() {
        let cases = [
            ("postgres://u:p@ss:w@h:5/d", "postgres://u:***@h:5/d"),
            ("postgres://u@h/d?password=x&sslmode=require", "postgres://u@h/d?password=***&sslmode=require"),
            ("sqlite:a@b:c", "sqlite:a@b:c"),
            ("postgres://u:secret", "postgres://u:***"),
            ("postgres:u:secret@h/d", "postgres:u:***@h/d"),
            ("u:secret@h", "u:secret@h"),
            ("mongodb://h1:27017,h2:27018/d", "mongodb://h1:27017,h2:27018/d"),
            ("postgres://[::1]:5432/d", "postgres://[::1]:5432/d"),
            ("host=h password=secret", "host=h password=***"),
        ];
        for (url, shown) in cases {
            assert_eq!(redact_url(url), shown);
        }
    }
}
