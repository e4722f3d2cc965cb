INSERT INTO store_head (one, position, recorded_at, hash)
SELECT 1, coalesce(max(position), 0), coalesce(recorded_at, 0), coalesce(hash, zeroblob(32)) FROM events
