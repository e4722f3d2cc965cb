SELECT position AS place, position, version, recorded_at, event_id, schema_version, stream, type, hash, data, metadata,
       content_hash, (SELECT position FROM store_head)
FROM events WHERE event_id = ANY ($1)
