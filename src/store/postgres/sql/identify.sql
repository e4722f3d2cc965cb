-- The server and the content of the schema. Never fails where there is none.
SELECT pg_backend_pid()::text,
       (SELECT extract(epoch FROM backend_start)::text FROM pg_stat_get_activity(pg_backend_pid())),
       current_setting('server_version_num'),
       CASE WHEN n.oid IS NOT NULL THEN 'yes' ELSE 'no' END,
       CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN 'yes' ELSE 'no' END,
       CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'esctl_meta') THEN 'yes' ELSE 'no' END,
       CASE WHEN EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid) THEN 'yes' ELSE 'no' END,
       version(),
       current_setting('server_encoding'),
       CASE WHEN {in_force} THEN 'yes' ELSE 'no' END
FROM (SELECT) one LEFT JOIN pg_namespace n ON n.nspname = '{schema}'
