-- Ends the server process of a broken connection and waits for its end. No row: the process had ended already. Through a
-- pooler the process may serve another client now, so it is ended only while it works on the transaction ($4).
SELECT pg_terminate_backend(pid, $3) FROM pg_stat_activity WHERE pid = $1 AND extract(epoch FROM backend_start)::text = $2
    AND ($4::text IS NULL OR backend_xid = $4::text::xid8::xid)
