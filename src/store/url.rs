//! Which backend a URL names.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::store::error::StoreError;
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
}

/// What a store URL may look like, for messages.
const FORMS: &str = "sqlite:PATH, sqlite::memory:, postgres://USER:PASSWORD@HOST:PORT/DATABASE";

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
            _ => invalid("has an unknown scheme"),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SqliteFile(path) => write!(f, "sqlite:{}", path.display()),
            Self::SqliteMemory => f.write_str("sqlite::memory:"),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// A URL as it may be shown: without its password, and without the values of its parameters that hold secrets.
///
/// Works on text that is no URL as well, since it is wanted most when something is wrong with it.
pub fn redact_url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        // A URL with its slashes forgotten is no file name either.
        return match (text.split_once(':'), text.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) if scheme != "sqlite" => format!("{scheme}:***@{host}"),
            _ => text.to_owned(),
        };
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    // The last @ ends the credentials, also where somebody forgot to escape one in the password.
    let place = match place.rsplit_once('@') {
        Some((credentials, host)) => match credentials.split_once(':') {
            Some((user, _password)) => format!("{user}:***@{host}"),
            None => place.to_owned(),
        },
        None => place.to_owned(),
    };
    let Some(query) = query else {
        return format!("{scheme}://{place}");
    };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((key, _)) if ["pass", "secret", "token", "key"].iter().any(|word| key.to_ascii_lowercase().contains(word)) => {
            format!("{key}=***")
        }
        _ => parameter.to_owned(),
    });
    format!("{scheme}://{place}?{}", parameters.collect::<Vec<_>>().join("&"))
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
        ];
        for (url, shown) in cases {
            assert_eq!(redact_url(url), shown);
        }
    }
}
