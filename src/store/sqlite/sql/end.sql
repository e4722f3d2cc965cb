-- The recorded head and the last event, as of one moment.
SELECT h.position, h.recorded_at, h.hash, e.position, e.recorded_at, e.hash
FROM store_head h LEFT JOIN events e ON e.position = (SELECT max(position) FROM events)
