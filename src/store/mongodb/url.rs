//! The URL of a MongoDB store. It may contain a password, so it is shown only without secrets.

use std::fmt;

use mongodb::options::ConnectionString;

use crate::store::parameters::check_repeated;
use crate::store::redact::redact_url;

/// The database of a store whose URL names none.
const DEFAULT_DATABASE: &str = "esctl";

/// The parts of a URL that hold secrets, for messages.
const SECRETS: &str = "user, password and authMechanismProperties";

/// A `mongodb://` or `mongodb+srv://` URL that the driver accepts.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoUrl {
    url: String,
    database: String,
    /// True if the database is another one than the URL names.
    other_database: bool,
}

impl MongoUrl {
    /// Parses a URL. Sends no request.
    ///
    /// # Errors
    /// The reason, which contains nothing of the URL except the name of the database.
    pub fn parse(url: &str) -> Result<Self, String> {
        // Checked first: the driver must not see a text that it cannot split, because its errors may quote secrets.
        if !has_well_encoded_credentials(url) {
            return Err("cannot be read: user and password must be percent-encoded, as %40 for @".into());
        }
        check_repeated(url, canonical_name)?;
        let parsed = ConnectionString::parse(url).map_err(|error| match ConnectionString::parse(without_secrets(url)) {
            // The secrets are the cause, and the driver may quote them.
            Ok(_) => format!("cannot be read: {SECRETS} must be percent-encoded"),
            // The URL fails for the same reason without its secrets. A driver that reports another reason may have quoted
            // them.
            Err(public) if public.kind.to_string() == error.kind.to_string() => format!("cannot be read: {}", public.kind),
            Err(_) => "cannot be read: a host, a port or an option is not valid".to_owned(),
        })?;
        let database = parsed.default_database.filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
        if ["admin", "local", "config"].contains(&database.as_str()) {
            return Err(format!(
                "names the database {database}, which MongoDB itself uses; authSource=… names the database of the users"
            ));
        }
        if database.len() > 63 || database.contains(['/', '\\', '.', ' ', '"', '$', '*', '<', '>', ':', '|', '?', '\0']) {
            return Err("has an invalid database name".into());
        }
        Ok(Self { url: url.to_owned(), database, other_database: false })
    }

    /// Returns the URL of another database on the same server. Users stay in the database that the URL names.
    pub(crate) fn in_database(&self, database: String) -> Self {
        Self { url: self.url.clone(), database, other_database: true }
    }

    /// Returns the name of the database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Returns the URL of this database, for a program that is to open the same store. It must never be shown.
    pub(crate) fn for_another_program(&self) -> String {
        if !self.other_database {
            return self.url.clone();
        }
        let (place, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, place) = place.split_once("://").unwrap_or(("mongodb", place));
        let (hosts, named) = place.split_once('/').unwrap_or((place, ""));
        let database = &self.database;
        // Users stay in the database that the URL names.
        let users = if named.is_empty() { "admin" } else { named };
        let has_source = options.to_ascii_lowercase().contains("authsource=") || !hosts.contains('@');
        let options = match (options, has_source) {
            (options, true) => options.to_owned(),
            ("", false) => format!("authSource={users}"),
            (options, false) => format!("{options}&authSource={users}"),
        };
        format!("{scheme}://{hosts}/{database}?{options}").trim_end_matches('?').to_owned()
    }

    /// Returns the unchanged URL, for the driver only.
    pub(crate) fn with_secrets(&self) -> &str {
        &self.url
    }
}

/// Returns the parts of a URL as the driver splits it: credentials, hosts with the database, and options.
fn parts(url: &str) -> (Option<&str>, &str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (before, options) = rest.split_once('?').unwrap_or((rest, ""));
    match before.rsplit_once('@') {
        Some((credentials, hosts)) => (Some(credentials), hosts, options),
        None => (None, before, options),
    }
}

/// Returns false where user or password contain a character that must be percent-encoded.
fn has_well_encoded_credentials(url: &str) -> bool {
    let (credentials, hosts, options) = parts(url);
    let Some(credentials) = credentials else {
        // A question mark in the password ends the credentials, and the part before it has no valid port.
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

/// Returns the canonical name of an option. Case does not matter, and some options have two names.
fn canonical_name(option: &str) -> Option<String> {
    match option.to_lowercase().as_str() {
        // A list with one element in each parameter.
        "readpreferencetags" => None,
        "ssl" => Some("tls".to_owned()),
        "j" => Some("journal".to_owned()),
        other => Some(other.to_owned()),
    }
}

/// Returns the URL with harmless values in place of its secrets.
fn without_secrets(url: &str) -> String {
    redact_url(url).replace("Properties=***", "Properties=x:x").replace("***", "x")
}

impl fmt::Display for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = redact_url(&self.url);
        if !self.other_database {
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
        let error = |url: &str| MongoUrl::parse(url).unwrap_err();
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
            assert!(error(url).contains("percent-encoded"), "{url}: {}", error(url));
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
            let message = error(url);
            assert!(!message.contains("percent") && message.contains(part), "{url}: {message}");
        }
    }

    #[test]
    fn an_impossible_value_is_refused_and_no_secret_is_printed() {
        for url in [
            "mongodb://",
            "mongodb://u:p@ss:w@h/d",
            "mongodb://u:topsecret%zz@h/d",
            "mongodb://h/admin",
            "mongodb://h/a.b",
            "mongodb://h/?w=x&w=y&tls=maybe",
        ] {
            let message = MongoUrl::parse(url).unwrap_err();
            assert!(!message.contains("p@ss") && !message.contains("topsecret"), "{message}");
        }
        let url = MongoUrl::parse("mongodb://ann:topsecret@h/d").unwrap();
        assert!(!format!("{url} {url:?}").contains("topsecret"));
    }
}
