-- The open transactions of the sessions in this database, the oldest first. Autovacuum, which writes no rows, has no user. A role
-- sees state and age of the sessions of others only with a right to them. A transaction holds a lock of each of its numbers.
SELECT l.virtualtransaction, a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(a.state, ''),
  extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::bigint, l.numbers
FROM (
  SELECT virtualtransaction, pid,
    coalesce(pg_catalog.array_agg(transactionid::text) FILTER (WHERE locktype = 'transactionid'), '{}') AS numbers
  FROM pg_catalog.pg_locks
  WHERE locktype IN ('virtualxid', 'transactionid') AND granted AND mode = 'ExclusiveLock'
  GROUP BY virtualtransaction, pid HAVING pg_catalog.bool_or(locktype = 'virtualxid')
) l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
ORDER BY a.xact_start, a.pid
