-- Ends the server process that a broken connection belonged to and waits until it is gone. No row: it was gone. Behind a
-- pooler the process may work for another client by now: it is ended only while it works on the transaction ($4).
SELECT pg_terminate_backend(pid, $3) FROM pg_stat_activity WHERE pid = $1 AND extract(epoch FROM backend_start)::text = $2
    AND ($4::text IS NULL OR backend_xid = $4::text::xid8::xid)
