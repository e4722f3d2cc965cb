//! The URL of a PostgreSQL store: the part of esctl, the part of the driver, and the form for display.

use std::fmt;
use std::net::IpAddr;

use sqlx::postgres::PgConnectOptions;
use sqlx::postgres::PgSslMode;
use url::Url;

use crate::store::error::StoreError;
use crate::store::parameters::check_repeated;
use crate::store::parameters::check_separators;
use crate::store::parameters::named;
use crate::store::postgres::parameters::SSL_MODES;
use crate::store::postgres::parameters::check_environment;
use crate::store::postgres::parameters::contradiction;
use crate::store::redact::redact_url;

/// The schema of a store whose URL names none.
const DEFAULT_SCHEMA: &str = "esctl";
/// The supported parameters. esctl uses `schema`, the driver the others.
const PARAMETERS: [&str; 10] =
    ["schema", "sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "user", "password", "dbname"];

/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME&sslmode=…`
///
/// Without `sslmode` (and `PGSSLMODE`), TLS is optional for a server on this machine. Any other server must offer it, with
/// a certificate that is valid for its name (`verify-full`). Missing parts of the URL come from the usual variables
/// (`PGHOST`, `PGUSER`, `PGPASSWORD` …) and from `~/.pgpass`.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    /// The URL without `schema`, with the password.
    secret: String,
    schema: String,
    /// True if the URL names the schema.
    says_schema: bool,
    /// True if the URL has an `sslmode`.
    says_sslmode: bool,
}

impl PostgresUrl {
    /// Parses a URL whose scheme is `postgres` or `postgresql`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with the reason and without the password.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let invalid = |reason: String| StoreError::Invalid(format!("store URL \"{}\" {reason}", redact_url(text)));
        let mut url = Url::parse(text).map_err(|error| invalid(format!("cannot be read: {error}")))?;
        if !text.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//")) {
            return Err(invalid("names no server; it may be postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME".into()));
        }
        check_separators(text).and_then(|()| check_repeated(text, |key| Some(key.to_owned()))).map_err(&invalid)?;
        let mut schema = None;
        let mut others = Vec::new();
        for (key, value) in url.query_pairs() {
            match &*key {
                "schema" => schema = Some(value.into_owned()),
                "sslmode" if !SSL_MODES.contains(&&*value) => {
                    return Err(invalid(format!("has an unknown sslmode; it may be {}", SSL_MODES.join(", "))));
                }
                known if PARAMETERS.contains(&known) => others.push((key.into_owned(), value.into_owned())),
                unknown => {
                    return Err(invalid(format!("does not know {}; it may be {}", named(text, unknown), PARAMETERS.join(", "))));
                }
            }
        }
        let says_schema = schema.is_some();
        let schema = schema.unwrap_or_else(|| DEFAULT_SCHEMA.to_owned());
        let plain = schema.starts_with(|c: char| c.is_ascii_lowercase())
            && schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && schema.len() <= 40
            && !schema.starts_with("pg_");
        if !plain {
            return Err(invalid(
                "has an invalid schema name; it may have a to z, 0 to 9 and _, at most 40 characters, not beginning with pg_"
                    .into(),
            ));
        }
        if let Some(parameter) = contradiction(&url, &others) {
            return Err(invalid(format!("has another {parameter} in its parameters than before them; give only one of the two")));
        }
        let says_sslmode = others.iter().any(|(key, _)| key == "sslmode");
        url.set_query(None);
        let gives_port = url.port().is_some() || others.iter().any(|(key, _)| key == "port");
        check_environment(says_sslmode, gives_port).map_err(StoreError::Invalid)?;
        if !others.is_empty() {
            url.query_pairs_mut().extend_pairs(others);
        }
        let url = Self { secret: url.into(), schema, says_schema, says_sslmode };
        // Checked now, so that a bad port or path is wrong usage and not a failed connection.
        url.options().map_err(|()| invalid("cannot be read".into()))?;
        Ok(url)
    }

    /// Returns the URL of the same database with another schema.
    pub(crate) fn in_schema(&self, schema: String) -> Self {
        Self { schema, says_schema: true, ..self.clone() }
    }

    /// Returns the schema that contains all tables of the store.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// Returns the schema that the URL names; `None` if it names none.
    pub(crate) fn named_schema(&self) -> Option<&str> {
        self.says_schema.then_some(&*self.schema)
    }

    /// Returns the whole URL, for a program that is to open the same store. It must never be shown.
    pub(crate) fn for_another_program(&self) -> String {
        let between = if self.secret.contains('?') { '&' } else { '?' };
        format!("{}{between}schema={}", self.secret, self.schema)
    }

    /// Returns the options of the driver. Their `Debug` prints the password, and the cause of an error may contain it, so
    /// it is dropped.
    pub(crate) fn options(&self) -> Result<PgConnectOptions, ()> {
        let options: PgConnectOptions = self.secret.parse().map_err(|_| ())?;
        let in_environment = || std::env::var("PGSSLMODE").is_ok_and(|mode| !mode.is_empty());
        if self.says_sslmode || in_environment() {
            return Ok(options);
        }
        let mode = if on_this_machine(&options) { PgSslMode::Prefer } else { PgSslMode::VerifyFull };
        Ok(options.ssl_mode(mode))
    }

    /// Returns the location for display, without the user and without secrets.
    pub(crate) fn place(&self) -> String {
        format!("{}?schema={}", self.place_of_database(), self.schema)
    }

    /// Returns the location of the database for display, without the schema of a store.
    pub(crate) fn place_of_database(&self) -> String {
        let Ok(options) = self.options() else { return "postgres://".into() };
        let host = options.get_socket().map_or_else(|| options.get_host().to_owned(), |socket| socket.display().to_string());
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        format!("postgres://{host}:{}/{database}", options.get_port())
    }
}

fn on_this_machine(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgSslMode;

    use super::PostgresUrl;

    #[test]
    fn another_program_opens_the_same_store() {
        for text in ["postgres://u:p%40ss@db:5433/shop?sslmode=require&schema=a_1", "postgres://u@db/shop"] {
            let url = PostgresUrl::parse(text).unwrap().in_schema("b_2".into());
            assert_eq!(PostgresUrl::parse(&url.for_another_program()).unwrap(), url);
        }
    }

    #[test]
    fn the_schema_is_ours_and_the_rest_is_the_drivers() {
        let url = PostgresUrl::parse("postgres://u:p%40ss@db.example:5433/shop?sslmode=require&schema=a_1").unwrap();
        assert_eq!(url.schema(), "a_1");
        assert_eq!(url.to_string(), "postgres://db.example:5433/shop?schema=a_1");
        assert!(!format!("{url:?}").contains("p%40ss"));
        assert!(matches!(url.options().unwrap().get_ssl_mode(), PgSslMode::Require));
    }

    #[test]
    fn the_same_part_in_both_places_is_no_contradiction() {
        for url in ["postgres://u:p%40+@h:5/d?user=u&password=p%40%2B&host=h&port=5&dbname=d", "postgres://%2Frun/d?host=/run"] {
            assert!(PostgresUrl::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn without_a_word_about_tls_only_this_machine_may_do_without() {
        let mode = |url: &str| PostgresUrl::parse(url).unwrap().options().unwrap().get_ssl_mode();
        for here in
            ["postgres://127.0.0.1/d", "postgres://localhost/d", "postgres://[::1]/d", "postgres:///d?host=/run/postgresql"]
        {
            assert!(matches!(mode(here), PgSslMode::Prefer), "{here}");
        }
        for there in ["postgres://u:sslmode=disable@10.0.0.1/d", "postgresql://db.example/d", "postgres://localhost.example/d"] {
            assert!(matches!(mode(there), PgSslMode::VerifyFull), "{there}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_may_be_and_without_the_password() {
        let cases = [
            ("postgres:d", "HOST:PORT"),
            ("postgres:/u:hidden@h/d", "HOST:PORT"),
            ("postgres://u:hidden@h/d?sslmod=require", "sslmode"),
            ("postgres://u:hidden@h/d?sslmode=yes", "verify-full"),
            ("postgres://u:hidden@h:99999/d", "port"),
            ("postgres://u:hidden@h/d?port=x", "read"),
            ("postgres://u:hidden@h/d?schema=a&schema=b", "twice"),
            ("postgres://u:hidden@h/d?schema=a&schema=a", "twice"),
            ("postgres://u:hidden@h/d?host=h2", "another host"),
            ("postgres://u:hidden@h:5/d?port=6", "another port"),
            ("postgres://u:hidden@h/d?dbname=e", "another dbname"),
            ("postgres://u:hidden@h/d?user=v", "another user"),
            ("postgres://u:x@h/d?password=hidden", "another password"),
            ("postgres://u:12/hidden@h/d", "%2F"),
            ("postgres://u:12#hidden@h/d", "%23"),
            ("postgres://u:12?hidden@h/d", "%3F"),
            ("postgres://u:hidden@h/d?schema=", "schema"),
            ("postgres://u:hidden@h/d?schema=A", "schema"),
            ("postgres://u:hidden@h/d?schema=pg_toast", "schema"),
            ("postgres://u:hidden@h/d?schema=a\"b", "schema"),
        ];
        for (url, hint) in cases {
            let message = PostgresUrl::parse(url).unwrap_err().to_string();
            assert!(message.contains(hint), "{message}");
            assert!(!message.contains("hidden"), "{message}");
        }
        assert!(PostgresUrl::parse(&format!("postgres://h/d?schema={}", "a".repeat(41))).is_err());
    }
}
