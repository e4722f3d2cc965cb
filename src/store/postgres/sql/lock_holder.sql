-- The other session that has held a lock of the store for the longest time: on one of its tables, the lock for appends, or
-- the lock for creating its schema.
SELECT a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(host(a.client_addr), '')
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_catalog.pg_backend_pid() AND a.datname = pg_catalog.current_database() AND (
    l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
        AND l.relation IN (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.to_regnamespace($1)::oid)
    OR l.locktype = 'advisory' AND l.objsubid = 2
        AND l.classid::int8 = 1702060916 AND l.objid = pg_catalog.to_regnamespace($1)::oid
    OR l.locktype = 'advisory' AND l.objsubid = 1
        AND (l.classid::int8 << 32 | l.objid::int8) = pg_catalog.hashtextextended('esctl schema ' || $1, 0))
ORDER BY a.xact_start NULLS LAST LIMIT 1
