SELECT problem::text, event_id, position FROM problems WHERE name = $1 AND part = $2 ORDER BY position
