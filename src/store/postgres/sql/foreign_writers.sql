-- The open transactions of the sessions in this database. Autovacuum, which writes no rows, has no user. A session may see
-- only these columns of those of other users.
SELECT l.virtualtransaction, a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, '')
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock'
  AND a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
