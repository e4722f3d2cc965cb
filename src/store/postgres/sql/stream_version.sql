SELECT coalesce(e.version, 0), coalesce(e.position, 0), (SELECT position FROM store_head)
FROM (SELECT) one LEFT JOIN LATERAL (SELECT version, position FROM events WHERE stream = $1 ORDER BY version DESC LIMIT 1) e ON true
