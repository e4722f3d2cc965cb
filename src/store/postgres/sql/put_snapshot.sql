INSERT INTO snapshots (stream, reducer, version, event_hash, reducer_version, taken_at, state, state_hash, left_out)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::json, $8, $9)
ON CONFLICT (stream, reducer, version) DO UPDATE SET
    event_hash = excluded.event_hash, reducer_version = excluded.reducer_version, taken_at = excluded.taken_at,
    state = excluded.state, state_hash = excluded.state_hash, left_out = excluded.left_out
