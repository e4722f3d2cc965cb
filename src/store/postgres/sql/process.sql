SELECT pg_backend_pid()::text,
       (SELECT extract(epoch FROM backend_start)::text FROM pg_stat_get_activity(pg_backend_pid())),
       {number}
