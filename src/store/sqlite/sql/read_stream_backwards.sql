SELECT position, event_id, stream, version, type, schema_version, recorded_at, data, metadata, hash, content_hash
FROM events WHERE version BETWEEN ?1 AND ?2 AND stream = ?3 ORDER BY version DESC
