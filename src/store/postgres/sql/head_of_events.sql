INSERT INTO store_head (one, position, recorded_at, hash)
SELECT 1, coalesce(l.position, 0), coalesce(l.recorded_at, 0), coalesce(l.hash, decode(repeat('00', 32), 'hex'))
FROM (SELECT) one LEFT JOIN (SELECT * FROM events ORDER BY position DESC LIMIT 1) l ON true
