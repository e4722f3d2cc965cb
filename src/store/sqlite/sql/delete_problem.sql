DELETE FROM problems WHERE name = ?1 AND part = ?2 AND event_id = ?3
