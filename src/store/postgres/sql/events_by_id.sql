SELECT position AS place, position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata
FROM events WHERE event_id = ANY ($1)
