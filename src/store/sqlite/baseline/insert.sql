INSERT INTO bare_events (event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
