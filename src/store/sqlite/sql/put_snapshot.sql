INSERT OR REPLACE INTO snapshots (stream, reducer, version, event_hash, reducer_version, taken_at, state, state_hash, left_out)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
