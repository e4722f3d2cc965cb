//! The URL of a store, and the list of backends by the schemes of their URLs.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::store::error::StoreError;
use crate::store::invalid_url::invalid_url;
use crate::store::mongodb;
use crate::store::postgres;
use crate::store::server_url::ServerUrl;

/// The parsed URL of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite:PATH`
    SqliteFile(PathBuf),
    /// `sqlite::memory:`, a store that lives as long as the process.
    SqliteMemory,
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`, `mongodb://…/DATABASE` or `mongodb+srv://…/DATABASE`
    Server(ServerUrl),
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let invalid = |reason: &str| Err(invalid_url(text, reason));
        let Some((scheme, rest)) = text.split_once(':') else {
            return invalid(if text.is_empty() { "is empty" } else { "has no scheme" });
        };
        match scheme {
            "sqlite" => match rest.strip_prefix("//").unwrap_or(rest) {
                "" => invalid("names no file"),
                ":memory:" => Ok(Self::SqliteMemory),
                path if path.contains('\0') => invalid("contains NUL"),
                path => Ok(Self::SqliteFile(PathBuf::from(path))),
            },
            "postgres" | "postgresql" => postgres::parse(text).map(Self::Server),
            "mongodb" | "mongodb+srv" => mongodb::parse(text).map(Self::Server),
            _ => invalid("has an unknown scheme"),
        }
    }
}

impl StoreUrl {
    /// Returns the whole URL with its password, for a program that is to open the same store. It must never be shown, nor
    /// be a command-line argument, which every user of a machine can see.
    pub(crate) fn with_secrets(&self) -> String {
        match self {
            Self::SqliteFile(_) | Self::SqliteMemory => self.to_string(),
            Self::Server(url) => url.with_secrets(),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SqliteFile(path) => write!(f, "sqlite:{}", path.display()),
            Self::SqliteMemory => f.write_str("sqlite::memory:"),
            Self::Server(url) => fmt::Display::fmt(&**url, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::StoreUrl;

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
}
