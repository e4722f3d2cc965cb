//! The URL of a MongoDB store. It may hold a password, so it is shown only without.

use std::fmt;

use mongodb::options::ConnectionString;

use crate::store::parameters::check_repeated;
use crate::store::redact::redact_url;

/// The database where the URL names none.
const DEFAULT_DATABASE: &str = "esctl";

/// The parts of a URL that hold secrets, for messages.
const SECRETS: &str = "user, password and authMechanismProperties";

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
        // First, since the driver must not see what it cannot take apart.
        if !has_well_encoded_credentials(url) {
            return Err("cannot be read: user and password must be percent-encoded, as %40 for @".into());
        }
        check_repeated(url, counts_as)?;
        let parsed = ConnectionString::parse(url).map_err(|error| match ConnectionString::parse(without_secrets(url)) {
            // The secrets are the cause, and the driver may quote them.
            Ok(_) => format!("cannot be read: {SECRETS} must be percent-encoded"),
            // It fails for the same reason without them. A driver that says something else may have quoted them.
            Err(public) if public.kind.to_string() == error.kind.to_string() => format!("cannot be read: {}", public.kind),
            Err(_) => "cannot be read: a host, a port or an option is not valid".to_owned(),
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

/// Returns the parts of a URL as the driver divides it: credentials, hosts with the database, and options.
fn parts(url: &str) -> (Option<&str>, &str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (before, options) = rest.split_once('?').unwrap_or((rest, ""));
    match before.rsplit_once('@') {
        Some((credentials, hosts)) => (Some(credentials), hosts, options),
        None => (None, before, options),
    }
}

/// Returns false where user or password hold a character that stands for itself only percent-encoded.
fn has_well_encoded_credentials(url: &str) -> bool {
    let (credentials, hosts, options) = parts(url);
    let Some(credentials) = credentials else {
        // A question mark in the password ends the credentials, and what is before it is no port.
        let host = hosts.split('/').next().unwrap_or_default();
        let bad_port = |port: &str| !port.bytes().all(|byte| byte.is_ascii_digit());
        let may_be_password = !host.contains([',', '[']) && host.split_once(':').is_some_and(|(_, port)| bad_port(port));
        return !(may_be_password && options.contains('@'));
    };
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    [user, password].iter().all(|part| {
        let encoded = |hex: &str| hex.len() >= 2 && hex.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        !part.contains([':', '/', '?', '#', '[', ']', '@']) && part.split('%').skip(1).all(encoded)
    })
}

/// The name under which an option of a URL counts: case does not matter, and some options have two names.
fn counts_as(option: &str) -> Option<String> {
    match option.to_lowercase().as_str() {
        // A list, one element each time.
        "readpreferencetags" => None,
        "ssl" => Some("tls".to_owned()),
        "j" => Some("journal".to_owned()),
        other => Some(other.to_owned()),
    }
}

/// The same URL with harmless values in place of its secrets.
fn without_secrets(url: &str) -> String {
    redact_url(url).replace("Properties=***", "Properties=x:x").replace("***", "x")
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
    fn percent_encoding_is_named_only_where_it_is_the_cause() {
        let told = |url: &str| MongoUrl::parse(url).unwrap_err();
        for url in [
            "mongodb://u:p@ss@h/d",
            "mongodb://u:a:b@h/d",
            "mongodb://u:a/b@h/d",
            "mongodb://u:a?b@h/d",
            "mongodb://u:a#b@h/d",
            "mongodb://u:a%b@h/d",
            "mongodb://u:%\u{20ac}@h/d",
            "mongodb://u@x:p@h/d",
        ] {
            assert!(told(url).contains("percent-encoded"), "{url}: {}", told(url));
        }
        for (url, part) in [
            ("mongodb://a:n@h/d?maybe=1", "maybe"),
            ("mongodb://in:valid@h:port/d", "port"),
            ("mongodb://u:p@h/d?readPreference=nearby", "nearby"),
            ("mongodb://e:o@h/admin", "admin"),
            ("mongodb://u:p%40ss@h1,h2/d?directConnection=true&w=-1", "negative"),
            ("mongodb://h/d?readPreference=a@b", "a@b"),
            ("mongodb://h:port/d", "port"),
            ("mongodb://u:p@/d", "host"),
        ] {
            let told = told(url);
            assert!(!told.contains("percent") && told.contains(part), "{url}: {told}");
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
