-- One line for each finding. A head that is not the last event is found by end.sql.
SELECT format('%s events are stored, the head is at position %s', e.count, h.position)
FROM store_head h, (SELECT count(*) AS count FROM events) e WHERE h.position <> e.count
UNION ALL
SELECT format('index %s is not valid', i.indexrelid::regclass)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = to_regnamespace(current_schema()) AND NOT (i.indisvalid AND i.indisready)
