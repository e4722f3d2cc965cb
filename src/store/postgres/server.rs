//! The product of a server, by its own statement: PostgreSQL, or another one that speaks its protocol.

use crate::store::error::ServerProblem;
use crate::store::error::StoreError;

/// The oldest supported major version of PostgreSQL.
const OLDEST_SERVER: u32 = 15;

/// Other products that speak the protocol, each with the part of `version()` that identifies it.
const OTHER_PRODUCTS: [(&str, &str); 14] = [
    ("CockroachDB", "CockroachDB"),
    ("YugabyteDB", "-YB-"),
    ("Amazon Redshift", "Redshift"),
    ("Materialize", "Materialize"),
    ("QuestDB", "QuestDB"),
    ("CrateDB", "CrateDB"),
    ("RisingWave", "RisingWave"),
    ("Greenplum", "Greenplum"),
    ("Apache Cloudberry", "Cloudberry"),
    ("openGauss", "openGauss"),
    ("GaussDB", "GaussDB"),
    ("Hologres", "Hologres"),
    ("PolarDB", "PolarDB"),
    ("H2", "server protocol using H2"),
];

/// Checks that esctl supports a server. `version` is the result of `version()`, `number` the setting `server_version_num`
/// where it is known. Another product passes where the caller accepts it.
///
/// # Errors
/// [`StoreError::Unsuitable`] for another product, [`StoreError::Unsupported`] for an old PostgreSQL.
pub(crate) fn check(place: &str, version: &str, number: Option<u32>, accept_other: bool) -> Result<(), StoreError> {
    let major = number.map(|number| number / 10_000).or_else(|| major_of_postgresql(version));
    match (known_product(version), major) {
        (Some(_), _) if accept_other => Ok(()),
        (None, Some(major)) if major < OLDEST_SERVER => {
            Err(StoreError::Unsupported(format!("{place} is on PostgreSQL {major}; esctl needs {OLDEST_SERVER} or later")))
        }
        (None, _) if accept_other || major_of_postgresql(version).is_some() => Ok(()),
        (product, _) => Err(StoreError::Unsuitable {
            problem: ServerProblem::Product,
            message: format!(
                "{place} is on {}, not on PostgreSQL; it says: {}",
                product.unwrap_or("a server that only speaks its protocol"),
                printable(version)
            ),
        }),
    }
}

fn known_product(version: &str) -> Option<&'static str> {
    let version = version.to_lowercase();
    OTHER_PRODUCTS.iter().find(|(_, mark)| version.contains(&mark.to_lowercase())).map(|(name, _)| *name)
}

/// Returns the start of a version text, without control characters.
fn printable(version: &str) -> String {
    version.chars().take(120).flat_map(char::escape_debug).collect()
}

/// Returns the major version of a PostgreSQL server, from a text such as `PostgreSQL 15.4 (…) on …, compiled by …, 64-bit`.
/// The text of a fork differs in the version, or after the word size.
fn major_of_postgresql(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("PostgreSQL ")?;
    if !rest.ends_with("-bit") || !rest.contains("compiled by ") {
        return None;
    }
    let number = rest.split([' ', ',']).next()?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let (major, minor) = number.split_at(digits);
    let release =
        minor.is_empty() || minor.strip_prefix('.').is_some_and(|minor| minor.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let before_release = ["devel", "beta", "rc"]
        .iter()
        .any(|stage| minor.strip_prefix(stage).is_some_and(|number| number.chars().all(|c| c.is_ascii_digit())));
    (release || before_release).then(|| major.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::check;
    use super::major_of_postgresql;
    use crate::store::error::ServerProblem;
    use crate::store::error::StoreError;

    #[test]
    fn postgresql_is_recognised_by_its_full_version() {
        for (version, major) in [
            (
                "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit",
                15,
            ),
            ("PostgreSQL 18.4 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 7.3.1 20180712 (Red Hat 7.3.1-17), 64-bit", 18),
            ("PostgreSQL 16.1, compiled by Visual C++ build 1937, 64-bit", 16),
            ("PostgreSQL 17.0 on x86_64-windows, compiled by msvc-19.41.34120, 64-bit", 17),
            ("PostgreSQL 19devel on x86_64-linux, compiled by gcc-14.2.0, 64-bit", 19),
            ("PostgreSQL 18beta1 (Ubuntu 18~beta1-1) on x86_64-pc-linux-gnu, compiled by gcc 13, 64-bit", 18),
            ("PostgreSQL 14.1 - Percona Distribution on x86_64-pc-linux-gnu, compiled by gcc (GCC) 8.5.0, 64-bit", 14),
            ("PostgreSQL 9.6.24 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 8.5.0, 64-bit", 9),
        ] {
            assert_eq!(major_of_postgresql(version), Some(major), "{version}");
        }
    }

    #[test]
    fn other_products_are_named_and_pass_only_where_they_are_accepted() {
        for (version, name) in [
            (
                "CockroachDB CCL v25.2.2 (x86_64-pc-linux-gnu, built 2025/06/23 13:41:20, go1.23.7 X:nocoverageredesign)",
                "CockroachDB",
            ),
            ("PostgreSQL 15.12-YB-2.25.2.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 19.1.0, 64-bit", "YugabyteDB"),
            (
                "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017, Redshift 1.0.12103",
                "Amazon Redshift",
            ),
            ("PostgreSQL 13.14.0-RisingWave-2.1.0 (6a6ab8e)", "RisingWave"),
            (
                "PostgreSQL 12.12 (Greenplum Database 7.1.0 build 1) on x86_64, compiled by gcc 8, 64-bit compiled on Jan 1",
                "Greenplum",
            ),
            ("PostgreSQL 9.5 on x86_64-unknown-linux-gnu (Materialize v0.130.0)", "Materialize"),
            ("PostgreSQL 12.3, compiled by Visual C++ build 1914, 64-bit, QuestDB", "QuestDB"),
            ("PostgreSQL 16", "a server that only speaks its protocol"),
            ("FancyDB\u{1b}[2J 1.0", "a server that only speaks its protocol"),
            ("", "a server that only speaks its protocol"),
        ] {
            let refused = check("postgres://h/d", version, None, false).unwrap_err();
            assert!(matches!(refused, StoreError::Unsuitable { problem: ServerProblem::Product, .. }), "{refused:?}");
            let message = refused.to_string();
            assert!(message.contains(name) && !message.contains('\u{1b}'), "{message}");
            assert!(check("postgres://h/d", version, None, true).is_ok(), "{version}");
        }
    }

    #[test]
    fn an_old_server_is_refused_also_where_others_are_accepted() {
        let old = "PostgreSQL 14.1 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 8.5.0, 64-bit";
        assert!(
            matches!(check("postgres://h/d", old, None, true), Err(StoreError::Unsupported(message)) if message.contains("15"))
        );
    }
}
