SELECT version, event_hash, reducer_version, taken_at, state::text, state_hash, left_out FROM snapshots
WHERE stream = $1 AND reducer = $2 AND version BETWEEN 0 AND $3 ORDER BY version DESC LIMIT 1
