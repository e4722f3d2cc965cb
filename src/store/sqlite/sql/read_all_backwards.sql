SELECT position, event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash, content_hash
FROM events WHERE position BETWEEN ?1 AND ?2 ORDER BY position DESC
