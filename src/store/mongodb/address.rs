//! The URL of a MongoDB store. It may hold a password, so it is shown only without.

use std::fmt;

use mongodb::options::ConnectionString;

use crate::store::url::redact_url;

/// The database where the URL names none.
const DEFAULT_DATABASE: &str = "esctl";

/// A `mongodb://` or `mongodb+srv://` URL that the driver understands.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoUrl {
    url: String,
    database: String,
    /// Whether the database is another one than the URL says.
    elsewhere: bool,
}

impl MongoUrl {
    /// Reads a URL; nothing is asked of any server.
    ///
    /// # Errors
    /// Why it cannot be, in words that hold nothing of the URL but the name of the database.
    pub fn parse(url: &str) -> Result<Self, String> {
        // What the driver says may quote the URL, so it is not passed on when it could be a secret.
        let credentials = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(credentials, _)| credentials);
        let parsed = ConnectionString::parse(url).map_err(|error| match (&*error.kind, credentials) {
            (kind, None) => format!("cannot be read: {kind}"),
            (kind, Some(credentials)) => {
                let told = kind.to_string();
                let secret = credentials.split(':').any(|part| !part.is_empty() && told.contains(part));
                if secret {
                    "cannot be read: user or password must be percent-encoded".to_owned()
                } else {
                    format!("cannot be read: {told}")
                }
            }
        })?;
        let database = parsed.default_database.filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
        if ["admin", "local", "config"].contains(&database.as_str()) {
            return Err(format!("names the database {database}, which is MongoDB's own (authSource=… says where users are)"));
        }
        if database.len() > 63 || database.contains(['/', '\\', '.', ' ', '"', '$', '*', '<', '>', ':', '|', '?', '\0']) {
            return Err("names a database that cannot be".into());
        }
        Ok(Self { url: url.to_owned(), database, elsewhere: false })
    }

    /// The same server, another database. Users are still where the URL says.
    pub(crate) fn in_database(&self, database: String) -> Self {
        Self { url: self.url.clone(), database, elsewhere: true }
    }

    /// The database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The URL of this very database, for a program that is to open the same store. Never to be shown.
    pub(crate) fn for_another_program(&self) -> String {
        if !self.elsewhere {
            return self.url.clone();
        }
        let (place, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, place) = place.split_once("://").unwrap_or(("mongodb", place));
        let (hosts, named) = place.split_once('/').unwrap_or((place, ""));
        let database = &self.database;
        // Users are still where the URL says.
        let users = if named.is_empty() { "admin" } else { named };
        let says_where = options.to_ascii_lowercase().contains("authsource=") || !hosts.contains('@');
        let options = match (options, says_where) {
            (options, true) => options.to_owned(),
            ("", false) => format!("authSource={users}"),
            (options, false) => format!("{options}&authSource={users}"),
        };
        format!("{scheme}://{hosts}/{database}?{options}").trim_end_matches('?').to_owned()
    }

    /// The URL as it is: for the driver only.
    pub(crate) fn with_secrets(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = redact_url(&self.url);
        if !self.elsewhere {
            return f.write_str(&shown);
        }
        let (place, options) = shown.split_once('?').map_or((&*shown, None), |(place, options)| (place, Some(options)));
        let (scheme, place) = place.split_once("://").unwrap_or(("mongodb", place));
        let hosts = place.split_once('/').map_or(place, |(hosts, _)| hosts);
        write!(f, "{scheme}://{hosts}/{}", self.database)?;
        options.map_or(Ok(()), |options| write!(f, "?{options}"))
    }
}

impl fmt::Debug for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MongoUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::MongoUrl;

    #[test]
    fn the_database_is_the_path_or_esctl() {
        for (url, database) in [
            ("mongodb://h/shop", "shop"),
            ("mongodb://h:1", "esctl"),
            ("mongodb://h:1/?directConnection=true", "esctl"),
            ("mongodb+srv://u:p@cluster.example.com/shop?retryWrites=true", "shop"),
        ] {
            assert_eq!(MongoUrl::parse(url).unwrap().database(), database, "{url}");
        }
    }

    #[test]
    fn another_program_opens_the_same_database_with_the_same_user() {
        for (url, other) in [
            ("mongodb://h:1", "mongodb://h:1/b"),
            ("mongodb://h:1/shop?w=1", "mongodb://h:1/b?w=1"),
            ("mongodb://u:p@h/shop", "mongodb://u:p@h/b?authSource=shop"),
            ("mongodb://u:p@h", "mongodb://u:p@h/b?authSource=admin"),
            ("mongodb://u:p@h/shop?authSource=x", "mongodb://u:p@h/b?authSource=x"),
        ] {
            let url = MongoUrl::parse(url).unwrap();
            assert_eq!(url.in_database("b".into()).for_another_program(), other);
            assert_eq!(url.for_another_program(), url.with_secrets());
        }
    }

    #[test]
    fn what_cannot_be_is_refused_and_no_secret_is_told() {
        for url in [
            "mongodb://",
            "mongodb://u:p@ss:w@h/d",
            "mongodb://u:topsecret%zz@h/d",
            "mongodb://h/admin",
            "mongodb://h/a.b",
            "mongodb://h/?w=x&w=y&tls=maybe",
        ] {
            let told = MongoUrl::parse(url).unwrap_err();
            assert!(!told.contains("p@ss") && !told.contains("topsecret"), "{told}");
        }
        let url = MongoUrl::parse("mongodb://ann:topsecret@h/d").unwrap();
        assert!(!format!("{url} {url:?}").contains("topsecret"));
    }
}
