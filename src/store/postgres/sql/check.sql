-- What is wrong, a line each.
SELECT format('the head is at position %s, the last event at %s', h.position, coalesce(e.last, 0))
FROM store_head h, (SELECT max(position) AS last FROM events) e WHERE h.position <> coalesce(e.last, 0)
UNION ALL
SELECT format('%s events are there up to position %s', e.count, h.position)
FROM store_head h, (SELECT count(*) AS count FROM events) e WHERE h.position <> e.count
UNION ALL
SELECT format('index %s is not valid', i.indexrelid::regclass)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = to_regnamespace(current_schema()) AND NOT (i.indisvalid AND i.indisready)
