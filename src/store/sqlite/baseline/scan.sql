SELECT e.position, e.event_id, s.name, e.version, t.name, e.schema_version, e.recorded_at, e.data, e.metadata, e.hash
FROM events e JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type ORDER BY e.position
