-- Ends the server process that a broken connection belonged to and waits until it is gone. No row: it was gone.
SELECT pg_terminate_backend(pid, $3) FROM pg_stat_activity WHERE pid = $1 AND extract(epoch FROM backend_start)::text = $2
