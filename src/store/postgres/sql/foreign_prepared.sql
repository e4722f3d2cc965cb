-- The prepared transactions of this database, the oldest first.
SELECT transaction::text, gid, owner::text, extract(epoch FROM pg_catalog.clock_timestamp() - prepared)::bigint
FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database() ORDER BY prepared
