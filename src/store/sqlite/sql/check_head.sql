-- Compares the number of events with the recorded head.
SELECT printf('%d events are stored, the head is at position %d', e.count, h.position)
FROM store_head h, (SELECT count(*) AS count FROM events) e WHERE h.position <> e.count
UNION ALL
SELECT printf('stream name "%s" has no events', s.name) FROM streams s
WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.stream = s.id)
UNION ALL
SELECT printf('event type "%s" has no events', t.name) FROM types t
WHERE t.id NOT IN (SELECT e.type FROM events e)
LIMIT 20
