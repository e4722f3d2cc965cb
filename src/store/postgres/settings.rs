//! The settings of a session, and the SQL that sets and verifies them.

use std::time::Duration;

/// The settings that are times in milliseconds. The server shows them in the largest fitting unit.
const TIMES: [&str; 2] = ["statement_timeout", "lock_timeout"];

/// The settings that a job needs on its connection.
pub(crate) struct SessionSettings(Vec<(&'static str, String)>);

impl SessionSettings {
    /// Returns the settings for a store in a schema.
    pub(crate) fn new(schema: &str, timeout: Duration) -> Self {
        let limit = timeout.as_millis().clamp(1, 2_000_000_000);
        Self(vec![
            ("search_path", schema.to_owned()),
            ("statement_timeout", limit.to_string()),
            // Less than the statement timeout, so that the server can report the lock as the reason.
            ("lock_timeout", (limit - limit / 10).max(1).to_string()),
            ("synchronous_commit", "on".into()),
            ("default_transaction_isolation", "read committed".into()),
            ("standard_conforming_strings", "on".into()),
            // Every statement has an index. A plan that was made for a small table must not remain a scan.
            ("enable_seqscan", "off".into()),
            ("enable_bitmapscan", "off".into()),
            ("enable_sort", "off".into()),
            ("plan_cache_mode", "force_generic_plan".into()),
            ("max_parallel_workers_per_gather", "0".into()),
            ("jit", "off".into()),
        ])
    }

    /// Returns the settings for reading a database of another program. Nothing can be written with them.
    pub(crate) fn read_only(timeout: Duration) -> Self {
        let limit = timeout.as_millis().clamp(1, 2_000_000_000);
        Self(vec![
            // Every name of another program is written with its schema.
            ("search_path", "pg_catalog".into()),
            ("statement_timeout", limit.to_string()),
            ("lock_timeout", (limit - limit / 10).max(1).to_string()),
            ("default_transaction_read_only", "on".into()),
            // The setting above applies to transactions that begin later.
            ("transaction_read_only", "on".into()),
            ("standard_conforming_strings", "on".into()),
            // A page is read in the order of an index where there is one, also from a short stream.
            ("enable_bitmapscan", "off".into()),
            ("enable_sort", "off".into()),
        ])
    }

    /// Returns each setting with its value, for the start of a connection.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns the statements that begin a transaction with these settings. They end with the transaction.
    pub(crate) fn begin(&self) -> String {
        let local: String = self.each().map(|(name, value)| format!("; SET LOCAL {name} = '{value}'")).collect();
        format!("BEGIN ISOLATION LEVEL READ COMMITTED{local}")
    }

    /// Returns an SQL condition that is true where all these settings are in force.
    pub(crate) fn in_force(&self) -> String {
        let conditions = self.each().map(|(name, value)| match TIMES.contains(&name) {
            true => format!("extract(epoch FROM current_setting('{name}')::interval) * 1000 = {value}"),
            false => format!("current_setting('{name}') = '{value}'"),
        });
        conditions.collect::<Vec<_>>().join(" AND ")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::SessionSettings;

    #[test]
    fn settings_through_a_pooler_end_with_the_transaction() {
        let begin = SessionSettings::new("shop", Duration::from_secs(30)).begin();
        assert!(begin.starts_with("BEGIN "), "{begin}");
        assert!(begin.contains("; SET LOCAL search_path = 'shop'; "), "{begin}");
        assert!(begin.split("; ").skip(1).all(|statement| statement.starts_with("SET LOCAL ")), "{begin}");
    }
}
